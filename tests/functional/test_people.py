#!/usr/bin/python3
"""What operators may do, and what is refused to them (exactly-once.md 9 and 16)."""

import datetime
import unittest
import zoneinfo

from harness.case import StackTest
from harness.waiting import eventually

RECEIPT = {'type': 'kktReceiptFiscalization'}
NOBODY_LISTENS = 'http://127.0.0.1:9'


class People(StackTest):
    def setUp(self):
        self.till = self.bit_till()

    def failed_sale(self, store):
        self.till.arm('error', match=RECEIPT, text='Неверная сумма чека', printed=False)
        sale = store.accepted()
        sale.reaches('failed')
        return sale

    def person(self, verb, sale, *arguments):
        code, _, err = self.stack.kassactl('receipts', verb, sale.uuid, *arguments)
        return code, err

    def retry(self, sale):
        return self.person('retry', sale)

    def uncertain_sale(self, store, fault='lose_answer'):
        store.accepted().reaches('done')
        self.till.arm(fault, match=RECEIPT)
        sale = store.accepted()
        sale.reaches('uncertain')
        return sale

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
        self.assertEqual(self.person('fail', sale, '--reason', 'x')[0], 1)
        self.assertEqual(self.person('hold', sale, '--reason', 'x')[0], 1)
        self.assertEqual(self.stack.kassactl('receipts', 'resolve', sale.uuid, '--not-printed')[0], 1)
        self.assertEqual(len(sale.requests()), 1)

    def test_what_no_register_takes_is_held_retried_and_failed(self):
        self.till.endpoint = NOBODY_LISTENS
        store = self.shop(self.till)
        sale = store.accepted()
        sale.reaches('queued')
        self.assertEqual(self.person('hold', sale, '--reason', 'спросить магазин'), (0, ''))
        self.assertEqual(sale.reaches('held')['holdReason'], 'спросить магазин')
        self.assertEqual(sale.check_url()['STATUS'], 'WAIT')
        self.assertEqual(self.retry(sale), (0, ''))
        self.assertIsNone(sale.reaches('queued')['holdReason'])
        self.assertEqual(self.retry(sale), (0, ''), 'it is queued already')
        self.assertEqual(self.person('fail', sale, '--reason', 'заказ отменён'), (0, ''))
        self.assertEqual(sale.reaches('failed')['error'], 'заказ отменён')
        self.assertEqual(sale.portal_says('E')['state'], 'E')

    def test_what_may_have_been_printed_is_failed_only_on_a_persons_word(self):
        store = self.shop(self.till)
        sale = self.uncertain_sale(store, 'swallow')
        code, err = self.person('fail', sale, '--reason', 'заказ отменён')
        self.assertEqual(code, 1)
        self.assertIn(f'attempt 1 on {self.till.id}', err)
        self.assertEqual(sale.state(), 'uncertain')
        self.assertEqual(self.person('fail', sale, '--reason', 'заказ отменён', '--not-printed'), (0, ''))
        shown = sale.reaches('failed')
        self.assertEqual([attempt['outcome'] for attempt in shown['attempts']], ['not_printed'])
        store.accepted().reaches('done')
        self.assertEqual(len(sale.requests()), 1)

    def test_what_is_under_way_is_held_once_it_has_ended_without_a_document(self):
        store = self.shop(self.till)
        sale = self.uncertain_sale(store, 'swallow')
        self.assertEqual(self.person('hold', sale, '--reason', 'спросить магазин'), (0, ''))
        eventually(lambda: (sale.show() or {}).get('holdReason'), 'the wish is shown')
        self.assertEqual(sale.state(), 'uncertain')
        store.accepted().reaches('done')  # proves it not printed
        sale.reaches('held')
        self.assertEqual(len(sale.requests()), 1)
        self.assertEqual(self.retry(sale), (0, ''))
        sale.reaches('done')

    def test_the_portal_is_told_the_time_a_person_read_and_no_other(self):
        store = self.shop(self.till)
        clock = datetime.datetime.now(zoneinfo.ZoneInfo('Europe/Moscow')).replace(microsecond=0)
        printed = clock - datetime.timedelta(hours=1)
        for at, told in {printed.strftime('%Y-%m-%dT%H:%M:%S'): int(printed.timestamp()), '': None}.items():
            with self.subTest(at):
                sale = self.uncertain_sale(store)
                document = sale.printed()
                typed = ['--fn', document['fn'], '--fd', str(document['fd']), '--fp', document['fp']]
                wanted = ['--printed', *typed, *(['--at', at] if at else [])]
                self.assertEqual(self.person('resolve', sale, *wanted), (0, ''))
                sale.reaches('done')
                answer = sale.check_url()
                self.assertEqual(answer['STATUS'], 'DONE')
                self.assertEqual(int(answer['FISCAL_DOC_NUMBER']), document['fd'])
                self.assertEqual(answer.get('PRINT_END_TIME'), told)

    def test_a_register_that_says_queued_for_ever_can_be_deleted(self):
        cloud = self.itkassa_till()
        store = self.shop(cloud)
        cloud.arm('slow_execution', delay_s=3600)
        sale = store.accepted()
        sale.reaches('printing')
        code, _, err = self.stack.kassactl('delete', 'register', cloud.id)
        self.assertEqual(code, 1)
        self.assertIn(f'kassactl receipts resolve {sale.uuid} --attempt 1', err)
        word = ['--reason', 'касса не отвечает', '--not-printed']
        eventually(lambda: self.person('fail', sale, *word)[0] == 0, 'no answer can come any more')
        sale.reaches('failed')
        self.assertEqual(self.stack.kassactl('delete', 'register', cloud.id)[0], 0)

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
