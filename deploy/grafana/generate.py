#!/usr/bin/python3
"""generate.py write|check: dashboards/*.json, as Grafana reads them, of the table in panels.py.

check: exit code 1 when a file is older than the table, or the table is not as it should be. `./dev lint` does it.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from panels import DASHBOARDS, Dashboard, Panel

HERE = Path(__file__).resolve().parent
FOLDER = HERE / 'dashboards'
UNITS = {'short', 's', 'd', 'bytes', 'reqps', 'percentunit', 'bool_yes_no'}
KINDS = {'timeseries', 'stat', 'table'}
COLUMNS, HEIGHT, STAT_HEIGHT = 24, 8, 4

# The data source is chosen on the page: none is named in a file.
SOURCE = {'type': 'prometheus', 'uid': '${datasource}'}


def targets(panel: Panel) -> list[dict[str, Any]]:
    instant = {'instant': True, 'range': False, 'format': 'table'} if panel.kind == 'table' else {'range': True}
    return [
        {'refId': chr(ord('A') + number), 'datasource': SOURCE, 'expr': query, 'legendFormat': legend, **instant}
        for number, (query, legend) in enumerate(panel.queries)
    ]


def options(panel: Panel) -> dict[str, Any]:
    if panel.kind == 'stat':
        return {'colorMode': 'value', 'graphMode': 'area', 'reduceOptions': {'calcs': ['lastNotNull']}, 'textMode': 'auto'}
    if panel.kind == 'table':
        return {'showHeader': True}
    return {'legend': {'displayMode': 'list', 'placement': 'bottom'}, 'tooltip': {'mode': 'multi', 'sort': 'desc'}}


def panel_json(panel: Panel, identifier: int, x: int, y: int) -> dict[str, Any]:
    # Between 0 and 1 the axis is the whole, so that two of these compare at a glance.
    bounds = {'min': 0} if panel.unit in ('s', 'bytes', 'reqps') else {}
    made = {
        'id': identifier,
        'type': panel.kind,
        'title': panel.title,
        'description': panel.description,
        'datasource': SOURCE,
        'gridPos': {'x': x, 'y': y, 'w': panel.width, 'h': STAT_HEIGHT if panel.kind == 'stat' else HEIGHT},
        'fieldConfig': {'defaults': {'unit': panel.unit, **bounds}, 'overrides': []},
        'options': options(panel),
        'targets': targets(panel),
    }
    if panel.kind == 'table':
        hidden = {'Time': True, '__name__': True}
        made['transformations'] = [{'id': 'organize', 'options': {'excludeByName': hidden}}]
    return made


def panels_json(dashboard: Dashboard) -> Iterator[dict[str, Any]]:
    identifier, y = 1, 0
    for row in dashboard.rows:
        yield {'id': identifier, 'type': 'row', 'title': row.title, 'collapsed': False, 'panels': [],
               'gridPos': {'x': 0, 'y': y, 'w': COLUMNS, 'h': 1}}  # fmt: skip
        identifier, y, x, height = identifier + 1, y + 1, 0, 0
        for panel in row.panels:
            if x + panel.width > COLUMNS:
                x, y, height = 0, y + height, 0
            made = panel_json(panel, identifier, x, y)
            yield made
            identifier, x, height = identifier + 1, x + panel.width, max(height, made['gridPos']['h'])
        y += height


def variables_json(dashboard: Dashboard) -> Iterator[dict[str, Any]]:
    yield {'name': 'datasource', 'label': 'Data source', 'type': 'datasource', 'query': 'prometheus', 'current': {}, 'hide': 0}
    for variable in dashboard.variables:
        yield {
            'name': variable.name, 'label': variable.label, 'type': 'query', 'datasource': SOURCE,
            'definition': variable.query, 'query': {'qryType': 1, 'query': variable.query, 'refId': 'variable'},
            'refresh': 2, 'sort': 1, 'current': {}, 'hide': 0,
        }  # fmt: skip


def dashboard_json(dashboard: Dashboard) -> dict[str, Any]:
    return {
        'uid': dashboard.uid,
        'title': dashboard.title,
        'description': dashboard.description,
        'tags': ['kassaflow'],
        'schemaVersion': 39,
        'editable': False,
        'graphTooltip': 1,
        'refresh': '30s',
        'time': {'from': 'now-6h', 'to': 'now'},
        'timezone': 'browser',
        'links': [{'type': 'dashboards', 'title': 'kassaflow', 'tags': ['kassaflow'], 'asDropdown': True, 'keepTime': True}],
        'templating': {'list': list(variables_json(dashboard))},
        'panels': list(panels_json(dashboard)),
    }


def text(dashboard: Dashboard) -> str:
    return json.dumps(dashboard_json(dashboard), indent=1, ensure_ascii=False) + '\n'


def path(dashboard: Dashboard) -> Path:
    return FOLDER / f'{dashboard.uid.removeprefix("kassaflow-")}.json'


def faults() -> Iterator[str]:
    """What is wrong with the table, and with the files beside it."""
    for dashboard in DASHBOARDS:
        titles = set()
        for row in dashboard.rows:
            for panel in row.panels:
                who = f'{dashboard.uid} / {row.title} / {panel.title}'
                if panel.unit not in UNITS:
                    yield f'{who}: the unit {panel.unit} is none of {", ".join(sorted(UNITS))}'
                if panel.kind not in KINDS:
                    yield f'{who}: the kind {panel.kind} is none of {", ".join(sorted(KINDS))}'
                if not panel.description.endswith('.'):
                    yield f'{who}: a panel is described by a sentence'
                if not panel.queries or any(not query or not legend for query, legend in panel.queries):
                    yield f'{who}: a query and its legend are not empty'
                if (row.title, panel.title) in titles:
                    yield f'{who}: twice'
                titles.add((row.title, panel.title))
        if not path(dashboard).exists() or path(dashboard).read_text(encoding='utf-8') != text(dashboard):
            yield f'{path(dashboard).name} is older than panels.py: deploy/grafana/generate.py write'
    for file in FOLDER.glob('*.json'):
        if file not in {path(dashboard) for dashboard in DASHBOARDS}:
            yield f'{file.name} is no dashboard of panels.py: delete it'


def main(arguments: list[str]) -> int:
    if arguments == ['write']:
        for dashboard in DASHBOARDS:
            path(dashboard).write_text(text(dashboard), encoding='utf-8')
        return 0
    if arguments != ['check']:
        sys.exit(__doc__)
    found = [f'deploy/grafana: {fault}' for fault in faults()]
    print('\n'.join(found), end='\n' if found else '')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
