#!/usr/bin/python3
"""kill -9 of any service on the way, then ./dev up: the same end, at most one document a check (I1, I2)."""

import unittest

from chaos_case import ChaosTest, Deaths
from harness.waiting import eventually
from harness.wire import call

SERVICES = ('ingress', 'fiscalizer', 'status', 'registry')


class Crashes(Deaths, ChaosTest):
    def shops(self):
        tills = [self.itkassa_till(), self.bit_till()]
        shops = [self.shop(till) for till in tills]
        for shop in shops:
            shop.accepted().reaches('done')
        return shops

    def survives_the_death_of(self, service):
        shops = self.shops()
        sales = [shop.accepted() for _ in range(10) for shop in shops]
        printed = self.random.randrange(1, 12)
        eventually(lambda: sum(len(shop.documents()) for shop in shops) >= printed, 'some are printed')
        self.stack.kill(service)
        self.recover()
        sales += [shop.accepted() for shop in shops]  # it works again; for BIT they are probes too
        self.ends_well(sales)
        for sale in sales:
            if sale.state() == 'done':
                sale.portal_says('Y')

    def test_registry_is_killed(self):
        self.survives_the_death_of('registry')

    def test_all_services_are_killed_at_once(self):
        shops = self.shops()
        sales = [shop.accepted() for _ in range(6) for shop in shops]
        for service in SERVICES:
            self.stack.kill(service)
        self.recover()
        sales += [shop.accepted() for shop in shops]
        self.ends_well(sales)

    def test_a_worker_that_dies_with_a_receipt_at_the_driver_leaves_it_uncertain(self):
        till = self.bit_till()
        shop = self.shop(till)
        shop.accepted().reaches('done')
        till.arm('slow_answer', match={'type': 'kktReceiptFiscalization'}, delay_s=30)
        sale = shop.accepted()
        sale.printed()
        self.stack.kill('fiscalizer')
        self.recover()
        sale.reaches('uncertain')
        shop.accepted().reaches('done')
        self.assertEqual((sale.state(), len(sale.requests())), ('uncertain', 1))

    def test_a_register_whose_probe_is_lost_too_waits_for_a_person(self):
        till = self.bit_till()
        shop = self.shop(till)
        shop.accepted().reaches('done')
        sales = []
        for _ in range(2):
            till.arm('slow_answer', match={'type': 'kktReceiptFiscalization'}, delay_s=30)
            sales.append(shop.accepted())
            sales[-1].printed()
            self.stack.kill('fiscalizer')
            self.recover()
            sales[-1].reaches('uncertain')
        sales.append(shop.accepted())
        self.ends_well(sales)
        self.assertEqual(sales[-1].state(), 'done')

    def test_a_worker_that_dies_with_a_receipt_in_the_cloud_asks_for_it_and_prints_once(self):
        till = self.itkassa_till()
        shop = self.shop(till)
        for fault, parameters in {'slow_answer': {'delay_s': 30}, 'swallow_request': {}}.items():
            with self.subTest(fault):
                till.arm(fault, **parameters)
                sale = shop.accepted()
                eventually(sale.requests, 'the cloud was asked')
                self.stack.kill('fiscalizer')
                self.recover()
                sale.reaches('done')
                self.assertEqual(len({row['key'] for row in sale.requests()}), 1)

    def test_a_push_survives_the_death_of_status(self):
        shop = self.shop(self.bit_till())
        shop.arm_portal('offline', count=None)
        sale = shop.accepted()
        sale.reaches('done')
        self.stack.kill('status')
        self.recover()
        call('DELETE', f'{shop.portal}/_sim/faults')
        self.assertEqual(sale.portal_says('Y')['how'], 'push')

    def test_a_random_order_of_deaths(self):
        shops = self.shops()
        sales = []
        for _ in range(4):
            sales += [shop.accepted() for _ in range(3) for shop in shops]
            victims = self.random.sample(SERVICES, self.random.randrange(1, 4))
            print(f'  killed: {", ".join(victims)}', flush=True)
            for victim in victims:
                self.stack.kill(victim)
            self.recover()
        sales += [shop.accepted() for shop in shops]
        self.ends_well(sales)


if __name__ == '__main__':
    unittest.main()
