"""What must hold for the rendered objects, whatever the values. A policy says each fault it finds; policies_test.py breaks the
chart in each way, and sees that the policy says so."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml
from chart import SERVICES, Object, containers, hooks_of, name_of, of_kind, pods, selects

import chart_schema  # of scripts/, which `chart` makes known

Policy = Callable[[list[Object]], Iterator[str]]


def no_two_have_one_name(objects: list[Object]) -> Iterator[str]:
    names = [f'{item["apiVersion"]} {name_of(item)}' for item in objects]
    yield from (f'{name} stands there twice' for name in {name for name in names if names.count(name) > 1})


def names_are_short(objects: list[Object]) -> Iterator[str]:
    """Of a Service and of what becomes part of a pod's name: 63 characters, in the alphabet of DNS."""
    for item in objects:
        if not re.fullmatch(r'[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?', item['metadata']['name']):
            yield f'{name_of(item)}: no name'


def who_serves_is_asked(objects: list[Object]) -> Iterator[str]:
    for item, container in containers(of_kind(objects, 'Deployment', 'StatefulSet')):
        for probe in ('livenessProbe', 'readinessProbe'):
            if probe not in container:
                yield f'{name_of(item)}: {container["name"]} has no {probe}'


def everybody_has_a_share(objects: list[Object]) -> Iterator[str]:
    """Memory is limited. Processor time is not: a service that is throttled misses its lease's heartbeat."""
    for item, container in containers(objects):
        resources = container.get('resources', {})
        for what, amounts in (('requests', ('cpu', 'memory')), ('limits', ('memory',))):
            for amount in amounts:
                if amount not in resources.get(what, {}):
                    yield f'{name_of(item)}: {container["name"]} has no {what}.{amount}'


def nobody_has_rights(objects: list[Object]) -> Iterator[str]:
    for item, _, spec in pods(objects):
        security = spec.get('securityContext', {})
        wanted: tuple[tuple[str, Any, Any], ...] = (
            ('runAsNonRoot', security.get('runAsNonRoot'), True),
            ('runAsUser', security.get('runAsUser'), 10001),
            ('seccompProfile', security.get('seccompProfile'), {'type': 'RuntimeDefault'}),
            ('automountServiceAccountToken', spec.get('automountServiceAccountToken'), False),
            # Else the kubelet sets KASSAFLOW_…, which the services read as settings.
            ('enableServiceLinks', spec.get('enableServiceLinks'), False),
        )
        yield from (f'{name_of(item)}: {key} is {found}' for key, found, right in wanted if found != right)
        yield from (f'{name_of(item)}: {key}' for key in ('hostNetwork', 'hostPID', 'hostIPC') if spec.get(key))
        yield from (f'{name_of(item)}: a volume of the node' for volume in spec.get('volumes', []) if 'hostPath' in volume)
    for item, container in containers(objects):
        security = container.get('securityContext', {})
        for key, right in (('allowPrivilegeEscalation', False), ('readOnlyRootFilesystem', True), ('capabilities', {'drop': ['ALL']})):
            if security.get(key) != right:
                yield f'{name_of(item)}: {container["name"]} has {key} {security.get(key)}'


def images_are_known(objects: list[Object]) -> Iterator[str]:
    for item, container in containers(objects):
        if not re.fullmatch(r'[^@\s]+/(kassaflow|setup|edge)(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})', container['image']):
            yield f'{name_of(item)}: image {container["image"]} may be another one tomorrow, or is not ours'


def selectors_select(objects: list[Object]) -> Iterator[str]:
    labels = [metadata.get('labels', {}) for _, metadata, _ in pods(objects)]
    for item in objects:
        spec = item.get('spec') or {}
        selector = spec.get('selector') if item['kind'] == 'Service' else (spec.get('selector') or {}).get('matchLabels')
        if selector is not None and not any(selects(selector, each) for each in labels):
            yield f'{name_of(item)} selects no pod'
    for item in of_kind(objects, 'Deployment', 'StatefulSet'):
        mine = item['spec']['template']['metadata']['labels']
        if not selects(item['spec']['selector']['matchLabels'], mine):
            yield f'{name_of(item)} does not select its own pods'
        for spread in item['spec']['template']['spec'].get('topologySpreadConstraints', []):
            if spread['labelSelector']['matchLabels'] != item['spec']['selector']['matchLabels']:
                yield f'{name_of(item)} is spread among the pods of others'


