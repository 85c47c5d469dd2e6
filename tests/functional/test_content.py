#!/usr/bin/python3
"""One check, several posts: the journal decides about content (exactly-once.md 12, 13; bitrix24.md §5.9). And what
real shops post: printed right, or refused with a reason (tests/fixtures/cases)."""

import base64
import secrets
import unittest
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qsl, quote_plus, urlencode

from harness.case import StackTest
from harness.waiting import eventually
from harness.wire import call, portal_post

CASES = Path(__file__).parents[1] / 'fixtures' / 'cases' / 'print-url'
CODE = base64.b64encode(b'010460043993125621JgXJ5.T-9m3xA\x1d93dGVz').decode()
ESCAPED_CODE = base64.b64encode(b'0104680046264732\x1d215l>VEUc\x1d93Is54').decode()
# What stands in the request to a BIT register of FFD 1.2.
PRINTED = {
    '51-lines-of-3-x-33.33': ['"price_1079":33.33,"qty_1023":3', '"price_1079":33.34,"qty_1023":3'],
    'email-idn-domain': ['@xn--80aswg.xn--p1ai'],
    'html-entities': ["MacBook Pro 15'' \\\"Retina\\\" & чехол"],
    'letters-with-marks': ["L'Oreal Paris Creme 50 ml"],
    'marking-escaped-u001d': [ESCAPED_CODE],
    'marking-trailing-blank': [CODE],
    'name-cut-mid-character': ['"Чай зелёный китайский крупнолис"'],
    'screws-10000-x-1.2345': ['"price_1079":1.23,"qty_1023":5500', '"price_1079":1.24,"qty_1023":4500'],
    'supplier-cut-mid-character': ['"ООО \\"Поста"'],
}
REFUSED = {
    'marking-base64': 'base64',
    'marking-brackets': 'контрольная цифра',
    'marking-brackets-ffd105': 'контрольная цифра',
    'marking-russian-layout': 'русские буквы',
}


def post_case(shop, name):
    """Posts an input from real life as a check of this shop; what the gateway answered, and the sale to judge by."""
    raw = parse_qsl((CASES / f'{name}.form').read_bytes().decode(), keep_blank_values=True, encoding='latin-1')
    local, unique_id = secrets.token_hex(6), str(secrets.randbelow(10**9) + 1)
    pairs = []
    for key, value in raw:
        if key == 'client_email':
            value = f'{local}@{value.partition("@")[2]}'
        elif key == 'unique_id':
            value = unique_id
        elif key == 'cashbox_params[GATEWAY][TOKEN]':
            value = shop.token
        pairs.append((key, value))
    total = next(value for key, value in pairs if key == 'total_sum')
    domain = 'xn--80aswg.xn--p1ai' if name == 'email-idn-domain' else 'example.ru'
    sale = SimpleNamespace(contact=f'{local}@{domain}', total_kopecks=int(total) * 100)
    shop.sales.append(sale)
    body = urlencode(pairs, encoding='latin-1', quote_via=quote_plus).encode()
    return portal_post(shop.url('print'), body).json(), sale


