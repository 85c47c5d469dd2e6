#!/usr/bin/env python3
"""Each policy and the schemas, tried on a chart that breaks them: whoever finds nothing there finds nothing anywhere."""

import unittest
from collections.abc import Callable
from typing import Any

import policies
import schemas
from chart import ROOT, Object, find, of_kind, rendered

EVERYTHING = ROOT / 'tests/helm/values/everything.yaml'
NAME = 'kassaflow-kf'


def deployment(objects: list[Object], service: str) -> Any:
    return find(objects, 'Deployment', f'{NAME}-{service}')['spec']


def pod(objects: list[Object], service: str) -> Any:
    return deployment(objects, service)['template']['spec']


def container(objects: list[Object], service: str) -> Any:
    return pod(objects, service)['containers'][0]


def setting(objects: list[Object], service: str, line: str) -> None:
    find(objects, 'ConfigMap', f'{NAME}-{service}')['data'][f'{service}.yaml'] += f'\n{line}\n'


def policy_of(objects: list[Object], component: str) -> Any:
    return find(objects, 'NetworkPolicy', f'{NAME}-{component}')['spec']


def remove(objects: list[Object], kind: str, name: str) -> None:
    objects.remove(find(objects, kind, f'{NAME}-{name}'))


def env(objects: list[Object], variable: Object) -> None:
    container(objects, 'ingress').setdefault('env', []).append(variable)