def _pods_of(objects: list[Object], selector: dict[str, str]) -> Iterator[tuple[dict[str, str], Object]]:
    for _, metadata, spec in pods(objects):
        if selects(selector, metadata.get('labels')):
            yield metadata['labels'], spec


def _port_number(spec: Object, port: Any) -> int | None:
    if isinstance(port, int):
        return port
    ports = {each['name']: each['containerPort'] for container in spec['containers'] for each in container.get('ports', [])}
    return ports.get(port)


def _admits(policy: Object, port: int) -> bool:
    rules = policy['spec'].get('ingress', [])
    return any(not rule.get('ports') or any(each.get('port') == port for each in rule['ports']) for rule in rules)


def services_are_guarded(objects: list[Object]) -> Iterator[str]:
    """Each port of a Service is one its pods have, and a NetworkPolicy says who may reach it."""
    policies = of_kind(objects, 'NetworkPolicy')
    for service in of_kind(objects, 'Service'):
        for labels, spec in _pods_of(objects, service['spec']['selector']):
            for port in service['spec']['ports']:
                number = _port_number(spec, port['targetPort'])
                if number is None:
                    yield f'{name_of(service)}: no pod has a port {port["targetPort"]}'
                elif not any(_admits(each, number) for each in policies if selects(each['spec']['podSelector']['matchLabels'], labels)):
                    yield f'{name_of(service)}: no NetworkPolicy says who may come to port {number}'


def all_is_denied_at_first(objects: list[Object]) -> Iterator[str]:
    """Every pod is under a policy of both directions that lets nobody in."""
    closed = [
        item['spec']['podSelector'].get('matchLabels', {}) for item in of_kind(objects, 'NetworkPolicy')
        if sorted(item['spec'].get('policyTypes', [])) == ['Egress', 'Ingress'] and not item['spec'].get('ingress')
    ]  # fmt: skip
    for item, metadata, _ in pods(objects):
        if not any(selects(selector, metadata.get('labels')) for selector in closed):
            yield f'{name_of(item)}: no NetworkPolicy shuts its pods off'


def _rules(objects: list[Object], direction: str) -> set[tuple[str, str, int]]:
    """(from, to, port) of the rules that name components on both sides."""
    found = set()
    for item in of_kind(objects, 'NetworkPolicy'):
        whose = item['spec']['podSelector']['matchLabels'].get('app.kubernetes.io/component')
        for rule in item['spec'].get('ingress' if direction == 'from' else 'egress', []):
            for peer in rule.get(direction, []):
                other = peer.get('podSelector', {}).get('matchLabels', {}).get('app.kubernetes.io/component')
                for port in rule.get('ports', []) if other else []:
                    found.add((other, whose, port['port']) if direction == 'from' else (whose, other, port['port']))
    return found


def who_may_send_may_come(objects: list[Object]) -> Iterator[str]:
    """A connection needs both ends. A rule of one end alone is forgotten, or too much; the edge's two services share a rule."""
    components = {(metadata.get('labels') or {}).get('app.kubernetes.io/component') for _, metadata, _ in pods(objects)}
    leaves, enters = _rules(objects, 'to'), _rules(objects, 'from')
    for source, target, port in sorted(leaves ^ enters):
        if source in components and target in components:
            yield f'{source} → {target}:{port} is allowed at one end only'


