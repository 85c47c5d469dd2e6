#!/usr/bin/python3
"""A topic deleted and made again while two fiscalizers and status are at work: alarmed, and from then on nothing is lost,
doubled or called an error that is none (exactly-once.md 14, 18)."""

import json
import subprocess
import sys
import unittest

from chaos_case import ChaosTest
from confluent_kafka.admin import AdminClient
from harness.stack import ROOT
from harness.waiting import eventually

RECEIPTS, OUTCOMES = 'kassaflow.receipts', 'kassaflow.outcomes'
READERS = {RECEIPTS: ('fiscalizer', 'fiscalizer-2', 'status'), OUTCOMES: ('status',)}


class Topics(ChaosTest):
    fiscalizers = 2

    def setUp(self):
        super().setUp()
        self.stores = [self.shop(self.bit_till()), self.shop(self.itkassa_till())]

    def accepted(self, count):
        return [store.accepted() for _ in range(count) for store in self.stores]

    def failed(self):
        """A sale the portal may be told ERROR of."""
        till = self.stores[1].tills[0]
        till.arm('fn_full', count=None)
        sale = self.stores[1].accepted()
        sale.reaches('held')
        till.disarm()
        code, _, err = sale.person('fail', '--reason', 'Проверка', '--yes')
        self.assertEqual(code, 0, err)
        eventually(lambda: sale.check_url()['STATUS'] == 'ERROR', 'CHECK_URL says ERROR')
        return sale

    def alarmed(self, topic):
        """How often status has alarmed about it: it is the last that may go on telling what it knew."""
        rows = map(json.loads, self.lines_with('alarm.kafka_log_replaced', 'status'))
        return sum(row['topic'] == topic for row in rows)

    def lines_with(self, event, name):
        """The last line of a process that was killed may be half a line."""
        return [line for line in self.stack.log(name).splitlines() if event in line and line.endswith('}')]

    def make_again(self, topic):
        admin = AdminClient({**self.stack.kafka_properties(), 'log_level': 0})
        admin.delete_topics([topic], operation_timeout=30)[topic].result()
        eventually(lambda: topic not in admin.list_topics(timeout=5).topics, f'{topic} is gone')
        command = [sys.executable, str(ROOT / 'deploy/kafka/topics.py'), '--config', self.stack.env['KAFKA_CONFIG']]
        subprocess.run(command, check=True, timeout=60)

    def publish_all_again(self):
        subprocess.run(
            ['psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', self.stack.env['POSTGRES'], '-c',
             'update fiscalizer.receipts set published_revision = 0'],
            check=True, timeout=60,
        )  # fmt: skip

    def prints(self, store):
        """A sale after the topic came back; the producer may refuse until it has found it."""
        return eventually(lambda: (sale := store.sell()).uuid and sale, 'PRINT_URL accepts again')

    def test_the_receipts_topic_is_made_again(self):
        before = self.accepted(4)
        self.all_done(before)
        failed = self.failed()
        earlier = self.alarmed(RECEIPTS)
        self.make_again(RECEIPTS)
        after = [self.prints(store) for store in self.stores] + self.accepted(8)
        self.all_done(after)
        for sale in after:
            sale.portal_says('Y')
        eventually(lambda: self.alarmed(RECEIPTS) > earlier, 'an alarm')
        self.waits_until_told_again(failed)

    def test_the_receipts_topic_is_made_again_while_its_readers_stand_still(self):
        """It has grown past their positions when they look again."""
        self.all_done(self.accepted(2))
        for name in READERS[RECEIPTS]:
            self.pause(name)
        self.make_again(RECEIPTS)
        after = [self.prints(store) for store in self.stores] + self.accepted(20)
        for name in READERS[RECEIPTS]:
            self.stack.resume(name)
        self.recover()
        self.all_done(after)

    def test_the_outcomes_topic_is_made_again(self):
        before = self.accepted(2)
        self.all_done(before)
        failed = self.failed()
        earlier = self.alarmed(OUTCOMES)
        meanwhile = self.accepted(3)
        self.make_again(OUTCOMES)
        after = self.accepted(4)
        eventually(lambda: self.alarmed(OUTCOMES) > earlier, 'an alarm')
        for sale in before:
            self.assertEqual(sale.check_url()['STATUS'], 'DONE')
        self.waits_until_told_again(failed)
        self.all_done([*meanwhile, *after])
        for sale in [*meanwhile, *after]:
            sale.portal_says('Y')

    def waits_until_told_again(self, failed):
        """What was told before the log was lost is no ground for an ERROR."""
        eventually(lambda: failed.check_url()['STATUS'] == 'WAIT', 'CHECK_URL waits')
        self.publish_all_again()
        eventually(lambda: failed.check_url()['STATUS'] == 'ERROR', 'CHECK_URL says ERROR again')


if __name__ == '__main__':
    unittest.main()
