#!/usr/bin/python3
"""Every query of every panel and rule, asked of a real Prometheus that scrapes the stack at work: each returns data."""

import json
import re
import sys
import threading
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import yaml

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[0] / 'functional')]

from harness.case import StackTest
from harness.stack import ROOT
from harness.waiting import eventually
from prometheus import PROMETHEUS, Prometheus

GRAFANA = ROOT / 'deploy' / 'grafana' / 'dashboards'
WITHIN_S = 90.0  # librdkafka tells its statistics every 10 s, topics are looked at every 30 s
ALL_TILLS_S = 60.0

# What an alert judges: its series must be there. Its whole expression is empty while all is well; tests/alerts shows it firing.
SELECTOR = re.compile(r'(?<![\w:"])((?:kassaflow|process)[_:][\w:]*|up)(\{[^}]*\})?')
# node_exporter, the kubelet and the brokers' exporter are not part of a local stack.
NOT_HERE = 'optional-machines.yaml'


class Asked:
    """A query with who asks it."""

    def __init__(self, who: str, expression: str) -> None:
        self.who, self.expression = who, expression


def panels(tenant: str) -> list[Asked]:
    found = []
    for path in sorted(GRAFANA.glob('*.json')):
        dashboard = json.loads(path.read_text())
        for panel in dashboard['panels']:
            for target in panel.get('targets', []):
                expression = target['expr'].replace('$__rate_interval', '30s').replace('$tenant', tenant)
                found.append(Asked(f'{path.name}: {panel["title"]}', expression))
        for variable in dashboard['templating']['list']:
            if variable['type'] == 'query':
                series, label = variable['definition'].removeprefix('label_values(').removesuffix(')').rsplit(', ', 1)
                found.append(Asked(f'{path.name}: variable {variable["name"]}', f'count by ({label}) ({series}{{{label}!=""}})'))
    return found


def rules() -> list[Asked]:
    found = []
    for path in sorted((PROMETHEUS / 'rules').glob('*.yaml')):
        if path.name == NOT_HERE:
            continue
        for group in yaml.safe_load(path.read_text())['groups']:
            for rule in group['rules']:
                if 'record' in rule:
                    found.append(Asked(f'{path.name}: {rule["record"]}', rule['expr']))
                    found.append(Asked(f'{path.name}: {rule["record"]}', rule['record']))
                else:
                    for name, labels in SELECTOR.findall(rule['expr']):
                        found.append(Asked(f'{path.name}: {rule["alert"]}', name + labels))
    return found


class Load:
    """Sells, and asks what became of it, until it is told to end."""

    def __init__(self, sell: Callable[[], Any]) -> None:
        self._sell, self._end, self.failure = sell, threading.Event(), ''
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self._end.wait(0.2):  # the pace of the load
                self._sell().poll()
        except Exception as why:  # told by the test that waits
            self.failure = repr(why)

    def end(self) -> None:
        self._end.set()
        self._thread.join()


class Dashboards(StackTest):
    prometheus: ClassVar[Prometheus]

    def test_every_query_of_every_panel_and_rule_returns_data(self) -> None:
        # A tenant with a register of each kind, one that is away, and one without legal force.
        away = self.bit_till()
        away.endpoint = 'http://127.0.0.1:9'  # discard: nobody listens
        store = self.shop(self.bit_till(), self.itkassa_till(), away, ffd='1.05')
        trial = self.bit_till(test=True)
        trial.test = True
        trials = self.shop(trial)
        prometheus = Prometheus(self.stack)
        self.addCleanup(prometheus.stop)
        sales = [store.accepted() for _ in range(8)] + [trials.accepted()]
        load = Load(store.accepted)
        self.addCleanup(load.end)
        self.all_done(sales, ALL_TILLS_S)

        asked = panels(store.name) + rules()
        self.assertGreater(len(asked), 100)
        missing = list(asked)

        def all_answered() -> bool:
            missing[:] = [one for one in missing if not prometheus.query(one.expression)]
            return not missing or bool(load.failure)

        def without() -> str:
            return '\n' + '\n'.join(f'{one.who}: {one.expression}' for one in missing)

        eventually(all_answered, 'every query returns data', WITHIN_S, seen=without)
        self.assertEqual(load.failure, '')
        print(f'{len(asked)} queries of panels and rules, all with data', file=sys.stderr)

    def test_no_rule_fails(self) -> None:
        prometheus = Prometheus(self.stack)
        self.addCleanup(prometheus.stop)

        def judged() -> list[dict[str, Any]]:
            rules = [rule for group in prometheus.ask('rules')['groups'] for rule in group['rules']]
            return rules if all(rule['health'] != 'unknown' for rule in rules) else []

        for rule in eventually(judged, 'every rule was judged'):
            self.assertEqual(rule['health'], 'ok', rule)


if __name__ == '__main__':
    unittest.main()
