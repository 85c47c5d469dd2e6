#!/usr/bin/python3
"""Two fiscalizers, one stopped at a certain moment: who holds the shard prints, never both (I1, I8; exactly-once.md 3, 4)."""

import shutil
import unittest

from chaos_case import ChaosTest
from freezer import Freezer
from harness.waiting import eventually

WORKERS = ('fiscalizer', 'fiscalizer-2')
RECEIPT = {'type': 'kktReceiptFiscalization'}


class Workers(ChaosTest):
    fiscalizers = 2

    def owner_of(self, sale):
        """The process in whose log the receipt was opened."""
        return eventually(
            lambda: next((name for name in WORKERS if sale.uuid in self.opened(name)), None),
            'a worker has opened the receipt',
        )

    def opened(self, name):
        return '\n'.join(line for line in self.stack.log(name).splitlines() if 'attempt.opened' in line)

    def busy_shop(self, protocol):
        """With its register, and the worker that drives it."""
        till = self.new_till(protocol)
        shop = self.shop(till)
        first = shop.accepted()
        first.reaches('done')
        return till, shop, self.owner_of(first)

    def ends_well(self, sales):
        """Done, each with its document; of BIT's, one whose answer was lost may be left to a person."""

        def rest():
            states = [sale.state() for sale in sales]
            return all(state in ('done', 'uncertain') for state in states) and states.count('uncertain') <= 1

        eventually(rest, 'every receipt has come to rest', 180, seen=lambda: [sale.show() for sale in sales])
        for sale in sales:
            if sale.state() == 'done':
                self.assertEqual(sale.show()['fiscal']['fn'], sale.document()['fn'])
            else:
                self.assertEqual({till.protocol for till in sale.shop.tills}, {'bit'}, 'the cloud can be asked')
                self.assertEqual(sale.check_url()['STATUS'], 'WAIT')

    def test_both_work_and_each_receipt_is_printed_once(self):
        tills = [self.itkassa_till() if number % 2 else self.bit_till() for number in range(6)]
        shops = [self.shop(till) for till in tills]
        sales = [shop.accepted() for _ in range(5) for shop in shops]
        self.all_done(sales)
        for name in WORKERS:
            self.assertTrue(any(sale.uuid in self.opened(name) for sale in sales), f'{name} has printed nothing')

    def test_a_paused_worker_prints_nothing_when_it_wakes_up_after_its_shards_were_taken(self):
        for protocol in ('bit', 'itkassa'):
            with self.subTest(protocol):
                _, shop, owner = self.busy_shop(protocol)
                sales = [shop.accepted() for _ in range(5)]
                self.pause(owner)
                more = [shop.accepted() for _ in range(3)]
                # The other one takes over and goes on.
                more[-1].reaches('done', 120) if protocol == 'itkassa' else more[-1].printed(120)
                self.stack.resume(owner)
                self.recover()
                self.ends_well([*sales, *more, shop.accepted()])

    def test_a_worker_paused_with_a_receipt_at_the_driver(self):
        till, shop, owner = self.busy_shop('bit')
        till.arm('slow_answer', match=RECEIPT, delay_s=1)
        sale = shop.accepted()
        sale.printed()
        self.pause(owner)
        probe = shop.accepted()
        probe.printed(120)  # the other worker has asked its probe
        self.stack.resume(owner)
        self.recover()
        # The late "printed" of the first worker is evidence under any epoch (rule 5): done, or still a question.
        self.ends_well([sale, probe])
        self.assertEqual(len(sale.requests()), 1)

    @unittest.skipUnless(shutil.which('strace'), 'strace stops a process at a system call')
    def test_a_worker_stopped_between_arm_and_write_is_ended_by_its_own_timer_and_nothing_leaves(self):
        _, shop, owner = self.busy_shop('bit')
        with Freezer(self.stack.pid(owner)) as freezer:
            sale = shop.accepted()
            eventually(freezer.has_struck, 'it was about to write')
            eventually(lambda: not self.stack.runs(owner), 'its timer has ended it')
        self.assertEqual(sale.requests(), [])
        # The other worker cannot know that nothing left: the quiet time, a probe, and then it is printed.
        probe = shop.accepted()
        self.all_done([probe, sale])
        self.assertEqual(len(sale.requests()), 1)


if __name__ == '__main__':
    unittest.main()
