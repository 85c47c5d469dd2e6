#!/usr/bin/python3
"""kill -9 of a service at any moment of the demo, then ./dev up: the demo's end, at most one document a check (I1, I2)."""

import os
import sys
import unittest

from chaos_case import ChaosTest, Deaths
from harness.stack import ROOT
from harness.waiting import eventually

sys.path.insert(0, str(ROOT / 'scripts'))

import demo


class Demo(Deaths, ChaosTest):
    def setUp(self):
        super().setUp()
        os.environ.update({f'KASSAFLOW_{name}': value for name, value in self.stack.env.items()})
        os.environ['KASSAFLOW_KASSACTL'] = str(self.stack.kassactl_path())
        os.environ['KASSAFLOW_STATE_DIR'] = str(self.stack.state_dir)

    def survives_the_death_of(self, service):
        secrets = demo.apply_configuration()
        before = {protocol: demo.ledger(protocol).keys() for protocol in demo.LEDGERS}
        checks = [
            demo.Check(portal, fixture, shows, secrets[portal])
            for portal, fixture, shows in (*demo.CHECKS, *demo.LAST_CHECKS)
        ]
        posts, documents = self.random.randrange(len(checks) + 1), self.random.randrange(4)
        print(f'  {service} dies after {posts} posts and {documents} documents', flush=True)

        def printed(protocol):
            return demo.ledger(protocol).keys() - before[protocol]

        for at, check in enumerate(checks):
            if at == posts:
                eventually(
                    lambda: sum(len(printed(protocol)) for protocol in demo.LEDGERS) >= min(documents, posts),
                    'some are printed',
                )
                self.stack.kill(service)
            check.post()
        if posts == len(checks):
            self.stack.kill(service)
        self.recover()
        for check in checks:
            eventually(lambda: check.uuid or self.print_again(check), f'{check.name()} is accepted')

        eventually(
            lambda: all(self.rests(check, service) for check in checks),
            'every check has come to rest',
            180,
            seen=lambda: {check.name(): check.state for check in checks},
        )
        for protocol in demo.LEDGERS:
            mine = [check for check in checks if check.protocol == protocol]
            ledger = demo.ledger(protocol)
            for check in mine:
                if check.state != 'uncertain':
                    demo.verify(check, ledger)
            self.assertLessEqual(len(printed(protocol)), len(mine))

    @staticmethod
    def print_again(check):
        """As a manager does with a check in error."""
        portal = os.environ['KASSAFLOW_SIM_PORTAL_URL']
        record = demo.http_json(f'{portal}/_sim/checks/{check.portal}/{check.unique_id}/print-again', {})
        check.uuid = record.get('uuid')
        return check.uuid

    @staticmethod
    def rests(check, killed):
        check.look()
        lost_with_its_worker = killed == 'fiscalizer' and check.protocol == 'bit' and check.state == 'uncertain'
        return check.finished() or lost_with_its_worker


if __name__ == '__main__':
    unittest.main()