Break = Callable[[list[Object]], Any]
# The policy, what is said, and how the chart is broken.
BROKEN: tuple[tuple[policies.Policy, str, Break], ...] = (
    (policies.no_two_have_one_name, 'twice', lambda o: o.append(find(o, 'Service', f'{NAME}-ingress'))),
    (policies.names_are_short, 'no name', lambda o: find(o, 'Service', f'{NAME}-ingress')['metadata'].update(name='a' * 64)),
    (policies.who_serves_is_asked, 'livenessProbe', lambda o: container(o, 'status').pop('livenessProbe')),
    (policies.who_serves_is_asked, 'readinessProbe', lambda o: container(o, 'edge').pop('readinessProbe')),
    (policies.everybody_has_a_share, 'limits.memory', lambda o: container(o, 'ingress')['resources'].pop('limits')),
    (policies.everybody_has_a_share, 'requests.cpu', lambda o: container(o, 'edge')['resources']['requests'].pop('cpu')),
    (policies.nobody_has_rights, 'runAsNonRoot', lambda o: pod(o, 'edge')['securityContext'].pop('runAsNonRoot')),
    (policies.nobody_has_rights, 'enableServiceLinks', lambda o: pod(o, 'ingress').pop('enableServiceLinks')),
    (policies.nobody_has_rights, 'automount', lambda o: pod(o, 'ingress').pop('automountServiceAccountToken')),
    (policies.nobody_has_rights, 'readOnlyRoot', lambda o: container(o, 'ingress')['securityContext'].pop('readOnlyRootFilesystem')),
    (policies.nobody_has_rights, 'capabilities',
     lambda o: container(o, 'edge')['securityContext'].update(capabilities={'add': ['NET_ADMIN']})),
    (policies.nobody_has_rights, 'hostNetwork', lambda o: pod(o, 'edge').update(hostNetwork=True)),
    (policies.nobody_has_rights, 'volume of the node',
     lambda o: pod(o, 'edge')['volumes'].append({'name': 'n', 'hostPath': {'path': '/'}})),
    (policies.images_are_known, 'tomorrow', lambda o: container(o, 'edge').update(image='ghcr.io/kassaflow/edge:latest')),
    (policies.images_are_known, 'tomorrow', lambda o: container(o, 'edge').update(image='ghcr.io/kassaflow/edge')),
    (policies.images_are_known, 'not ours', lambda o: container(o, 'edge').update(image='docker.io/library/nginx:1.28')),
    (policies.selectors_select, 'selects no pod', lambda o: find(o, 'Service', f'{NAME}-ingress')['spec']['selector'].update(x='y')),
    (policies.selectors_select, 'others',
     lambda o: pod(o, 'status')['topologySpreadConstraints'][0]['labelSelector']['matchLabels'].pop('app.kubernetes.io/component')),
    (policies.settings_exist, 'no setting', lambda o: setting(o, 'ingress', 'print_deadlin: 5s')),
    (policies.settings_exist, 'written out', lambda o: setting(o, 'registry', 'master_key: "00"')),
    (policies.secrets_are_named_only, 'belongs to', lambda o: o.append({'kind': 'Secret', 'metadata': {'name': 's'}})),
    (policies.secrets_are_named_only, 'KAFKA_PASSWORD', lambda o: env(o, {'name': 'KAFKA_PASSWORD', 'value': 'hunter2'})),
    (policies.secrets_are_named_only, 'with a password', lambda o: env(o, {'name': 'DB', 'value': 'postgresql://u:hunter2@db/k'})),
    (policies.ends_in_time, 's for', lambda o: pod(o, 'fiscalizer').update(terminationGracePeriodSeconds=300)),
    (policies.ends_in_time, 's for', lambda o: pod(o, 'ingress').pop('terminationGracePeriodSeconds')),
    (policies.drains_leave_some, 'PodDisruptionBudget', lambda o: remove(o, 'PodDisruptionBudget', 'status')),
    (policies.drains_leave_some, 'not spread', lambda o: pod(o, 'edge').pop('topologySpreadConstraints')),
    (policies.one_decides_how_many, 'is scaled', lambda o: deployment(o, 'ingress').update(replicas=2)),
    (policies.one_decides_how_many, 'nothing is called', lambda o: remove(o, 'Deployment', 'fiscalizer')),
    (policies.one_decides_how_many, 'nobody says', lambda o: deployment(o, 'edge').pop('replicas')),
    (policies.hooks_stand_alone, 'not there yet',
     lambda o: find(o, 'ConfigMap', f'{NAME}-migrate-status')['metadata'].pop('annotations')),
    (policies.hooks_stand_alone, 'there is no ConfigMap', lambda o: remove(o, 'ConfigMap', 'migrate-status')),
    (policies.hooks_stand_alone, 'Secret',
     lambda o: find(o, 'Job', f'{NAME}-migrate-status')['spec']['template']['spec']['volumes'][0].update(
         secret={'secretName': f'{NAME}-status-tls'})),
    (policies.schemas_wait_or_migrate, 'registry', lambda o: remove(o, 'Job', 'migrate-registry')),
    (policies.mounts_are_there, 'not mounted', lambda o: container(o, 'ingress')['volumeMounts'].pop(1)),
    (policies.mounts_are_there, 'no volume', lambda o: pod(o, 'ingress')['volumes'].pop()),
    (policies.services_are_guarded, 'who may come to port 8080', lambda o: policy_of(o, 'ingress')['ingress'].pop(0)),
    (policies.services_are_guarded, 'who may come to port 9000', lambda o: remove(o, 'NetworkPolicy', 'registry')),
    (policies.services_are_guarded, 'no pod has a port', lambda o: container(o, 'ingress').update(ports=[])),
    (policies.all_is_denied_at_first, 'shuts', lambda o: remove(o, 'NetworkPolicy', 'deny-all')),
    (policies.all_is_denied_at_first, 'shuts', lambda o: policy_of(o, 'deny-all').update(policyTypes=['Ingress'])),
    (policies.who_may_send_may_come, 'edge → ingress:8080', lambda o: policy_of(o, 'ingress')['ingress'].pop(0)),
    (policies.who_may_send_may_come, 'edge → registry:9000',
     lambda o: policy_of(o, 'registry')['ingress'][0]['from'].append(
         {'podSelector': {'matchLabels': {'app.kubernetes.io/component': 'edge'}}})),
    (policies.configured_talk_is_allowed, 'otlp_traces_url', lambda o: policy_of(o, 'status')['egress'].pop()),
    (policies.configured_talk_is_allowed, 'status: kafka', lambda o: policy_of(o, 'status')['egress'].pop(2)),
    (policies.configured_talk_is_allowed, 'status_look_up', lambda o: policy_of(o, 'ingress')['egress'].pop(1)),
)  # fmt: skip
# Objects that no API server takes.
MISSHAPEN: tuple[tuple[str, Break], ...] = (
    ('replica', lambda o: deployment(o, 'edge').update(replica=2)),
    ('terminationGracePeriodSecond', lambda o: pod(o, 'edge').update(terminationGracePeriodSecond=2)),
    ('integer', lambda o: deployment(o, 'edge').update(replicas='two')),
    ('port', lambda o: find(o, 'Service', f'{NAME}-ingress')['spec']['ports'][0].pop('port')),
    ('nobody knows', lambda o: o[0].update(apiVersion='networking.k8s.io/v9')),
    ('dnsName', lambda o: find(o, 'Certificate', f'{NAME}-edge')['spec'].update(dnsName='x')),
    ('secretName', lambda o: find(o, 'Certificate', f'{NAME}-edge')['spec'].pop('secretName')),
    ('podMetricsEndpoint', lambda o: of_kind(o, 'PodMonitor')[0]['spec'].update(podMetricsEndpoint=[])),
    ('triggers', lambda o: of_kind(o, 'ScaledObject')[0]['spec'].pop('triggers')),
)  # fmt: skip


class Broken(unittest.TestCase):
    def test_each_policy_says_what_is_broken(self):
        for policy, said, break_it in BROKEN:
            with self.subTest(policy=policy.__name__, said=said):
                objects = rendered(EVERYTHING)
                self.assertEqual(list(policy(objects)), [])
                break_it(objects)
                faults = list(policy(objects))
                self.assertTrue(any(said in fault for fault in faults), faults)

    def test_no_policy_is_untried(self):
        tried = {policy for policy, _, _ in BROKEN}
        self.assertEqual({policy.__name__ for policy in (*policies.ALWAYS, *policies.WITH_NETWORK_POLICIES) if policy not in tried}, set())

    def test_the_schemas_say_what_is_misshapen(self):
        for said, break_it in MISSHAPEN:
            with self.subTest(said=said):
                objects = rendered(EVERYTHING)
                break_it(objects)
                faults = [fault for item in objects for fault in schemas.errors(item)]
                self.assertTrue(any(said in fault for fault in faults), faults)


if __name__ == '__main__':
    unittest.main()
