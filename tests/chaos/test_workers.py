#!/usr/bin/python3
"""Two fiscalizers, one killed or paused: who holds the shard prints, never both (I1, I8; exactly-once.md 3, 4)."""

import unittest

from chaos_case import ChaosTest
from harness.waiting import eventually

WORKERS = ('fiscalizer', 'fiscalizer-2')


class Workers(ChaosTest):
    fiscalizers = 2

    def process_of(self, till, sale):
        """The process in whose log the receipt was opened."""
        return eventually(
            lambda: next((name for name in WORKERS if sale.uuid in self.opened(name)), None),
            'a worker has opened the receipt',
        )

    def opened(self, name):
        return '\n'.join(line for line in self.stack.log(name).splitlines() if 'attempt.opened' in line)

    def shops(self, count):
        tills = [self.itkassa_till() if number % 2 else self.bit_till() for number in range(count)]
        return [self.shop(till) for till in tills]

    def test_both_work_and_each_receipt_is_printed_once(self):
        shops = self.shops(6)
        sales = [shop.accepted() for _ in range(5) for shop in shops]
        self.all_done(sales)
        for name in WORKERS:
            self.assertTrue(any(sale.uuid in self.opened(name) for sale in sales), f'{name} has printed nothing')

    def test_a_paused_worker_prints_nothing_when_it_wakes_up_after_its_shards_were_taken(self):
        for protocol in ('bit', 'itkassa'):
            with self.subTest(protocol):
                till = self.new_till(protocol)
                shop = self.shop(till)
                first = shop.accepted()
                first.reaches('done')
                owner = self.process_of(till, first)
                sales = [shop.accepted() for _ in range(5)]
                self.pause(owner)
                more = [shop.accepted() for _ in range(3)]
                # The other one takes over and goes on.
                more[-1].reaches('done', 120) if protocol == 'itkassa' else more[-1].printed(120)
                self.stack.resume(owner)
                self.recover()
                last = shop.accepted()
                self.ends_well([*sales, *more, last])

    def test_a_worker_paused_with_a_receipt_at_the_driver(self):
        till = self.bit_till()
        shop = self.shop(till)
        first = shop.accepted()
        first.reaches('done')
        owner = self.process_of(till, first)
        till.arm('slow_answer', match={'type': 'kktReceiptFiscalization'}, delay_s=1)
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

    def test_a_killed_workers_pools_are_taken_over_without_it_coming_back(self):
        shops = self.shops(4)
        for shop in shops:
            shop.accepted().reaches('done')
        victim = self.random.choice(WORKERS)
        print(f'  killed: {victim}', flush=True)
        self.stack.kill(victim)
        sales = [shop.accepted() for _ in range(3) for shop in shops]
        self.all_done(sales)

    def test_pauses_and_deaths_in_random_order(self):
        shops = self.shops(4)
        sales = []
        for _ in range(4):
            sales += [shop.accepted() for _ in range(3) for shop in shops]
            victim, action = self.random.choice(WORKERS), self.random.choice(('kill', 'pause'))
            print(f'  {action}: {victim}', flush=True)
            if action == 'kill':
                self.stack.kill(victim)
            else:
                self.pause(victim)
                witness = self.random.choice(shops).accepted()
                sales.append(witness)
                witness.printed(120)
                self.stack.resume(victim)
            self.recover()
        sales += [shop.accepted() for shop in shops]
        self.ends_well(sales)


if __name__ == '__main__':
    unittest.main()
