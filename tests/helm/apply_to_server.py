#!/usr/bin/env python3
"""apply_to_server.py URL TOKEN: applies the chart, rendered with each file of values, and the examples beside it, to a kube-apiserver, each
into a namespace of its own with the strictest of the pod security standards. Unknown and doubled fields are errors, and so is a warning.
Then it sees that a broken chart is refused. Called by api-server.sh. Exit code 1 when anything is otherwise."""

import json
import os
import pathlib
import ssl
import sys
import time
import urllib.error
import urllib.request
from typing import Any

import chart
import examples_of_stores
import yaml
from chart import CHART, Object, find, name_of, rendered, values_files

PATIENCE_S = 60


class Server:
    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token
        self._context = ssl.create_default_context()  # its certificate is one it made for itself a moment ago
        self._context.check_hostname, self._context.verify_mode = False, ssl.CERT_NONE
        self._kinds: dict[tuple[str, str], tuple[str, bool]] = {}

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any, list[str]]:
        headers, data = {'Authorization': f'Bearer {self._token}'}, None
        if body is not None:
            headers['Content-Type'], data = 'application/apply-patch+yaml', json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60, context=self._context) as answer:
                return answer.status, json.loads(answer.read()), answer.headers.get_all('Warning') or []
        except urllib.error.HTTPError as error:
            text = error.read()
            return error.code, json.loads(text) if text.startswith(b'{') else {'message': text.decode()}, []

    def place(self, item: Object) -> str | None:
        """The path of its kind as the server lists it; nothing while it does not."""
        version, kind = item['apiVersion'], item['kind']
        if (version, kind) not in self._kinds:
            _, listed, _ = self.call('GET', f'/apis/{version}' if '/' in version else f'/api/{version}')
            for resource in listed.get('resources', []):
                if '/' not in resource['name']:
                    self._kinds[version, resource['kind']] = (resource['name'], resource['namespaced'])
        found = self._kinds.get((version, kind))
        return None if found is None else found[0]

    def apply(self, item: Object, namespace: str, dry: bool = False) -> tuple[str, list[str]]:
        """Why it was refused, or nothing; and what it was warned of."""
        plural = self.place(item)
        if plural is None:
            return f'the server has no {item["apiVersion"]} {item["kind"]}', []
        root = f'/apis/{item["apiVersion"]}' if '/' in item['apiVersion'] else f'/api/{item["apiVersion"]}'
        whose = f'/namespaces/{namespace}' if self._kinds[item['apiVersion'], item['kind']][1] else ''
        options = 'fieldManager=helm&force=true&fieldValidation=Strict' + ('&dryRun=All' if dry else '')
        code, answer, warnings = self.call('PATCH', f'{root}{whose}/{plural}/{item["metadata"]["name"]}?{options}', item)
        return ('' if code in (200, 201) else answer.get('message', str(code))), warnings

    def must(self, item: Object, namespace: str = '') -> None:
        why, _ = self.apply(item, namespace)
        if why:
            sys.exit(f'{name_of(item)}: {why}')


def define_kinds(server: Server) -> int:
    count = 0
    for file in sorted(pathlib.Path(os.environ['CRDS']).glob('*.yaml')):
        for definition in yaml.load_all(file.read_text(), yaml.CSafeLoader):
            if not definition:
                continue
            server.must(definition)
            count += 1
            path = f'/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{definition["metadata"]["name"]}'
            served = next(version['name'] for version in definition['spec']['versions'] if version['served'])
            sample = {'apiVersion': f'{definition["spec"]["group"]}/{served}', 'kind': definition['spec']['names']['kind']}
            deadline = time.monotonic() + PATIENCE_S
            while not established(server, path) or server.place(sample) is None:
                if time.monotonic() > deadline:
                    sys.exit(f'{definition["metadata"]["name"]} is not served')
                time.sleep(0.2)
    return count


def established(server: Server, path: str) -> bool:
    _, answer, _ = server.call('GET', path)
    conditions = answer.get('status', {}).get('conditions') or []
    return any(each['type'] == 'Established' and each['status'] == 'True' for each in conditions)


def namespace(server: Server, name: str) -> None:
    labels = {f'pod-security.kubernetes.io/{mode}': 'restricted' for mode in ('enforce', 'warn')}
    server.must({'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': name, 'labels': labels}})


def accept(server: Server, name: str, objects: list[Object]) -> list[str]:
    namespace(server, name)
    faults = []
    for item in objects:
        why, warnings = server.apply(item, name)
        faults += [f'{name}: {name_of(item)}: {said}' for said in ([why] if why else []) + warnings]
    print(f'{name}: {len(objects)} objects of {len({item["kind"] for item in objects})} kinds', flush=True)
    return faults


def pod(objects: list[Object]) -> Any:
    return find(objects, 'Deployment', 'kassaflow-status')['spec']['template']['spec']


BROKEN = (
    ('not declared', lambda o: find(o, 'Deployment', 'kassaflow-edge')['spec'].update(replica=2)),
    ('not declared', lambda o: find(o, 'Certificate', 'kassaflow-registry')['spec'].update(dnsName='x')),
    ('port', lambda o: find(o, 'Service', 'kassaflow-ingress')['spec']['ports'][0].update(port=80800)),
    ('selector', lambda o: find(o, 'Deployment', 'kassaflow-edge')['spec']['template']['metadata'].update(labels={'a': 'b'})),
    ('quantities', lambda o: pod(o)['containers'][0]['resources']['limits'].update(memory='512Megabytes')),
    ('Not found', lambda o: pod(o)['volumes'].pop()),
    ('violates PodSecurity', lambda o: find(o, 'Pod', 'kassaflow-test-receipt')['spec'].update(hostNetwork=True)),
)  # fmt: skip


def refuse(server: Server) -> list[str]:
    namespace(server, 'broken')
    faults = []
    for said, break_it in BROKEN:
        objects = rendered(CHART / 'values.yaml')
        break_it(objects)
        whys = [why for item in objects if (why := server.apply(item, 'broken', dry=True)[0])]
        if len(whys) != 1 or said not in whys[0]:
            faults.append(f'broken by {said!r}, the server says {whys}')
    print(f'{len(BROKEN)} broken charts refused' if not faults else 'a broken chart was not refused', flush=True)
    return faults


def main() -> None:
    server = Server(*sys.argv[1:])
    code, version, _ = server.call('GET', '/version')
    if code != 200:
        sys.exit(f'the server says {code} {version}')
    print(f'kube-apiserver {version["gitVersion"]}, {define_kinds(server)} definitions of operators', flush=True)
    # Named by values/everything.yaml.
    server.must({'apiVersion': 'scheduling.k8s.io/v1', 'kind': 'PriorityClass', 'metadata': {'name': 'high'}, 'value': 1000})
    faults = []
    for values in values_files():
        faults += accept(server, values.stem, rendered(values))
    for file in sorted((chart.CHART / 'examples').glob('*.yaml')):
        faults += accept(server, f'example-{file.stem}', examples_of_stores.objects(file.name))
    faults += refuse(server)
    if faults:
        sys.exit('\n'.join(faults))


if __name__ == '__main__':
    main()
