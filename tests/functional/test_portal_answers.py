#!/usr/bin/python3
"""PRINT_URL and CHECK_URL answer HTTP 200 with an object in the portal's form, whatever comes (I3)."""

import json
import pathlib
import re
import unittest

from harness.case import StackTest
from harness.wire import portal_post, raw_exchange

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / 'fixtures' / 'print-url'
UNKNOWN = '11111111-2222-4333-8444-555555555555'


def body_of(fixture, shop, **changes):
    """A fixture's bytes for this shop; `changes` replace raw values by raw key."""
    body = (FIXTURES / f'{fixture}.http').read_bytes().partition(b'\r\n\r\n')[2].decode('ascii')
    body = body.replace('%5BTOKEN%5D=kx', f'%5BTOKEN%5D={shop.token}')
    for key, value in changes.items():
        body = re.sub(rf'(^|&){re.escape(key)}=[^&]*', rf'\g<1>{key}={value}', body)
    return body.encode('ascii')


class PortalAnswers(StackTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()

    def setUp(self):
        self.till = self.bit_till()
        self.store = self.shop(self.till)

    def assert_refused(self, answer):
        self.assertEqual(answer.problem(), '', answer.raw)
        said = answer.json()
        self.assertNotIn('UUID', said)
        self.assertTrue(
            isinstance(said.get('ERRORS'), list)
            and said['ERRORS']
            and all(isinstance(each, str) and each for each in said['ERRORS']),
            said,
        )
        text = json.dumps(said, ensure_ascii=False)
        self.assertNotIn(self.store.token, text)
        self.assertNotIn(self.store.secret, text)

    def test_every_bad_print_url_post_is_refused_with_errors_and_nothing_is_printed(self):
        good = body_of('sell-cash', self.store)
        cases = {
            'wrong token': body_of('sell-cash', self.store, **{'cashbox_params%5BGATEWAY%5D%5BTOKEN%5D': 'wrong'}),
            'no token': good.partition(b'&cashbox_params')[0],
            'unknown cashbox': body_of('sell-cash', self.store, number_kkm='box-2'),
            'no cashbox number': body_of('sell-empty-settings-no-number', self.store),
            'marked goods without a code': body_of('sell-marked-without-code', self.store),
            'unknown type': body_of('sell-cash', self.store, type='gift'),
            'sums that do not agree': body_of('sell-cash', self.store, total_sum='451'),
            'negative total': body_of('sell-cash', self.store, total_sum='-450'),
            'rubles that are no number': body_of('sell-cash', self.store, total_sum='450x'),
            'unknown VAT record': body_of('sell-cash', self.store, **{'items%5B0%5D%5Bvat%5D': '99'}),
            'no unique_id': body_of('sell-cash', self.store, unique_id=''),
            'another currency': body_of('sell-cash', self.store, currency='USD'),
            'sign against the type': body_of(
                'sell-cash', self.store, calculated_sign='consumption', operation='consumption'
            ),
            'no items': re.sub(rb'items[^&]*&', b'', good),
            'empty': b'',
            'broken percent': b'items%5B0%5D=%zz',
            'not a form': b'\x00\xff' * 100,
            'JSON': b'{"type": "sell"}',
            'too deep': b'a' + b'%5Bb%5D' * 200 + b'=1',
            'too many pairs': b'&'.join(b'x%d=1' % number for number in range(200_000)),
            'too large': b'type=' + b'x' * (5 << 20),
        }
        for name, body in cases.items():
            with self.subTest(name):
                self.assert_refused(portal_post(self.store.url('print'), body))
        for name, (url, method) in {
            'unknown secret': (self.store.url('print', secret='beef' * 4), 'POST'),
            'GET': (self.store.url('print'), 'GET'),
        }.items():
            with self.subTest(name):
                self.assert_refused(portal_post(url, good, method))
        self.assertEqual(self.till.rows('request'), [])

    def test_a_refused_check_can_be_printed_again_once_it_is_right(self):
        sale = self.store.sell(token='wrong')
        self.assertEqual(sale.at_portal()['state'], 'E')
        again = sale.print_again(token=self.store.token)
        self.assertEqual(again['state'], 'P')
        sale.reaches('done')
        sale.portal_says('Y')

    def test_every_unexpected_check_url_post_is_told_to_wait(self):
        other = self.shop(self.bit_till())
        done = other.accepted()
        done.reaches('done')
        url = self.store.url('check')
        cases = {
            'unknown UUID': (url, b'uuid=' + UNKNOWN.encode()),
            'empty body': (url, b''),
            'empty UUID': (url, b'uuid='),
            'not a UUID': (url, b'uuid=1'),
            'upper-case key': (url, b'UUID=' + UNKNOWN.encode()),
            'rubbish': (url, b'\xff\x00%zz'),
            'too large': (url, b'uuid=' + b'x' * (5 << 20)),
            "another installation's receipt": (url, f'uuid={done.uuid}'.encode()),
            'unknown secret': (self.store.url('check', secret='beef' * 4), f'uuid={done.uuid}'.encode()),
        }
        for name, (where, body) in cases.items():
            with self.subTest(name):
                answer = portal_post(where, body)
                self.assertEqual(
                    (answer.problem(), answer.json()['STATUS'] if not answer.problem() else ''),
                    ('', 'WAIT'),
                    answer.raw,
                )
        answer = portal_post(url, b'', method='GET')
        self.assertEqual((answer.problem(), answer.json().get('STATUS')), ('', 'WAIT'))

    def test_no_interim_answer_is_ever_sent(self):
        body = body_of('sell-cash', self.store, unique_id='900001')
        head = (
            f'POST /b24/{self.store.secret}/print HTTP/1.1\r\nHost: gateway\r\n'
            'Connection: close\r\nExpect: 100-continue\r\n'
            f'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n'
        )
        answer = raw_exchange(self.store.url('print'), head.encode() + b'type=rubbish'.ljust(len(body), b'x'))
        self.assert_refused(answer)


if __name__ == '__main__':
    unittest.main()
