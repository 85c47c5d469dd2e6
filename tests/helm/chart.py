"""The chart as helm renders it, for the tests of this folder. HELM and CRDS are what tools/install.sh prints."""

import copy
import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / 'helm/kassaflow'
KUBERNETES = '1.34'
SERVICES = ('registry', 'ingress', 'fiscalizer', 'status')

sys.path.insert(0, str(ROOT / 'scripts'))

Object = dict[str, Any]


class Loader(yaml.CSafeLoader):
    """Two equal keys in one mapping are an error, as they are to the API server."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise yaml.YAMLError(f'{node.start_mark}: {twice} twice')
        return super().construct_mapping(node, deep)


def values_files() -> list[pathlib.Path]:
    """Those of the chart, and those of the tests, which turn on what the chart's do not."""
    return [*sorted(CHART.glob('values*.yaml')), *sorted((ROOT / 'tests/helm/values').glob('*.yaml'))]


def helm(*arguments: str, chart: pathlib.Path = CHART) -> 'subprocess.CompletedProcess[str]':
    verb, *rest = arguments
    command = [os.environ['HELM'], verb, *rest[:1], str(chart), *rest[1:]] if verb == 'template' else [os.environ['HELM'], *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def template(values: pathlib.Path, *options: str, chart: pathlib.Path = CHART) -> 'subprocess.CompletedProcess[str]':
    common = ('--namespace', 'fiscal', '--kube-version', f'{KUBERNETES}.0', '-f', str(values))
    return helm('template', 'kassaflow', *common, *options, chart=chart)


def load(text: str) -> list[Object]:
    return [document for document in yaml.load_all(text, Loader) if document]


@cache
def _rendered(values: pathlib.Path) -> list[Object]:
    done = template(values)
    if done.returncode != 0:
        raise AssertionError(f'{values.name}: {done.stderr}')
    return load(done.stdout)


def rendered(values: pathlib.Path = CHART / 'values.yaml') -> list[Object]:
    """A copy, that a test may break."""
    return copy.deepcopy(_rendered(values))


def name_of(item: Object) -> str:
    return f'{item["kind"]} {item["metadata"]["name"]}'


def of_kind(objects: list[Object], *kinds: str) -> list[Object]:
    return [item for item in objects if item['kind'] in kinds]


def find(objects: list[Object], kind: str, name: str) -> Object:
    (found,) = (item for item in objects if item['kind'] == kind and item['metadata']['name'] == name)
    return found


def pods(objects: list[Object]) -> Iterator[tuple[Object, Object, Object]]:
    """Each object that makes pods, with the pods' metadata and spec."""
    for item in objects:
        if item['kind'] == 'Pod':
            yield item, item['metadata'], item['spec']
        elif 'template' in item.get('spec', {}) and item['kind'] in ('Deployment', 'StatefulSet', 'DaemonSet', 'Job'):
            yield item, item['spec']['template'].get('metadata', {}), item['spec']['template']['spec']


def containers(objects: list[Object]) -> Iterator[tuple[Object, Object]]:
    for item, _, spec in pods(objects):
        for container in [*spec.get('initContainers', []), *spec['containers']]:
            yield item, container


def hooks_of(item: Object) -> str:
    return (item['metadata'].get('annotations') or {}).get('helm.sh/hook', '')


def selects(selector: dict[str, str], labels: dict[str, str] | None) -> bool:
    return all((labels or {}).get(key) == value for key, value in selector.items())
