#!/usr/bin/python3
"""The rules of deploy/prometheus by Prometheus' own tools, and that none of them is left untried."""

import re
import subprocess
import unittest
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
PROMETHEUS = HERE.parents[1] / 'deploy' / 'prometheus'
RULES = sorted((PROMETHEUS / 'rules').glob('*.yaml'))
TABLES = sorted(HERE.glob('*.yaml'))

ALERTS = re.compile(r'ALERTS\{alertname(=~?)"([^"]+)"')


def alerts() -> dict[str, list[dict[str, Any]]]:
    """The rules of each name; the spans of an error budget share one."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in RULES:
        for group in yaml.safe_load(path.read_text())['groups']:
            for rule in group['rules']:
                if 'alert' in rule:
                    found.setdefault(rule['alert'], []).append(rule)
    return found


def questions() -> list[tuple[str, bool]]:
    """What the tables ask of ALERTS: a pattern of names, and whether one of them must fire."""
    asked = []
    for path in TABLES:
        for test in yaml.safe_load(path.read_text())['tests']:
            for question in test.get('promql_expr_test', []):
                if named := ALERTS.search(question['expr']):
                    asked.append((named[2], bool(question['exp_samples'])))
    return asked


class Alerts(unittest.TestCase):
    def tool(self, *command: str | Path) -> None:
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, f'{command}: {done.stdout}{done.stderr}')

    def test_the_files_are_what_prometheus_and_alertmanager_read(self) -> None:
        self.tool('promtool', 'check', 'rules', '--lint=all', '--lint-fatal', *RULES)
        self.tool('promtool', 'check', 'config', PROMETHEUS / 'prometheus.yml')
        self.tool('amtool', 'check-config', PROMETHEUS / 'alertmanager.yml')

    def test_each_table(self) -> None:
        for path in TABLES:
            with self.subTest(path.name):
                self.tool('promtool', 'test', 'rules', path)

    def test_each_alert_is_seen_to_fire_and_to_be_silent(self) -> None:
        asked = questions()
        for name in alerts():
            for fires in (True, False):
                matching = [pattern for pattern, wanted in asked if wanted == fires and re.fullmatch(pattern, name)]
                self.assertTrue(matching, f'no table of tests/alerts shows {name} {"firing" if fires else "silent"}')

    def test_each_alarm_line_has_one_alert(self) -> None:
        """Every event of the code is in one list or in the other, or has an alert of its own."""
        lists = {name: re.search(r'event(=~|!~)"([^"]+)"', alerts()[name][0]['expr']) for name in ('KassaflowAlarmCritical', 'KassaflowAlarm')}
        critical, rest = lists['KassaflowAlarmCritical'], lists['KassaflowAlarm']
        assert critical and rest
        self.assertEqual((critical[1], rest[1]), ('=~', '!~'))
        names = set(critical[2].removeprefix('alarm.(').removesuffix(')').split('|'))
        self.assertLess(names, set(rest[2].removeprefix('alarm.(').removesuffix(')').split('|')), 'told twice')


if __name__ == '__main__':
    unittest.main()
