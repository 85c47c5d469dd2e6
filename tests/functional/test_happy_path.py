#!/usr/bin/python3
"""A receipt printed on either protocol: once, with the register's own attributes everywhere (I1, I4)."""

import unittest

from harness.case import StackTest
from harness.waiting import eventually

ITKASSA_FIXTURES = (
    'sell-cash',
    'sellreturn',
    'advancepayment',
    'fullprepayment',
    'credit',
    'sell-from-deal-odd-kopecks',
)
REFUSED_FIXTURES = ('sell-marked-without-code', 'sell-empty-settings-no-number')
BIT_FIXTURES = (
    'sell-cash',
    'sellreturn',
    'advancepayment',
    'advancereturn',
    'prepayment-scaled-lines',
    'prepaymentreturn-scaled-lines',
    'fullprepayment',
    'fullprepaymentreturn',
    'credit',
    'creditreturn',
    'creditpayment',
    'creditpaymentreturn-without-payment-method',
    'sell-agent-supplier',
    'sell-from-deal-odd-kopecks',
    'sell-two-goods-discount-delivery',
    'sell-marked-two-units',
)
RETURNS = (
    'sellreturn',
    'advancereturn',
    'prepaymentreturn-scaled-lines',
    'fullprepaymentreturn',
    'creditreturn',
    'creditpaymentreturn-without-payment-method',
)


class HappyPath(StackTest):
    def tells_the_ledgers_attributes(self, sale, with_receipt_number):
        shown = sale.reaches('done')
        signed = sale.document()
        fiscal = shown['fiscal']
        self.assertEqual(
            (fiscal['fn'], int(fiscal['fd']), int(fiscal['fp']), int(fiscal['shift']), fiscal['registrationNumber']),
            (signed['fn'], signed['fd'], int(signed['fp']), signed['shift'], signed['registration_number']),
        )
        check = sale.check_url()
        portal = sale.portal_says('Y')
        self.assertEqual(portal['how'], 'push')
        for told in (check, portal['attributes']):
            self.assertEqual(
                (
                    told['FN_NUMBER'],
                    int(told['FISCAL_DOC_NUMBER']),
                    int(told['FISCAL_DOC_ATTR']),
                    int(told['SHIFT_NUMBER']),
                ),
                (signed['fn'], signed['fd'], int(signed['fp']), signed['shift']),
            )
            self.assertEqual(
                (told['REG_NUMBER_KKT'], int(told['PRINT_END_TIME'])),
                (signed['registration_number'], signed['printed_at']),
            )
            number = told.get('FISCAL_RECEIPT_NUMBER')
            self.assertEqual(number and int(number), signed['receipt_number'] if with_receipt_number else None)
        self.assertEqual(check['STATUS'], 'DONE')
        eventually(lambda: (sale.show() or {}).get('pushedAt'), 'the push is remembered')

    def test_itkassa_prints_once_and_the_portal_is_told_the_registers_attributes(self):
        shop = self.shop(self.itkassa_till())
        for fixture in ITKASSA_FIXTURES:
            with self.subTest(fixture):
                sale = shop.accepted(fixture)
                self.tells_the_ledgers_attributes(sale, with_receipt_number=False)
                self.assertEqual(sale.document()['sign'], 2 if fixture in RETURNS else 1)

    def test_bit_prints_once_and_the_portal_is_told_the_registers_attributes(self):
        shop = self.shop(self.bit_till())
        sales = {fixture: shop.accepted(fixture) for fixture in BIT_FIXTURES}
        for fixture, sale in sales.items():
            with self.subTest(fixture):
                self.tells_the_ledgers_attributes(sale, with_receipt_number=True)
                self.assertEqual(sale.document()['sign'], 2 if fixture in RETURNS else 1)

    def test_a_repeated_post_gets_the_same_uuid_and_is_printed_once(self):
        for protocol in ('itkassa', 'bit'):
            with self.subTest(protocol):
                shop = self.shop(self.new_till(protocol))
                sale = shop.accepted()
                self.assertEqual(sale.post_again(), {'UUID': sale.uuid})
                sale.reaches('done')
                self.assertEqual(sale.post_again(), {'UUID': sale.uuid})
                later = shop.accepted()  # what was posted before it has passed the queue
                later.reaches('done')
                self.assertEqual(len(sale.requests()), 1)

    def test_a_register_prints_in_the_order_of_the_checks_one_at_a_time(self):
        for protocol in ('itkassa', 'bit'):
            with self.subTest(protocol):
                shop = self.shop(till := self.new_till(protocol))
                sales = [shop.accepted() for _ in range(8)]
                self.all_done(sales)
                self.assertEqual([row['contact'] for row in till.receipts()], [sale.contact for sale in sales])
                self.never_two_in_flight(till)

    def never_two_in_flight(self, till):
        """I8: each request comes after the register has answered the one before."""
        finished = 'result'
        open_requests = 0
        for row in sorted(till.rows('request') + till.rows(finished), key=lambda each: each['row']):
            open_requests += 1 if row['event'] == 'request' else -1
            self.assertIn(open_requests, (0, 1), row)

    def test_two_registers_of_a_pool_share_its_queue(self):
        slow, quick = self.bit_till(), self.bit_till()
        shop = self.shop(slow, quick)
        slow.arm('slow_answer', count=None, delay_s=1.5)
        sales = [shop.accepted() for _ in range(10)]
        self.all_done(sales)
        self.assertGreater(len(quick.receipts()), len(slow.receipts()))
        self.assertEqual(len(shop.documents()), 10)

    def test_two_portals_posts_of_one_number_are_two_receipts(self):
        one, other = self.shop(self.bit_till()), self.shop(self.bit_till())
        first, second = one.accepted(unique_id='77'), other.accepted(unique_id='77')
        self.assertNotEqual(first.uuid, second.uuid)
        self.all_done([first, second])


if __name__ == '__main__':
    unittest.main()
