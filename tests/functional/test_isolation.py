#!/usr/bin/python3
"""One register, portal or tenant does not slow or see another (I5, I6, I7)."""

import json
import unittest

from harness.case import StackTest
from harness.waiting import eventually

SERVICES = ('ingress', 'fiscalizer', 'status', 'registry', 'edge')


class Isolation(StackTest):
    def test_a_register_that_hangs_does_not_slow_another(self):
        hung, good = self.bit_till(), self.bit_till()
        slow_shop, shop = self.shop(hung), self.shop(good)
        slow_shop.accepted().reaches('done')
        hung.arm('slow_answer', count=None, match={'type': 'kktReceiptFiscalization'}, delay_s=1.5)
        waiting = [slow_shop.accepted() for _ in range(5)]
        sales = [shop.accepted() for _ in range(10)]
        self.all_done(sales)
        self.assertTrue(any(sale.state() != 'done' for sale in waiting), 'the other register was done first')
        self.all_done(waiting)

    def test_a_cloud_that_does_not_answer_does_not_slow_a_driver(self):
        silent, good = self.itkassa_till(), self.bit_till()
        silent_shop, shop = self.shop(silent), self.shop(good)
        silent.arm('slow_answer', count=None, delay_s=30)
        for operation in ('query', 'query_by_key', 'registers'):
            silent.arm('slow_answer', count=None, match={'operation': operation}, delay_s=30)
        stuck = silent_shop.accepted()
        self.all_done([shop.accepted() for _ in range(5)])
        self.assertNotEqual(stuck.state(), 'done')
        silent.disarm()
        stuck.reaches('done')

    def test_names_that_do_not_resolve_hold_up_no_other_tenants_registers(self):
        """64 of them, while each look-up of one takes longer than a sale may."""
        good = self.bit_till()
        good.endpoint = good.endpoint.replace('127.0.0.1', 'localhost')
        dead = [self.bit_till() for _ in range(64)]
        for number, till in enumerate(dead):
            till.endpoint = f'http://kkt-{number}.dead.example:8080'
        self.addCleanup(self.stack.up)
        self.addCleanup(self.stack.kill, 'fiscalizer')
        self.stack.restart('fiscalizer', preload='tests/libslow_names.so')
        dead_shop = self.shop(*dead)
        waiting = dead_shop.accepted()
        for till in dead[:3]:
            eventually(lambda: self.stack.register(till.id), 'somebody drives it')
        shop = self.shop(good)
        self.all_done([shop.accepted() for _ in range(3)])
        self.assertEqual(waiting.state(), 'queued')

    def test_another_installations_uuid_is_told_to_wait(self):
        one, other = self.shop(self.bit_till()), self.shop(self.bit_till())
        sale = one.accepted()
        sale.reaches('done')
        self.assertEqual(other.check_url(sale.uuid).json()['STATUS'], 'WAIT')

    def test_lists_of_one_tenant_show_nothing_of_another(self):
        one, other = self.shop(self.bit_till()), self.shop(self.bit_till())
        mine, foreign = one.accepted(), other.accepted()
        self.all_done([mine, foreign])
        listed = json.dumps(self.stack.kassactl_json('receipts', 'list', '--tenant', one.name))
        self.assertIn(mine.uuid, listed)
        self.assertNotIn(foreign.uuid, listed)

    def test_no_secret_reaches_a_log_or_a_record_of_ours(self):
        bit, cloud = self.bit_till(), self.itkassa_till()
        shops = [self.shop(bit), self.shop(cloud)]
        bit.arm('lose_answer', match={'type': 'kktReceiptFiscalization'})
        cloud.arm('wrong_token')
        sales = [shop.accepted() for shop in shops]
        sales[0].reaches('uncertain')
        sales[1].reaches('done')
        shops[0].sell(token='wrong')
        secrets = [
            shops[0].secret,
            shops[1].secret,
            shops[0].token,
            shops[1].token,
            bit.key,
            cloud.api_key,
            cloud.callback_key,
        ]
        text = ''.join(self.stack.log(name) for name in SERVICES)
        self.assertIn(sales[0].uuid, text, 'the logs are the right ones')
        for secret in secrets:
            self.assertNotIn(secret, text)

    def test_a_portals_posts_are_counted_for_its_own_tenant(self):
        shop = self.shop(self.bit_till())
        shop.accepted().reaches('done')
        eventually(lambda: f'tenant="{shop.name}"' in self.stack.metrics('ingress'), 'the tenant is counted')


if __name__ == '__main__':
    unittest.main()
