"""The examples for Kafka and PostgreSQL beside the chart, compared with what deploy/ says of topics, users and rights."""

import ast
from typing import Any

import chart
from chart import ROOT, Object, of_kind

OPERATIONS = {'read': 'Read', 'write': 'Write', 'describe_configs': 'DescribeConfigs'}


def objects(name: str) -> list[Object]:
    return chart.load((chart.CHART / 'examples' / name).read_text())


def constants_of_topics() -> dict[str, Any]:
    """TOPICS and CONFIG of topics.py, without running it."""
    found = {}
    for node in ast.parse((ROOT / 'deploy/kafka/topics.py').read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in ('TOPICS', 'CONFIG'):
            text = ast.unparse(node.value)
            found[node.targets[0].id] = eval(text, {'str': str})  # literals and str()
    return found


Right = tuple[str, str, str, str, str]  # user, operation, kind, name, pattern


def wanted_rights() -> set[Right]:
    found: set[Right] = set()
    for line in (ROOT / 'deploy/kafka/acls.txt').read_text().splitlines():
        if not line or line.startswith('#'):
            continue
        user, operations, kind, name = line.split()
        pattern = 'prefix' if name.endswith('*') else 'literal'
        found.update((user, OPERATIONS[each], kind, name.removesuffix('*'), pattern) for each in operations.split(','))
    return found


def given_rights(users: list[Object]) -> set[tuple[str, ...]]:
    return {
        (user['metadata']['name'], operation, *(acl['resource'].get(key, 'literal') for key in ('type', 'name', 'patternType')))
        for user in of_kind(users, 'KafkaUser') for acl in user['spec']['authorization']['acls'] for operation in acl['operations']
    }  # fmt: skip
