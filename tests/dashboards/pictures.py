#!/usr/bin/python3
"""pictures.py OUTPUT: pictures of the dashboards for docs/pictures, from a stack under a small load.

KASSAFLOW_STATE_DIR names the stack (./dev up). Draws panels where deploy/grafana/dashboards puts them, with the data that Prometheus
returns for their queries; it is not Grafana. Needs Debian's chromium, which ./dev does not install, and takes six minutes: what is
drawn are the last five.
"""

import html
import json
import math
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[0] / 'functional')]

from harness.case import StackTest
from harness.stack import ROOT
from prometheus import Prometheus

GRAFANA = ROOT / 'deploy' / 'grafana' / 'dashboards'
SHOWN = {  # rows of each
    'overview': ('Now', 'Receipts', 'Queues'),
    'tenant': ('Now', 'Receipts', 'Registers'),
    'pipeline': ('Kafka', 'Journal and workers'),
}
SPAN_S, STEP_S, LOAD_S = 300, 3, 360
COLUMN, LINE = 50, 24  # pixels of Grafana's grid
COLOURS = ('#3274d9', '#e0752d', '#37872d', '#c4162a', '#8f3bb8', '#00838f', '#9e7c0c', '#5f6b7a', '#d64f8b', '#2f4b7c')
STYLE = """body{margin:0;background:#f4f5f7;font:12px DejaVu Sans,sans-serif;color:#22262b;position:relative}
.panel{position:absolute;background:#fff;border:1px solid #dcdfe4;border-radius:3px;box-sizing:border-box;padding:5px 8px;overflow:hidden}
h1{font-size:16px;margin:0;padding:8px 10px;height:20px} h2{position:absolute;font-size:12px;margin:0;padding:5px 2px}
h3{font-size:11px;margin:0 0 2px} .big{font-size:24px;color:#37872d;padding-top:8px}
.legend{font-size:9px;line-height:12px} .legend span{margin-right:8px;white-space:nowrap} table{font-size:10px}"""


def amount(value: float, unit: str) -> str:
    if unit == 'bool_yes_no':
        return 'Yes' if value else 'No'
    if unit == 'percentunit':
        return f'{value * 100:.3g} %'
    if unit == 's':
        for size, name in ((86400, 'd'), (3600, 'h'), (60, 'min'), (1, 's')):
            if abs(value) >= size:
                return f'{value / size:.3g} {name}'
        return f'{value * 1000:.3g} ms'
    if unit == 'bytes':
        return f'{value / 2**20:.3g} MiB'
    ending = {'reqps': '/s', 'd': ' d'}.get(unit, '')
    return f'{value:.3g}{ending}' if abs(value) < 1000 else f'{value:.0f}{ending}'


def legend_of(pattern: str, labels: dict[str, str]) -> str:
    for name, value in labels.items():
        pattern = pattern.replace(f'{{{{{name}}}}}', value)
    return pattern


