#!/usr/bin/env python3
"""The chart, rendered by helm with each file of values: accepted by helm's lint and its own schema of values, by the schemas of Kubernetes
and of the operators, by every policy, and by those who read what it writes (nginx, the services)."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest

import chart
import edge
import examples_of_stores
import policies
import schemas
import yaml
from chart import CHART, ROOT, find, name_of, of_kind, rendered, values_files

import chart_schema  # of scripts/, which `chart` makes known

BINARIES = os.environ.get('KASSAFLOW_BIN_DIR', '')


class EachValuesFile(unittest.TestCase):
    def each(self):
        return [(values, rendered(values)) for values in values_files()]

    def assert_none(self, faults):
        faults = list(faults)
        self.assertFalse(faults, '\n'.join(faults))

    def test_schemas_accept_every_object(self):
        for values, objects in self.each():
            self.assertGreater(len(objects), 15)
            self.assert_none(f'{values.name}: {fault}' for item in objects for fault in schemas.errors(item))

    def test_every_policy_holds(self):
        for values, objects in self.each():
            for policy in policies.ALWAYS:
                self.assert_none(f'{values.name}: {fault}' for fault in policy(objects))

    def test_network_policies_guard_who_is_there(self):
        guarded = 0
        for values, objects in self.each():
            if not of_kind(objects, 'NetworkPolicy'):
                continue
            guarded += 1
            for policy in policies.WITH_NETWORK_POLICIES:
                self.assert_none(f'{values.name}: {fault}' for fault in policy(objects))
        self.assertGreater(guarded, 2)

    def test_helms_lint_is_content(self):
        for values in values_files():
            done = chart.helm('lint', str(CHART), '--strict', '--quiet', '-f', str(values))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_nginx_takes_the_edges_configuration(self):
        for values, objects in self.each():
            with tempfile.TemporaryDirectory() as folder:
                configuration = edge.configuration(objects, pathlib.Path(folder), {})
                command = ['nginx', '-t', '-p', folder, '-e', 'stderr', '-c', str(configuration)]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, f'{values.name}: {done.stderr}')

    def test_a_renewed_certificate_is_served_without_a_restart(self):
        with tempfile.TemporaryDirectory() as folder, edge.running(rendered(), pathlib.Path(folder)) as port:
            first = edge.make_certificate(pathlib.Path(folder))
            self.assertEqual(edge.served_certificate(port), first)
            second = edge.make_certificate(pathlib.Path(folder))
            self.assertNotEqual(first, second)
            self.assertEqual(edge.served_certificate(port), second)

    def test_services_take_their_configurations(self):
        """By check-config of the binaries themselves, with files in place of the Secrets."""
        if not BINARIES:
            self.skipTest('KASSAFLOW_BIN_DIR names no binaries')
        with tempfile.TemporaryDirectory() as folder:
            files = pathlib.Path(folder)
            subprocess.run([ROOT / 'scripts/certificates.sh', folder, *chart.SERVICES], check=True, capture_output=True)
            (files / 'secret').write_text('61' * 32)
            (files / 'uri').write_text('postgresql://kassaflow_status:p@db.example/kassaflow')
            for values, objects in self.each():
                for service, settings in policies.configurations(objects):
                    configuration = files / f'{service}.yaml'
                    placed = {key: self.in_place(files, service, key, value) for key, value in settings.items()}
                    configuration.write_text(json.dumps(placed))
                    command = [f'{BINARIES}/{service}', 'check-config', '--config', str(configuration)]
                    done = subprocess.run(command, capture_output=True, text=True, check=False)
                    self.assertEqual(done.returncode, 0, f'{values.name}: {service}: {done.stderr}')

    @staticmethod
    def in_place(files, service, key, value):
        there = {
            'tls_authority_file': 'authority.pem', 'kafka_ssl_ca_location': 'authority.pem', 'tls_certificate_file': f'{service}.pem',
            'tls_key_file': f'{service}.key', 'postgres_file': 'uri',
        }  # fmt: skip
        if key in there:
            return str(files / there[key])
        return str(files / 'secret') if key.endswith('_file') else value


class Whole(unittest.TestCase):
    def test_the_schema_of_values_is_that_of_the_values(self):
        self.assertEqual((ROOT / chart_schema.SCHEMA).read_text(), chart_schema.schema())

    def test_a_value_that_nobody_describes_is_refused(self):
        text = 'a:\n  # What it is.\n  b: 1\n  c: 2\n'
        with self.assertRaisesRegex(chart_schema.Wrong, 'a has no comment'):
            chart_schema.object_schema(yaml.compose(text), text.splitlines(), '')
        text = '# All.\n' + text
        with self.assertRaisesRegex(chart_schema.Wrong, 'a.c has no comment'):
            chart_schema.object_schema(yaml.compose(text), text.splitlines(), '')

    def test_wrong_values_are_refused(self):
        """Each is a mistake that would otherwise show in a cluster, or never."""
        for wrong in (
            'ingress.settings.print_deadlin=5s',
            'ingress.settings.kafka_sasl_password=hunter2',
            'registry.settings.master_key=00',
            'fiscalizer.settings.kafka=elsewhere:9092',
            'settings.print_deadline=5s',
            'ingress.settings.print_deadline=5 seconds',
            'ingress.settings.body_limit=1',
            'ingress.settings.log_level=loud',
            'image.tag=latest',
            'edge.replica=3',
            'kafka.brokers=kafka',
            'edge.connections=100000',
        ):
            done = chart.template(CHART / 'values.yaml', '--set', wrong)
            self.assertNotEqual(done.returncode, 0, wrong)
            self.assertIn("don't meet the specifications of the schema", done.stderr, wrong)

    def test_rules_and_dashboards_are_those_of_deploy(self):
        objects = rendered(ROOT / 'tests/helm/values/everything.yaml')
        rules = [file for file in (ROOT / 'deploy/prometheus').rglob('*.yaml') if '\ngroups:' in '\n' + file.read_text()]
        self.assertEqual(len(of_kind(objects, 'PrometheusRule')), len(rules))
        dashboards = list((ROOT / 'deploy/grafana').rglob('*.json'))
        shown = [item for item in of_kind(objects, 'ConfigMap') if 'grafana_dashboard' in item['metadata']['labels']]
        self.assertEqual({key for item in shown for key in item['data']}, {file.name for file in dashboards})
        for item in shown:
            for name, text in item['data'].items():
                (file,) = (each for each in dashboards if each.name == name)
                self.assertEqual(json.loads(text), json.loads(file.read_text()))

    def test_rules_and_dashboards_are_made_of_what_is_there(self):
        """Two of each, beside files of other kinds, in a copy of the chart; and the braces of alerts stay what they are."""
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / 'kassaflow'
            subprocess.run(['cp', '-rL', CHART, copy], check=True)
            for part in ('prometheus', 'grafana'):
                subprocess.run(['rm', '-rf', copy / 'files/deploy' / part], check=True)
                (copy / 'files/deploy' / part / 'deep').mkdir(parents=True)
            alert = '{alert: A, expr: vector(1), annotations: {summary: "{{ $value }}"}}'
            rule = f'groups:\n  - name: n\n    rules:\n      - {alert}\n'
            (copy / 'files/deploy/prometheus/one.yaml').write_text(rule)
            (copy / 'files/deploy/prometheus/deep/two_more.yaml').write_text('# why\n' + rule)
            (copy / 'files/deploy/prometheus/deep/test.yaml').write_text('rule_files: [../one.yaml]\n')
            (copy / 'files/deploy/grafana/a.json').write_text('{"title": "{{ a }}"}')
            (copy / 'files/deploy/grafana/deep/B_b.json').write_text('{\n  "title": "b"\n}\n')
            done = chart.template(ROOT / 'tests/helm/values/everything.yaml', chart=copy)
            self.assertEqual(done.returncode, 0, done.stderr)
            objects = chart.load(done.stdout)
        rules = of_kind(objects, 'PrometheusRule')
        self.assertEqual({item['metadata']['name'] for item in rules}, {'kassaflow-kf-one', 'kassaflow-kf-two-more'})
        for item in rules:
            self.assertEqual(list(schemas.errors(item)), [])
            self.assertEqual(item['spec']['groups'][0]['rules'][0]['annotations']['summary'], '{{ $value }}')
        self.assertEqual(find(objects, 'ConfigMap', 'kassaflow-kf-dashboard-a')['data'], {'a.json': '{"title": "{{ a }}"}\n'})
        self.assertEqual(json.loads(find(objects, 'ConfigMap', 'kassaflow-kf-dashboard-b-b')['data']['B_b.json']), {'title': 'b'})

    def test_the_package_holds_what_it_links_to(self):
        with tempfile.TemporaryDirectory() as folder:
            done = chart.helm('package', str(CHART), '--destination', folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            (package,) = pathlib.Path(folder).glob('*.tgz')
            # Helm keeps a release, with its chart, in a Secret of at most 1 MiB.
            self.assertLess(package.stat().st_size, 512 * 1024)
            with tarfile.open(package) as archive:
                names = set(archive.getnames())
                archive.extract('kassaflow/files/deploy/edge/nginx.conf.template', folder)
            packed = pathlib.Path(folder) / 'kassaflow/files/deploy/edge/nginx.conf.template'
            self.assertEqual(packed.read_bytes(), (ROOT / 'deploy/edge/nginx.conf.template').read_bytes())
        self.assertFalse({name for name in names if '/deploy/kafka' in name or '/examples' in name})

    def test_a_template_of_the_edge_that_the_chart_does_not_know_is_refused(self):
        original = (ROOT / 'deploy/edge/nginx.conf.template').read_text()
        for old, new, why in (
            ('worker_processes auto;', 'worker_processes 4;', 'worker_processes auto;'),
            ('server_tokens off;', 'server_tokens @TOKENS@;', '@TOKENS@'),
        ):
            with tempfile.TemporaryDirectory() as folder:
                copy = pathlib.Path(folder) / 'kassaflow'
                subprocess.run(['cp', '-rL', CHART, copy], check=True)
                self.assertIn(old, original)
                (copy / 'files/deploy/edge/nginx.conf.template').write_text(original.replace(old, new))
                done = chart.template(CHART / 'values.yaml', chart=copy)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(why, done.stderr)

    def test_the_notes_name_what_is_there(self):
        """helm shows them only after it spoke with a cluster, so here they are an object."""
        for values in values_files():
            with tempfile.TemporaryDirectory() as folder:
                copy = pathlib.Path(folder) / 'kassaflow'
                subprocess.run(['cp', '-rL', CHART, copy], check=True)
                notes = '{{ define "notes" }}' + (copy / 'templates/NOTES.txt').read_text() + '{{ end }}'
                head = 'apiVersion: v1\nkind: Notes\nmetadata: {name: notes}\ntext: {{ include "notes" . | quote }}\n'
                (copy / 'templates/notes.yaml').write_text(notes + head)
                done = chart.template(values, chart=copy)
            self.assertEqual(done.returncode, 0, done.stderr)
            objects = chart.load(done.stdout)
            text = find(objects, 'Notes', 'notes')['text']
            deployments = {item['metadata']['name'] for item in of_kind(objects, 'Deployment')}
            named = set(re.findall(r'deploy/([\w-]+)', text))
            self.assertTrue(named and named <= deployments, f'{values.name}: {named - deployments}')
            if not of_kind(objects, 'Pod'):
                self.assertNotIn('helm -n', text)

    def test_a_long_name_of_a_release_fits(self):
        common = ('--kube-version', f'{chart.KUBERNETES}.0', '-f', str(ROOT / 'tests/helm/values/everything.yaml'))
        done = chart.helm('template', 'r' * 53, *common)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(list(policies.names_are_short(chart.load(done.stdout))), [])

    def test_production_survives_a_node(self):
        objects = rendered(CHART / 'values-production.yaml')
        few = {item['metadata']['name']: item['spec'].get('replicas') for item in of_kind(objects, 'Deployment')}
        self.assertEqual([name for name, replicas in few.items() if replicas == 1 and 'kassactl' not in name], [])
        for item in of_kind(objects, 'HorizontalPodAutoscaler'):
            self.assertGreaterEqual(item['spec']['minReplicas'], 2, name_of(item))
        for item in of_kind(objects, 'ScaledObject'):
            self.assertGreaterEqual(item['spec']['minReplicaCount'], 2, name_of(item))


class Examples(unittest.TestCase):
    def test_schemas_accept_them(self):
        for file in sorted((CHART / 'examples').glob('*.yaml')):
            objects = examples_of_stores.objects(file.name)
            faults = [fault for item in objects for fault in schemas.errors(item)]
            self.assertFalse(faults, '\n'.join(faults))

    def test_topics_are_those_of_the_script(self):
        script = examples_of_stores.constants_of_topics()
        topics = {item['metadata']['name']: item['spec'] for item in of_kind(examples_of_stores.objects('strimzi.yaml'), 'KafkaTopic')}
        self.assertEqual(set(topics), set(script['TOPICS']))
        for spec in topics.values():
            self.assertEqual(spec['config'], {**script['CONFIG'], 'min.insync.replicas': '2'})

    def test_rights_are_those_of_the_list(self):
        self.assertEqual(examples_of_stores.given_rights(examples_of_stores.objects('strimzi.yaml')), examples_of_stores.wanted_rights())

    def test_secrets_are_those_that_are_read(self):
        objects, wanted = rendered(), {}
        for service, settings in policies.configurations(objects):
            prefix = '/run/secrets/kassaflow/'
            keys = {str(value).removeprefix(prefix) for value in settings.values() if str(value).startswith(prefix)}
            spec = find(objects, 'Deployment', f'kassaflow-{service}')['spec']['template']['spec']
            (name,) = (volume['secret']['secretName'] for volume in spec['volumes'] if volume['name'] == 'secrets')
            wanted[name] = keys
        given = {
            item['metadata']['name']: {each['secretKey'] for each in item['spec']['data']}
            for item in examples_of_stores.objects('external-secrets.yaml')
        }
        self.assertEqual(given, wanted)

    def test_the_default_values_find_them(self):
        values = chart.load((CHART / 'values.yaml').read_text())[0]
        stores = examples_of_stores.objects('strimzi.yaml') + examples_of_stores.objects('cloudnative-pg.yaml')
        kafka = of_kind(stores, 'Kafka')[0]
        port = kafka['spec']['kafka']['listeners'][0]['port']
        self.assertEqual(values['kafka']['brokers'], f'{kafka["metadata"]["name"]}-kafka-bootstrap:{port}')
        production = chart.load((CHART / 'values-production.yaml').read_text())[0]
        self.assertEqual(production['kafka']['ca']['secret'], f'{kafka["metadata"]["name"]}-cluster-ca-cert')
        self.assertEqual(production['postgres']['ca']['secret'], f'{of_kind(stores, "Cluster")[0]["metadata"]["name"]}-ca')


if __name__ == '__main__':
    print(f'{sum(len(rendered(values)) for values in values_files())} objects of {len(values_files())} files of values', file=sys.stderr)
    unittest.main()
