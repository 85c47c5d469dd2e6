#!/usr/bin/python3
"""What operators may do, and what is refused to them (exactly-once.md 9 and 16)."""

import unittest

from harness.case import StackTest

RECEIPT = {'type': 'kktReceiptFiscalization'}


class People(StackTest):
    def setUp(self):
        self.till = self.bit_till()

    def failed_sale(self, store):
        self.till.arm('error', match=RECEIPT, text='Неверная сумма чека', printed=False)
        sale = store.accepted()
        sale.reaches('failed')
        return sale

    def retry(self, sale):
        code, _, err = self.stack.kassactl('receipts', 'retry', sale.uuid)
        return code, err

    def test_a_failed_receipt_that_the_portal_was_never_told_of_is_retried_and_printed_once(self):
        store = self.shop(self.till, webhook=False)
        sale = self.failed_sale(store)
        self.assertEqual(self.retry(sale), (0, ''))
        self.assertIn(sale.check_url()['STATUS'], ('WAIT', 'DONE'), 'the error is never told')
        sale.reaches('done')
        self.assertEqual(sale.check_url()['STATUS'], 'DONE')
        self.assertEqual(len({row['key'] for row in sale.requests()}), 2, 'a new attempt has a key of its own')

    def test_a_failed_receipt_that_the_portal_was_told_of_is_left_to_the_merchant(self):
        store = self.shop(self.till, webhook=False)
        sale = self.failed_sale(store)
        self.assertEqual(sale.check_url()['STATUS'], 'ERROR')
        code, err = self.retry(sale)
        self.assertEqual(code, 1)
        self.assertIn('print the check again', err)
        self.assertEqual((sale.state(), len(sale.requests())), ('failed', 1))

    def test_what_is_done_or_queued_is_not_retried_or_resolved(self):
        store = self.shop(self.till)
        sale = store.accepted()
        sale.reaches('done')
        self.assertEqual(self.retry(sale)[0], 1)
        self.assertEqual(self.stack.kassactl('receipts', 'resolve', sale.uuid, '--not-printed')[0], 1)
        self.assertEqual(len(sale.requests()), 1)

    def test_a_register_with_an_uncertain_receipt_is_not_deleted_before_a_person_settles_it(self):
        store = self.shop(self.till)
        store.accepted().reaches('done')
        self.till.arm('lose_answer', match=RECEIPT)
        sale = store.accepted()
        sale.reaches('uncertain')
        store.accepted().reaches('done')  # numbers are missing: a person is asked
        code, _, err = self.stack.kassactl('delete', 'register', self.till.id)
        self.assertEqual(code, 1)
        self.assertIn(sale.uuid, err)
        store.accepted().reaches('done')  # it serves on
        sale.resolve(sale.document())
        sale.reaches('done')
        self.assertEqual(self.stack.kassactl('delete', 'register', self.till.id)[0], 0)


if __name__ == '__main__':
    unittest.main()
