"""Strict schemas: Kubernetes' own objects by kubernetes-validate, those of operators by the definitions that CRDS holds. A field nobody
knows is an error in both."""

import copy
import os
import pathlib
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema
import kubernetes_validate
import yaml
from chart import KUBERNETES, Object
from kubernetes_validate import utils

utils.schema_contents = cache(utils.schema_contents)  # some megabytes, for each object anew


def closed(schema: Any) -> Any:
    """What the API server does with a definition: a field that it does not name is refused, unless it says otherwise."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items() if key not in ('format', 'x-kubernetes-validations')}
    if schema.get('x-kubernetes-int-or-string'):
        made.pop('type', None)
    if isinstance(schema.get('properties'), dict):
        made['properties'] = {name: closed(value) for name, value in schema['properties'].items()}
        if 'additionalProperties' not in schema and not schema.get('x-kubernetes-preserve-unknown-fields'):
            made['additionalProperties'] = False
    return made


@cache
def definitions() -> dict[tuple[str, str], Any]:
    """(apiVersion, kind) to the schema."""
    found = {}
    for file in sorted(pathlib.Path(os.environ['CRDS']).glob('*.yaml')):
        for definition in yaml.load_all(file.read_text(), yaml.CSafeLoader):
            if not definition:
                continue
            spec = definition['spec']
            for version in spec['versions']:
                schema = copy.deepcopy(version['schema']['openAPIV3Schema'])
                schema['properties']['metadata'] = {'type': 'object', 'x-kubernetes-preserve-unknown-fields': True}
                found[f'{spec["group"]}/{version["name"]}', spec['names']['kind']] = closed(schema)
    return found


def errors(item: Object) -> Iterator[str]:
    name = f'{item["kind"]} {item["metadata"]["name"]}'
    if schema := definitions().get((item['apiVersion'], item['kind'])):
        for error in jsonschema.Draft7Validator(schema).iter_errors(item):
            yield f'{name}: {"/".join(map(str, error.absolute_path))}: {error.message}'
        return
    try:
        kubernetes_validate.validate(item, KUBERNETES, strict=True)
    except kubernetes_validate.SchemaNotFoundError:
        yield f'{name}: nobody knows {item["apiVersion"]} {item["kind"]}'
    except kubernetes_validate.ValidationError as error:
        yield f'{name}: {"/".join(map(str, error.absolute_path))}: {error.message}'
