#!/usr/bin/python3
"""A service dies at one certain moment; deaths at any moment are in the cycles of `run.py`."""

import unittest

from chaos_case import ChaosTest
from harness.waiting import eventually
from harness.wire import call

RECEIPT = {'type': 'kktReceiptFiscalization'}


class Crashes(ChaosTest):
    def crash(self, service):
        self.stack.kill(service)
        self.recover()

    def dies_with_a_receipt_at_the_driver(self, till, shop):
        till.arm('slow_answer', match=RECEIPT, delay_s=30)
        sale = shop.accepted()
        sale.printed()
        self.crash('fiscalizer')
        sale.reaches('uncertain')
        return sale

    def test_a_worker_that_dies_with_a_receipt_at_the_driver_leaves_it_uncertain(self):
        till = self.bit_till()
        shop = self.shop(till)
        shop.accepted().reaches('done')
        sale = self.dies_with_a_receipt_at_the_driver(till, shop)
        shop.accepted().reaches('done')
        self.assertEqual((sale.state(), len(sale.requests())), ('uncertain', 1))

    def test_a_register_whose_probe_is_lost_too_waits_for_a_person(self):
        till = self.bit_till()
        shop = self.shop(till)
        shop.accepted().reaches('done')
        first, second = (self.dies_with_a_receipt_at_the_driver(till, shop) for _ in range(2))
        last = shop.accepted()
        eventually(lambda: not self.stack.register_is_up(till.id), 'the register stands')
        first.resolve(first.document())
        last.reaches('done')
        self.assertEqual((first.state(), second.state(), len(second.requests())), ('done', 'uncertain', 1))

    def test_a_worker_that_dies_with_a_receipt_in_the_cloud_asks_for_it_and_prints_once(self):
        till = self.itkassa_till()
        shop = self.shop(till)
        for fault, parameters in {'slow_answer': {'delay_s': 30}, 'swallow_request': {}}.items():
            with self.subTest(fault):
                till.arm(fault, **parameters)
                sale = shop.accepted()
                eventually(sale.requests, 'the cloud was asked')
                self.crash('fiscalizer')
                sale.reaches('done')
                self.assertEqual(len({row['key'] for row in sale.requests()}), 1)

    def test_a_push_survives_the_death_of_status(self):
        shop = self.shop(self.bit_till())
        shop.arm_portal('offline', count=None)
        sale = shop.accepted()
        sale.reaches('done')
        self.crash('status')
        call('DELETE', f'{shop.portal}/_sim/faults')
        self.assertEqual(sale.portal_says('Y')['how'], 'push')


if __name__ == '__main__':
    unittest.main()
