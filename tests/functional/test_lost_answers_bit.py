#!/usr/bin/python3
"""Lost answers of a BIT driver are never sent again; the storage's numbering proves what was not printed (rule 6)."""

import unittest

from harness.case import StackTest
from harness.stack import BIT_QUIET_S
from harness.waiting import eventually
from harness.wire import call

RECEIPT = {'type': 'kktReceiptFiscalization'}


class LostAnswersBit(StackTest):
    def setUp(self):
        self.till = self.bit_till()
        self.store = self.shop(self.till)
        self.store.accepted().reaches('done')  # the shift is open, a number of the storage is known

    def sold_with(self, fault, **parameters):
        self.till.arm(fault, match=RECEIPT, **parameters)
        return self.store.accepted()

    def detail_of(self, sale):
        shown = sale.show()
        return ' '.join([shown.get('error') or '', *(attempt.get('detail') or '' for attempt in shown['attempts'])])

    def stays_uncertain(self, sale, after):
        """Still uncertain when `after`, sold later, is done; asked for once only."""
        after.reaches('done')
        self.assertEqual(sale.state(), 'uncertain')
        self.assertEqual(
            sale.check_url(), {'STATUS': 'WAIT'} | ({'UUID': sale.uuid} if 'UUID' in sale.check_url() else {})
        )
        self.assertEqual(sale.poll()['state'], 'P')
        self.assertEqual(len(sale.requests()), 1)

    def test_a_lost_answer_is_uncertain_visible_and_not_sent_again(self):
        for fault, parameters in {
            'lose_answer': {},
            'lose_answer by reset': {'reset': True},
            'hang': {},
            'malformed': {},
            'cut_body': {},
            'http_status': {},
            'neither': {},
        }.items():
            with self.subTest(fault):
                till = self.bit_till()
                store = self.shop(till)
                store.accepted().reaches('done')
                till.arm(fault.partition(' ')[0], match=RECEIPT, **parameters)
                sale = store.accepted()
                shown = sale.reaches('uncertain')
                self.assertEqual([attempt['outcome'] for attempt in shown['attempts']], ['unknown'])
                listed = self.stack.kassactl_json('receipts', 'list', '--tenant', store.name, '--state', 'uncertain')
                self.assertIn(sale.uuid, [each['id'] for each in listed])
                self.assertEqual(sale.check_url()['STATUS'], 'WAIT')
                self.assertEqual(sale.poll()['state'], 'P')
                # After the quiet time another receipt is let through; numbers are missing before it.
                store.accepted().reaches('done')
                self.assertEqual((sale.state(), len(sale.requests())), ('uncertain', 1))

    def test_a_swallowed_receipt_is_proved_not_printed_and_printed_once(self):
        sale = self.sold_with('swallow')
        sale.reaches('uncertain')
        lost_at = sale.requests()[0]['time']
        probe = self.store.accepted()
        probe.reaches('done')
        sale.reaches('done')
        self.assertGreaterEqual(probe.document()['time'] - lost_at, BIT_QUIET_S)
        self.assertEqual(len(sale.requests()), 2)
        keys = [row['key'] for row in sale.requests()]
        self.assertEqual(len(set(keys)), 2, 'a new attempt has a key of its own')
        self.assertEqual(sale.document()['fd'], probe.document()['fd'] + 1)
        sale.portal_says('Y')

    def test_nothing_is_offered_before_the_quiet_time_is_over(self):
        sale = self.sold_with('swallow')
        sale.reaches('uncertain')
        lost_at = sale.requests()[0]['time']
        waiting = [self.store.accepted() for _ in range(3)]
        self.all_done([*waiting, sale])
        later = [row['time'] for row in self.till.rows('request') if row['time'] > lost_at]
        self.assertGreaterEqual(min(later) - lost_at, BIT_QUIET_S)

    def test_a_printed_but_lost_receipt_leaves_a_gap_and_waits_for_a_person_with_the_numbers(self):
        sale = self.sold_with('lose_answer')
        sale.reaches('uncertain')
        printed = sale.document()
        self.stays_uncertain(sale, self.store.accepted())
        eventually(lambda: str(printed['fd']) in self.detail_of(sale), 'the missing number is shown', seen=sale.show)
        self.assertIn(printed['fn'], self.detail_of(sale))
        after = self.store.accepted()  # the register goes on
        after.reaches('done')
        sale.resolve(printed)
        fiscal = sale.reaches('done')['fiscal']
        self.assertEqual(
            (fiscal['fn'], int(fiscal['fd']), int(fiscal['fp'])), (printed['fn'], printed['fd'], int(printed['fp']))
        )
        self.assertEqual(sale.portal_says('Y')['attributes']['FISCAL_DOC_NUMBER'], str(printed['fd']))

    def test_bytes_that_arrive_late_within_the_quiet_time_never_make_a_second_document(self):
        sale = self.sold_with('late_print')
        sale.reaches('uncertain')
        self.assertIsNone(sale.document())
        self.assertEqual(self.till.release(), 1)
        self.assertLess(
            sale.document()['time'] - sale.requests()[0]['time'], BIT_QUIET_S, 'the test itself was too slow'
        )
        self.stays_uncertain(sale, self.store.accepted())
        eventually(
            lambda: str(sale.document()['fd']) in self.detail_of(sale), 'the missing number is shown', seen=sale.show
        )

    def test_a_cashiers_own_receipt_only_widens_the_gap(self):
        sale = self.sold_with('swallow')
        sale.reaches('uncertain')
        self.till.print_by_hand()
        self.stays_uncertain(sale, self.store.accepted())

    def test_a_person_who_says_not_printed_gets_it_printed_once_after_the_quiet_time(self):
        sale = self.sold_with('swallow')
        sale.reaches('uncertain')
        lost_at = sale.requests()[0]['time']
        sale.resolve(None)
        sale.reaches('done')
        self.assertGreaterEqual(sale.document()['time'] - lost_at, BIT_QUIET_S)

    def test_two_lost_answers_stop_the_register_and_nothing_is_printed_twice(self):
        first = self.sold_with('lose_answer')
        first.reaches('uncertain')
        second = self.sold_with('lose_answer')
        second.reaches('uncertain')
        third = self.store.accepted()
        eventually(lambda: not self.stack.register_is_up(self.till.id), 'the register is stopped')
        self.assertEqual((first.state(), second.state(), third.state()), ('uncertain', 'uncertain', 'queued'))
        for sale in (first, second):
            sale.resolve(sale.document())
        third.reaches('done')

    def test_no_paper_is_uncertain_whether_it_was_printed_or_not(self):
        for printed in (True, False):
            with self.subTest(printed=printed):
                till = self.bit_till()
                store = self.shop(till)
                store.accepted().reaches('done')
                till.arm('error', match=RECEIPT, text='Нет бумаги', printed=printed)
                sale = store.accepted()
                sale.reaches('uncertain')
                store.accepted().reaches('done')
                if printed:
                    self.assertEqual((sale.state(), len(sale.requests())), ('uncertain', 1))
                else:
                    sale.reaches('done')

    def test_verified_deduplication_sends_the_same_packet_and_hears_the_earlier_result(self):
        till = self.bit_till()
        till.deduplication = 'verified'
        store = self.shop(till)
        self.set_deduplication(True)
        self.addCleanup(self.set_deduplication, False)
        store.accepted().reaches('done')
        till.arm('lose_answer', match=RECEIPT)
        sale = store.accepted()
        sale.reaches('done')
        first, second = sale.requests()
        self.assertEqual((first['key'], first['request']), (second['key'], second['request']))

    def set_deduplication(self, on):
        call('POST', f'{self.till.base}/_sim/settings', {'deduplication': on})

    def test_a_connection_is_never_used_for_a_second_receipt(self):
        self.till.arm('kept_alive_close', count=None)
        sales = [self.store.accepted() for _ in range(4)]
        self.all_done(sales)
        self.assertEqual({row['connection_request'] for row in self.till.rows('request')}, {1})


if __name__ == '__main__':
    unittest.main()
