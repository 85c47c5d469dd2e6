#!/usr/bin/python3
"""helm/kassaflow/values.schema.json, made of what stands elsewhere: values.yaml (the comment above a key is its description, its value
gives the type, a line `# schema: {...}` adds to it) and docs/settings (which settings a service has, and what each may be).

  chart_schema.py write     writes the file
  chart_schema.py check     exit code 1 when it is another one"""

import json
import pathlib
import re
import sys
from typing import Any

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[1]
VALUES = 'helm/kassaflow/values.yaml'
SCHEMA = 'helm/kassaflow/values.schema.json'
SERVICES = ('registry', 'ingress', 'fiscalizer', 'status')
# What the chart itself says (templates/_settings.tpl): where services are and listen, and where their files lie.
OF_THE_CHART = re.compile(
    r'_file$|_address$|_port$|_grpc$|^kafka(_security_protocol|_sasl_.*|_ssl_.*)?$|^status_look_up$|^migrate_at_start$|^tls_'
)
TYPES = {str: 'string', bool: 'boolean', int: 'integer', dict: 'object', list: 'array', type(None): 'null'}
Json = dict[str, Any]


class Wrong(Exception):
    pass


def settings_of(service: str) -> dict[str, Json]:
    """Each key of a service as a schema, from its page: description, `what it may be; environment: …`, key."""
    text = (ROOT / f'docs/settings/{service}.yaml').read_text()
    found: dict[str, Json] = {}
    for block in text.strip().split('\n\n'):
        lines = block.splitlines()
        key = lines[-1].removeprefix('# ').split(':', 1)[0]
        may_be = lines[-2].removeprefix('# ').split('; environment: ')[0]
        found[key] = {'description': ' '.join(line.removeprefix('# ') for line in lines[:-2]), **schema_of(may_be)}
    return found


def default_of(service: str, key: str) -> str:
    return str(yaml.safe_load((ROOT / f'docs/settings/{service}.yaml').read_text())[key])


def schema_of(may_be: str) -> Json:
    if may_be.startswith('a duration '):
        return {'type': 'string', 'pattern': '^[0-9]+(ms|s|m|h)$'}
    if may_be == 'true or false':
        return {'type': 'boolean'}
    if bounds := re.fullmatch(r'a number .*from ([0-9]+) to ([0-9]+)', may_be):
        return {'type': 'integer', 'minimum': int(bounds[1]), 'maximum': int(bounds[2])}
    if re.fullmatch(r'\S+( \| \S+)+', may_be):
        return {'enum': may_be.split(' | ')}
    return {'type': 'string'}


def secret_keys(keys: dict[str, Json]) -> set[str]:
    """What can also be read from a file is a secret, and stands in no ConfigMap."""
    return {key for key in keys if f'{key}_file' in keys}


def settings_schema(whose: str) -> Json:
    of_services = [settings_of(service) for service in (SERVICES if whose == 'common' else (whose,))]
    keys = {
        key: schema for key, schema in of_services[0].items()
        if all(key in others for others in of_services) and key not in secret_keys(of_services[0]) and not OF_THE_CHART.search(key)
    }  # fmt: skip
    return {'additionalProperties': False, 'properties': keys}


def comment_above(lines: list[str], number: int, indent: int) -> list[str]:
    """The lines of the comment that ends right above line `number` (from 0), of the same indentation."""
    found: list[str] = []
    while number > 0 and re.match(rf' {{{indent}}}#', lines[number - 1]):
        number -= 1
        found.insert(0, lines[number].strip().removeprefix('#').strip())
    return found


def object_schema(node: yaml.MappingNode, lines: list[str], path: str) -> Json:
    properties = {}
    for key, value in node.value:
        name = f'{path}{key.value}'
        comment = comment_above(lines, key.start_mark.line, key.start_mark.column)
        description = ' '.join(line for line in comment if not line.startswith('schema: '))
        if not description:
            raise Wrong(f'{VALUES}:{key.start_mark.line + 1}: {name} has no comment above it, so nobody knows what it is')
        schema: Json = {'description': description}
        for line in comment:
            if line.startswith('schema: '):
                schema.update(json.loads(line.removeprefix('schema: ')))
        if 'settings' in schema:
            schema.update(settings_schema(schema.pop('settings')))
        if 'enum' not in schema:
            schema.setdefault('type', TYPES[type(yaml.safe_load(yaml.serialize(value)))])
        free = {'type', 'additionalProperties', 'properties'} & {
            word for line in comment if line.startswith('schema: ') for word in json.loads(line.removeprefix('schema: '))
        }
        if isinstance(value, yaml.MappingNode) and not free and 'properties' not in schema:
            schema.update(object_schema(value, lines, f'{name}.'))
        properties[key.value] = schema
    return {'type': 'object', 'additionalProperties': False, 'properties': properties}


def schema() -> str:
    text = (ROOT / VALUES).read_text()
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    values = object_schema(node, text.splitlines(), '')
    whole = {'$schema': 'http://json-schema.org/draft-07/schema#', 'title': 'Values of kassaflow', **values}
    whole['properties']['global'] = {'type': 'object', 'description': 'Given by a chart that this one is part of; not used.'}
    return json.dumps(whole, indent=2, ensure_ascii=False) + '\n'


def main() -> None:
    verb = sys.argv[1] if len(sys.argv) == 2 else ''
    try:
        made = schema()
    except Wrong as wrong:
        sys.exit(str(wrong))
    if verb == 'write':
        (ROOT / SCHEMA).write_text(made)
    elif verb == 'check':
        file = ROOT / SCHEMA
        if not file.is_file() or file.read_text() != made:
            sys.exit(f'{SCHEMA} is not what values.yaml and docs/settings say: run scripts/chart_schema.py write')
    else:
        sys.exit(__doc__)


if __name__ == '__main__':
    main()