class Content(StackTest):
    def test_inputs_of_real_life_are_printed_right_or_refused_with_a_reason(self):
        shop = self.shop(till := self.bit_till())
        for name, reason in REFUSED.items():
            with self.subTest(name):
                said, _ = post_case(shop, name)
                self.assertIn(reason, said['ERRORS'][0])
        for name, texts in PRINTED.items():
            with self.subTest(name):
                said, sale = post_case(shop, name)
                self.assertIn('UUID', said)
                eventually(lambda: till.receipts(contact=sale.contact), f'{name} is printed')
                request = next(row['request'] for row in till.requests() if sale.contact in row['request'])
                for text in texts:
                    self.assertIn(text, request)
        self.assertEqual({path.stem for path in CASES.iterdir()}, {*PRINTED, *REFUSED, 'zero-total'})

    def test_a_zero_total_is_refused_where_no_register_of_the_pool_takes_it(self):
        cloud, both = self.shop(self.itkassa_till()), self.shop(self.itkassa_till(), self.bit_till())
        self.assertIn('total_sum', post_case(cloud, 'zero-total')[0]['ERRORS'][0])
        self.assertIn('UUID', post_case(both, 'zero-total')[0])

    def post_changed(self, sale, **changes):
        """The check's form with other values, as a manager's print-again would send it; the decoded answer."""
        body = sale.at_portal()['body']
        for key, value in changes.items():
            before = next(pair for pair in body.split('&') if pair.startswith(f'{key}='))
            body = body.replace(before, f'{key}={value}')
        answer = portal_post(sale.shop.url('print'), body.encode('latin-1'))
        self.assertEqual(answer.problem(), '', answer.raw)
        return answer.json()

    def other_sum(self, sale):
        """Twice the goods, a second later."""
        date = int(
            next(pair for pair in sale.at_portal()['body'].split('&') if pair.startswith('date_create=')).partition(
                '='
            )[2]
        )
        return {
            'items%5B0%5D%5Bquantity%5D': '4',
            'items%5B0%5D%5Bsum%5D': '900',
            'payments%5B0%5D%5Bsum%5D': '900',
            'total_sum': '900',
            'date_create': str(date + 1),
        }

    def test_a_printed_check_with_other_content_is_refused(self):
        shop = self.shop(till := self.bit_till())
        sale = shop.accepted()
        sale.reaches('done')
        said = self.post_changed(sale, **self.other_sum(sale))
        self.assertTrue(said.get('ERRORS'), said)
        shop.accepted().reaches('done')
        self.assertEqual(len(till.receipts(contact=sale.contact)), 1)

    def test_the_newest_content_of_a_check_never_attempted_is_printed(self):
        till = self.itkassa_till()
        till.arm('offline', count=None)
        shop = self.shop(till)
        sale = shop.accepted()
        self.assertEqual(eventually(sale.show, 'it is known')['state'], 'queued')
        self.assertEqual(self.post_changed(sale, **self.other_sum(sale)), {'UUID': sale.uuid})
        sale.total_kopecks = 90000
        till.disarm()
        sale.reaches('done')

    def test_an_older_post_that_comes_late_replaces_nothing(self):
        till = self.itkassa_till()
        till.arm('offline', count=None)
        shop = self.shop(till)
        sale = shop.accepted()
        self.assertEqual(
            self.post_changed(sale, **(self.other_sum(sale) | {'date_create': '1000000000'})), {'UUID': sale.uuid}
        )
        till.disarm()
        sale.reaches('done')

    def test_a_new_time_alone_is_the_same_check(self):
        shop = self.shop(self.bit_till())
        sale = shop.accepted()
        sale.reaches('done')
        said = self.post_changed(sale, date_create='1999999999', uuid='check%7Canother')
        self.assertEqual(said, {'UUID': sale.uuid})
        self.assertEqual(sale.check_url()['STATUS'], 'DONE')

    def test_content_that_changes_while_it_prints_is_kept_as_a_conflict_and_not_printed(self):
        shop = self.shop(till := self.bit_till())
        shop.accepted().reaches('done')
        till.arm('lose_answer', match={'type': 'kktReceiptFiscalization'})
        sale = shop.accepted()
        sale.reaches('uncertain')
        self.post_changed(sale, **self.other_sum(sale))
        shop.accepted().reaches('done')
        self.assertEqual((len(till.receipts(contact=sale.contact)), len(sale.requests())), (1, 1))
        self.assertEqual(sale.check_url()['STATUS'], 'WAIT')

    def test_a_followed_redirect_posts_the_same_check_twice(self):
        shop = self.shop(self.bit_till())
        body = shop.accepted().at_portal()['body'].encode('latin-1')
        answers = {portal_post(shop.url('print'), body).body for _ in range(5)}
        self.assertEqual(len(answers), 1)
        call('POST', f'{shop.portal}/_sim/poll', {'portal': shop.name})


if __name__ == '__main__':
    unittest.main()
