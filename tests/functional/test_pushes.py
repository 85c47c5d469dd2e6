#!/usr/bin/python3
"""The portal is told as soon as there is an outcome, whatever its REST side does (bitrix24.md §8, §11)."""

import unittest
from typing import Any

from harness.case import StackTest
from harness.waiting import eventually


class Pushes(StackTest):
    def setUp(self):
        self.till = self.bit_till()
        self.store = self.shop(self.till)

    def is_remembered(self, sale):
        eventually(lambda: (sale.show() or {}).get('pushedAt'), 'the push is remembered', seen=sale.show)

    def test_a_push_is_repeated_until_the_portal_took_it(self):
        faults: dict[str, dict[str, Any]] = {
            'http_status': {'status': 503},
            'offline': {},
            'operation_time_limit': {},
            'drop_after_apply': {},
            'expired_token': {},
            'http_status with rubbish': {'status': 200, 'body': '<html>'},
        }
        for fault, parameters in faults.items():
            with self.subTest(fault):
                self.store.arm_portal(fault.partition(' ')[0], count=2, **parameters)
                sale = self.store.accepted()
                self.assertEqual(sale.portal_says('Y')['how'], 'push')
                self.is_remembered(sale)

    def test_a_moved_portal_is_followed_with_the_body(self):
        self.store.arm_portal(
            'redirect', location=f'{self.store.portal}/rest/1/{self.store.name}/sale.cashbox.check.apply'
        )
        sale = self.store.accepted()
        self.assertEqual(sale.portal_says('Y')['how'], 'push')

    def test_a_redirect_to_a_host_that_is_none_of_the_portals_gets_no_credentials_and_loses_nothing(self):
        self.store.arm_portal('redirect', location='http://renamed.invalid/rest/1/x/sale.cashbox.check.apply')
        sale = self.store.accepted()
        sale.reaches('done')
        self.assertEqual(sale.check_url()['STATUS'], 'DONE')

    def test_what_is_pushed_is_acknowledged_once(self):
        sale = self.store.accepted()
        self.is_remembered(sale)
        later = self.store.accepted()
        self.is_remembered(later)
        self.assertEqual(len([row for row in self.store.pushes() if row['uuid'] == sale.uuid]), 1)

    def test_a_failure_is_pushed_as_an_error_and_a_re_print_waits(self):
        shop = self.shop(self.itkassa_till(), vat={'2': '22'})  # a rate its protocol has no name for
        sale = shop.accepted('sell-two-goods-discount-delivery')
        self.assertEqual(sale.portal_says('E')['attributes'], {})
        self.assertEqual(sale.check_url()['STATUS'], 'ERROR')

    def test_a_portal_that_is_away_is_told_by_check_url(self):
        self.store.arm_portal('offline', count=None)
        sale = self.store.accepted()
        sale.reaches('done')
        polled = sale.poll()
        self.assertEqual((polled['state'], polled['how']), ('Y', 'poll'))
        self.assertEqual(sale.at_portal()['attributes']['FISCAL_DOC_NUMBER'], str(sale.document()['fd']))

    def test_one_portals_limit_does_not_slow_another(self):
        self.store.arm_portal('http_status', count=None, status=503)
        for _ in range(5):
            self.store.accepted()
        other = self.shop(self.bit_till())
        sale = other.accepted()
        sale.portal_says('Y')
        self.assertTrue(all(row['status'] == 503 for row in self.store.pushes()))


if __name__ == '__main__':
    unittest.main()
