#!/usr/bin/python3
"""What a callback tells has the consequences it has when a question hears it (one way in for every end)."""

import unittest

from harness.case import StackTest
from harness.waiting import eventually


class Callbacks(StackTest):
    def setUp(self):
        self.till = self.itkassa_till()
        self.store = self.shop(self.till)
        self.store.accepted().reaches('done')  # a callback binds no storage: the register itself has named it
        self.till.call_back(self.stack)
        # No question is answered, and the callback is there before the answer to the post: only it can tell the end.
        for operation in ('query', 'query_by_key'):
            self.till.arm('http_status', count=None, match={'operation': operation}, status=503)
        self.till.arm('callback_before_answer', count=None, queued=True)

    def test_a_shift_that_is_too_long_is_closed_once_and_the_receipt_printed_once(self):
        self.till.arm('shift_expired')
        sale = self.store.accepted()
        sale.reaches('done')
        kinds = [row['kind'] for row in self.till.rows('document')]
        self.assertEqual((kinds.count('close_shift'), kinds.count('receipt')), (1, 2), kinds)
        closed = [row for row in self.till.shift_commands() if row['type'] == 'closeSession']
        self.assertEqual((len(closed), len(sale.requests())), (1, 2))

    def test_a_full_storage_is_alarmed_once_and_posted_to_no_faster_than_the_back_off(self):
        self.till.arm('fn_full', count=None)
        sale = self.store.accepted()
        posts = eventually(lambda: len(sale.requests()) >= 3 and sale.requests(), 'three posts')
        self.alarm('register_fault', register=self.till.id)
        self.till.disarm()
        sale.reaches('done')
        self.backs_off(sale.requests())
        self.assertEqual(self.alarms('register_fault', register=self.till.id), 1)
        self.assertGreaterEqual(len(sale.requests()), len(posts))

    def test_an_end_told_before_the_answer_and_with_the_answer_lost_is_heard_once(self):
        for fault, parameters in {
            'lose_answer': {},
            'malformed_body': {},
            'http_status': {'status': 502},
            'slow_answer': {'delay_s': 30},
        }.items():
            with self.subTest(fault):
                self.till.arm(fault, match={'operation': 'print'}, **parameters)
                sale = self.store.accepted()
                shown = sale.reaches('done')
                self.assertEqual([attempt['outcome'] for attempt in shown['attempts']], ['printed'])
                self.assertEqual(len(sale.requests()), 1)

    def test_an_ambiguous_end_told_by_callback_makes_no_second_document(self):
        self.till.arm(
            'critical_error', creErrorId='113', creErrorText='Ошибка отрезчика', fiscal=True, attributes_after=None
        )
        sale = self.store.accepted()
        eventually(lambda: self.till.rows('callback'), 'it was told')
        self.till.disarm()
        sale.reaches('uncertain')
        self.till.release()
        sale.reaches('done')
        self.assertEqual(len(sale.requests()), 1)


if __name__ == '__main__':
    unittest.main()
