#!/usr/bin/python3
"""The journal's own disasters, under two fiscalizers (I1, I2; exactly-once.md 17)."""

import json
import unittest

from chaos_case import ChaosTest
from harness.postgres import Postgres
from harness.waiting import eventually

WORKERS = ('fiscalizer', 'fiscalizer-2')


class Journal(ChaosTest):
    fiscalizers = 2

    def setUp(self):
        super().setUp()
        self.postgres = Postgres(self.stack)
        self.logged = {name: len(self.stack.log(name)) for name in WORKERS}
        self.shops = [self.shop(till) for till in (self.bit_till(), self.itkassa_till(), self.bit_till())]

    def told(self, event):
        """What the fiscalizers logged under that name in this test."""
        lines = [line for name in WORKERS for line in self.stack.log(name)[self.logged[name] :].splitlines()]
        return [json.loads(line) for line in lines if f'"event":"{event}"' in line]

    def sell(self, times=1):
        return [shop.accepted() for _ in range(times) for shop in self.shops]

    def all_end_well(self, sales):
        """Done, with a person who has the paper in hand where only a person can know."""

        def ended():
            for sale in sales:
                if sale.state() == 'uncertain' and sale.shop.tills[0].protocol == 'bit':
                    sale.person(*self.answer(sale))
            return all(sale.state() == 'done' for sale in sales)

        eventually(ended, 'every receipt is done', 240, seen=lambda: {sale.uuid: sale.show() for sale in sales})
        for sale in sales:
            self.assertEqual(sale.show()['fiscal']['fd'], sale.document()['fd'])

    @staticmethod
    def answer(sale):
        paper = sale.document()
        if not paper:
            return 'resolve', '--not-printed', '--yes'
        return 'resolve', '--printed', '--fn', paper['fn'], '--fd', str(paper['fd']), '--fp', paper['fp'], '--yes'

    def test_a_restored_base_backup_prints_nothing_twice(self):
        before = self.sell(2)
        self.all_done(before)
        self.postgres.back_up('backup')
        after = self.sell(2)
        self.all_done(after)
        for shop in self.shops:
            shop.tills[0].arm('slow_answer', delay_s=1.5)
        under_way = self.sell(2)
        eventually(lambda: any(sale.requests() for sale in under_way), 'one of them is at a register')
        self.postgres.restore('backup')
        meanwhile = self.sell()
        eventually(lambda: self.told('alarm.journal_taken_back'), 'the journal is taken back', 120)
        self.assertTrue(self.told('alarm.journal_behind'))
        self.all_end_well(before + after + under_way + meanwhile)
        self.all_done(self.sell())

    def test_a_failover_to_a_synchronous_standby_loses_nothing_and_goes_on(self):
        self.postgres.have_standby()
        eventually(lambda: self.told('journal.standby_in_sync'), 'the fiscalizers know it')
        sales = self.sell(2)
        self.all_done(sales)
        for shop in self.shops:
            shop.tills[0].arm('slow_answer', delay_s=1.0)
        sales += self.sell(2)
        eventually(lambda: any(sale.requests() for sale in sales[6:]), 'one of them is at a register')
        self.postgres.fail_over()
        sales += self.sell(2)
        self.all_end_well(sales)
        self.assertFalse(self.told('alarm.journal_behind'))
        self.all_done(self.sell())

    def test_outcomes_told_again_fill_a_view_that_has_lost_its_own(self):
        sales = self.sell(2)
        self.all_done(sales)
        self.postgres.sql('truncate status.receipts, status.posts')
        self.assertIsNone(sales[0].show())
        for _ in range(2):  # it may be repeated
            self.stack.tool('fiscalizer', 'republish')
        self.all_done(sales)
        self.all_done(self.sell())


if __name__ == '__main__':
    unittest.main()
