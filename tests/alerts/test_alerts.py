#!/usr/bin/python3
"""The rules of deploy/prometheus by Prometheus' own tools; none of them is left untried, or without its page."""

import re
import subprocess
import unittest
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
PROMETHEUS = HERE.parents[1] / 'deploy' / 'prometheus'
RUNBOOKS = HERE.parents[1] / 'docs' / 'runbooks'
SEEN_BY_LINE = ('alarms.md',)  # each line of its table is another matter
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

    def test_what_is_critical_among_alarm_lines_is_not_told_twice(self) -> None:
        events = {}
        for name in ('KassaflowAlarmCritical', 'KassaflowAlarm'):
            found = re.search(r'event(=~|!~)"alarm\.\(([^"]+)\)"', alerts()[name][0]['expr'])
            assert found, name
            events[found[1]] = set(found[2].split('|'))
        self.assertLess(events['=~'], events['!~'])

    def test_each_alert_says_how_bad_it_is_what_it_is_and_where_its_page_is(self) -> None:
        index = (RUNBOOKS / 'README.md').read_text()
        for name, rules in alerts().items():
            for rule in rules:
                with self.subTest(name):
                    self.assertIn(rule['labels']['severity'], ('critical', 'warning'))
                    self.assertEqual(set(rule['annotations']), {'summary', 'description', 'runbook_url'})
                    page = rule['annotations']['runbook_url'].removeprefix('{{ $externalLabels.runbooks }}/')
                    for text in ((RUNBOOKS / page).read_text(), index):
                        self.assertRegex(text, rf'\b{name}\b')

    def test_each_page_says_what_the_merchant_sees_and_how_to_see_that_it_is_mended(self) -> None:
        for path in RUNBOOKS.glob('*.md'):
            text = path.read_text()
            if 'Alert: ' in text or 'Alerts: ' in text:
                with self.subTest(path.name):
                    for heading in ('**First look.**', '**Verify.**'):
                        self.assertIn(heading, text)
                    self.assertTrue('**The merchant sees**' in text or path.name in SEEN_BY_LINE)


if __name__ == '__main__':
    unittest.main()