class Drawing:
    def __init__(self, prometheus: Prometheus, tenant: str, end: float) -> None:
        self._prometheus, self._tenant, self._end = prometheus, tenant, end

    def series(self, panel: dict[str, Any]) -> list[tuple[str, list[tuple[float, float]]]]:
        found = []
        for target in panel['targets']:
            query = target['expr'].replace('$__rate_interval', '30s').replace('$tenant', self._tenant)
            start, end = str(self._end - SPAN_S), str(self._end)
            for row in self._prometheus.ask('query_range', query=query, start=start, end=end, step=str(STEP_S))['result']:
                points = [(float(when), float(value)) for when, value in row['values'] if value not in ('NaN', '+Inf', '-Inf')]
                if points:
                    found.append((legend_of(target['legendFormat'], row['metric']), points))
        return found

    def lines(self, series: list[tuple[str, list[tuple[float, float]]]], unit: str, width: int, height: int) -> str:
        top = max((value for _, points in series for _, value in points), default=0.0) or 1.0
        step = 10 ** math.floor(math.log10(top))
        top = math.ceil(top / step) * step
        left = 46
        drawn = []
        for part in (0, 0.5, 1):
            y = 4 + (height - 8) * (1 - part)
            drawn.append(f'<line x1="{left}" x2="{width}" y1="{y:.0f}" y2="{y:.0f}" stroke="#e7e9ec"/>')
            drawn.append(f'<text x="{left - 4}" y="{y + 3:.0f}" font-size="9" text-anchor="end">{amount(top * part, unit)}</text>')
        for number, (_, points) in enumerate(series):
            path = ' '.join(
                f'{left + (width - left) * (when - self._end + SPAN_S) / SPAN_S:.1f},{4 + (height - 8) * (1 - value / top):.1f}'
                for when, value in points
            )
            drawn.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS[number % len(COLOURS)]}" stroke-width="1.4"/>')
        return f'<svg width="{width}" height="{height}">{"".join(drawn)}</svg>'

    def body(self, panel: dict[str, Any], width: int, height: int) -> str:
        unit, series = panel['fieldConfig']['defaults']['unit'], self.series(panel)
        if panel['type'] == 'stat':
            return ''.join(f'<div class="big">{amount(points[-1][1], unit)}</div>' for _, points in series)
        if panel['type'] == 'table':
            rows = [(name, points[-1][1]) for name, points in series if points[-1][0] > self._end - 2 * STEP_S]
            cells = ''.join(f'<tr><td>{html.escape(name)}</td><td>{amount(value, unit)}</td></tr>' for name, value in rows)
            return f'<table>{cells}</table>'
        names = ''.join(
            f'<span style="color:{COLOURS[i % len(COLOURS)]}">{html.escape(name)}</span>' for i, (name, _) in enumerate(series[:12])
        )
        return self.lines(series, unit, width, height - 26) + f'<div class="legend">{names}</div>'

    def page(self, dashboard: dict[str, Any], rows: tuple[str, ...]) -> tuple[str, int]:
        drawn, shown, bottom, offset = [], False, 0, 0
        for panel in dashboard['panels']:
            place = panel['gridPos']
            if panel['type'] == 'row':
                shown = panel['title'] in rows
                if not shown:
                    continue
                offset = bottom - place['y']
                drawn.append(f'<h2 style="left:8px;top:{36 + bottom * LINE}px">{html.escape(panel["title"])}</h2>')
                bottom += 1
                continue
            if not shown:
                continue
            x, y = 8 + place['x'] * COLUMN, 36 + (place['y'] + offset) * LINE
            width, height = place['w'] * COLUMN - 6, place['h'] * LINE - 6
            drawn.append(
                f'<div class="panel" style="left:{x}px;top:{y}px;width:{width}px;height:{height}px"><h3>{html.escape(panel["title"])}</h3>'
                f'{self.body(panel, width - 18, height - 28)}</div>'
            )
            bottom = max(bottom, place['y'] + offset + place['h'])
        text = f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style><h1>{html.escape(dashboard["title"])}</h1>{"".join(drawn)}'
        return text, 36 + bottom * LINE + 6


def photograph(page: str, height: int, picture: Path) -> None:
    with tempfile.TemporaryDirectory(prefix='picture-') as folder:
        source = Path(folder) / 'page.html'
        source.write_text(page)
        subprocess.run(
            [
                'chromium', '--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
                '--disable-component-update', '--disable-sync', '--hide-scrollbars', f'--user-data-dir={folder}/profile',
                f'--window-size={24 * COLUMN + 16},{height}', f'--screenshot={picture}', source.as_uri(),
            ],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip


class Pictures(StackTest):
    output: Path

    def test_take(self) -> None:
        away = self.bit_till()
        away.endpoint = 'http://127.0.0.1:9'
        stores = [self.shop(self.bit_till(), self.itkassa_till(), away, ffd='1.05', name='tea'), self.shop(self.bit_till(), name='books')]
        prometheus = Prometheus(self.stack)
        self.addCleanup(prometheus.stop)
        end = threading.Event()
        turn = 0
        started = time.monotonic()
        while time.monotonic() - started < LOAD_S:
            for store in stores[: 1 + turn % 2]:
                store.accepted().poll()
            # A shop sells more at one time than at another.
            end.wait(0.2 + 0.8 * (1 + math.sin((time.monotonic() - started) / 30)) / 2)
            turn += 1
        drawing = Drawing(prometheus, stores[0].name, time.time())
        for name, rows in SHOWN.items():
            page, height = drawing.page(json.loads((GRAFANA / f'{name}.json').read_text()), rows)
            photograph(page, height, self.output / f'{name}.png')


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    Pictures.output = Path(sys.argv.pop()).resolve()
    unittest.main()