def configured_talk_is_allowed(objects: list[Object]) -> Iterator[str]:
    """Where a configuration sends its service, a NetworkPolicy lets it go: to our services by name, to others by port."""
    names = {item['metadata']['name']: item['spec']['selector']['app.kubernetes.io/component'] for item in of_kind(objects, 'Service')}
    leaves = _rules(objects, 'to')
    for service, settings in configurations(objects):
        open_ports = {
            port.get('port') for item in of_kind(objects, 'NetworkPolicy')
            if item['spec']['podSelector']['matchLabels'].get('app.kubernetes.io/component') == service
            for rule in item['spec'].get('egress', []) if not _rules([_only(item, rule)], 'to') for port in rule.get('ports', [])
        }  # fmt: skip
        for key, value in settings.items():
            if key == 'public_url':  # told to others
                continue
            for host, port in re.findall(r'(?:^|,|//)([\w.-]+):([0-9]+)', str(value)):
                allowed = (service, names[host], int(port)) in leaves if host in names else int(port) in open_ports
                if not allowed:
                    yield f'{service}: {key} is {value}, and no NetworkPolicy lets it go there'


def _only(policy: Object, rule: Object) -> Object:
    return {**policy, 'spec': {**policy['spec'], 'egress': [rule]}}


def configurations(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    for item in of_kind(objects, 'ConfigMap'):
        for file, text in item['data'].items():
            if file.removesuffix('.yaml') in SERVICES:
                yield file.removesuffix('.yaml'), yaml.safe_load(text)


def settings_exist(objects: list[Object]) -> Iterator[str]:
    """Each key is one that the service prints (docs/settings), and no secret is written out."""
    for service, settings in configurations(objects):
        keys = chart_schema.settings_of(service)
        for key in settings:
            if key not in keys:
                yield f'{service}: {key} is no setting'
            elif key in chart_schema.secret_keys(keys):
                yield f'{service}: {key} is a secret, written out'


def secrets_are_named_only(objects: list[Object]) -> Iterator[str]:
    """The chart makes no Secret, and nothing that is one stands in an environment or in arguments."""
    yield from (f'{name_of(item)}: a Secret belongs to those who know it' for item in of_kind(objects, 'Secret'))
    secret = re.compile(r'password|token|secret|master|key', re.I)
    for item, container in containers(objects):
        for variable in container.get('env', []):
            if secret.search(variable['name']) and not variable['name'].endswith('_FILE') and 'valueFrom' not in variable:
                yield f'{name_of(item)}: {variable["name"]} is written out'
        values = [str(each.get('value')) for each in container.get('env', [])]
        for text in [*container.get('args', []), *container.get('command', []), *values]:
            if re.search(r'://[^/\s:]+:[^@\s$]+@', text):
                yield f'{name_of(item)}: a URL with a password'


def ends_in_time(objects: list[Object]) -> Iterator[str]:
    """The kubelet waits for longer than the pause before the stop and the service's own deadline."""
    deadlines = dict(configurations(objects))
    for item, _, spec in pods(of_kind(objects, 'Deployment', 'StatefulSet')):
        for container in spec['containers']:
            if container['name'] not in SERVICES:
                continue
            default = chart_schema.default_of(container['name'], 'shutdown_deadline')
            deadline = seconds(deadlines[container['name']].get('shutdown_deadline', default))
            pause = container.get('lifecycle', {}).get('preStop', {}).get('sleep', {}).get('seconds', 0)
            if spec.get('terminationGracePeriodSeconds', 30) < deadline + pause + 5:
                yield f'{name_of(item)}: {spec.get("terminationGracePeriodSeconds", 30)} s for {pause} s and {deadline} s'


def seconds(duration: str) -> float:
    number, unit = re.fullmatch(r'([0-9]+)(ms|s|m|h)', duration).groups()  # type: ignore[union-attr]  # the schema has this pattern
    return int(number) * {'ms': 0.001, 's': 1, 'm': 60, 'h': 3600}[unit]


def drains_leave_some(objects: list[Object]) -> Iterator[str]:
    budgets = [item['spec']['selector']['matchLabels'] for item in of_kind(objects, 'PodDisruptionBudget')]
    for item in of_kind(objects, 'Deployment', 'StatefulSet'):
        if item['metadata']['labels']['app.kubernetes.io/component'] == 'kassactl':
            continue
        if not any(selects(budget, item['spec']['template']['metadata']['labels']) for budget in budgets):
            yield f'{name_of(item)} has no PodDisruptionBudget'
        if not item['spec']['template']['spec'].get('topologySpreadConstraints'):
            yield f'{name_of(item)} is not spread'


def one_decides_how_many(objects: list[Object]) -> Iterator[str]:
    scaled = [item['spec']['scaleTargetRef']['name'] for item in of_kind(objects, 'HorizontalPodAutoscaler', 'ScaledObject')]
    for name in scaled:
        targets = [item for item in of_kind(objects, 'Deployment') if item['metadata']['name'] == name]
        if not targets:
            yield f'nothing is called {name}, which is scaled'
        yield from (f'{name_of(item)} has replicas and is scaled' for item in targets if 'replicas' in item['spec'])
    for item in of_kind(objects, 'Deployment'):
        if item['metadata']['name'] not in scaled and 'replicas' not in item['spec']:
            yield f'{name_of(item)}: nobody says how many'


def _named(spec: Object) -> Iterator[tuple[str, str]]:
    for volume in spec.get('volumes', []):
        if 'configMap' in volume:
            yield 'ConfigMap', volume['configMap']['name']
    if 'serviceAccountName' in spec:
        yield 'ServiceAccount', spec['serviceAccountName']


def hooks_stand_alone(objects: list[Object]) -> Iterator[str]:
    """A job before an installation finds nothing of the release there but what is a hook before it."""
    for item, _, spec in pods(objects):
        for kind, name in _named(spec):
            targets = [each for each in of_kind(objects, kind) if each['metadata']['name'] == name]
            if not targets:
                yield f'{name_of(item)}: there is no {kind} {name}'
            elif hooks_of(item).startswith('pre-') and any(not hooks_of(each) for each in targets):
                yield f'{name_of(item)}: {kind} {name} is not there yet when it runs'
        secrets = {volume['secret']['secretName'] for volume in spec.get('volumes', []) if 'secret' in volume}
        made = {each['spec']['secretName'] for each in of_kind(objects, 'Certificate')}
        if hooks_of(item).startswith('pre-'):
            yield from (f'{name_of(item)}: Secret {name} is not there yet when it runs' for name in sorted(secrets & made))


def schemas_wait_or_migrate(objects: list[Object]) -> Iterator[str]:
    """Either a job migrates and services wait, or they do it themselves; never neither."""
    jobs = {container['name'] + item['metadata']['name'].rpartition('-')[2] for item, container in containers(of_kind(objects, 'Job'))}
    for service, settings in configurations(objects):
        if service != 'ingress' and settings['migrate_at_start'] == (f'migrate{service}' in jobs):
            yield f'{service}: migrate_at_start is {settings["migrate_at_start"]}'


def mounts_are_there(objects: list[Object]) -> Iterator[str]:
    """Every mounted volume exists, and every file that a configuration names lies under a mount of its pod."""
    for item, _, spec in pods(objects):
        volumes = {volume['name'] for volume in spec.get('volumes', [])}
        for container in spec['containers']:
            mounts = {mount['name']: mount['mountPath'] for mount in container.get('volumeMounts', [])}
            yield from (f'{name_of(item)}: no volume {name}' for name in mounts.keys() - volumes)
            yield from (f'{name_of(item)}: nobody mounts {name}' for name in volumes - mounts.keys())
            files = [value for service, settings in configurations(objects) if service == container['name']
                     for key, value in settings.items() if key.endswith(('_file', '_location'))]  # fmt: skip
            for file in files:
                if not any(file.startswith(path + '/') for path in mounts.values()):
                    yield f'{name_of(item)}: {file} is not mounted'


ALWAYS: tuple[Policy, ...] = (
    no_two_have_one_name, names_are_short, who_serves_is_asked, everybody_has_a_share, nobody_has_rights, images_are_known,
    selectors_select, settings_exist, secrets_are_named_only, ends_in_time, drains_leave_some, one_decides_how_many, hooks_stand_alone,
    schemas_wait_or_migrate, mounts_are_there,
)  # fmt: skip
WITH_NETWORK_POLICIES: tuple[Policy, ...] = (
    services_are_guarded, all_is_denied_at_first, who_may_send_may_come, configured_talk_is_allowed,
)  # fmt: skip
