#!/usr/bin/python3
"""What a register says reaches people as it is: it adds no row, hides nothing and gives a terminal no order."""

import json
import unittest

from harness.case import StackTest
from harness.waiting import eventually

RECEIPT = {'type': 'kktReceiptFiscalization'}
REFUSAL = 'Недопустимое значение ставки НДС'
# Ends the line, goes up and clears it, turns the direction of writing, hides.
FORGED = f'{REFUSAL}\r\n\x1b[A\x1b[K\u202e\u2066\u200b\x7f\u009b\u2028'
SHOWN = REFUSAL + r'\r\n\u001b[A\u001b[K\u202e\u2066\u200b\u007f\u009b\u2028'
UNSEEN = ('\r', '\x1b', '\u202e', '\u2066', '\u200b', '\x7f', '\u009b', '\u2028')


class ForgedTexts(StackTest):
    def setUp(self):
        self.till = self.bit_till()
        self.store = self.shop(self.till)
        self.store.accepted().reaches('done')
        self.till.arm('error', match=RECEIPT, text=FORGED)
        self.sale = self.store.accepted()
        self.sale.reaches('failed')

    def seen(self, text: str) -> str:
        for character in UNSEEN:
            self.assertNotIn(character, text)
        self.assertIn(REFUSAL, text)
        return text

    def kassactl(self, *arguments: str) -> str:
        code, out, err = self.stack.kassactl(*arguments)
        self.assertEqual((code, err), (0, ''))
        return self.seen(out)

    def test_kassactl_shows_each_receipt_on_one_row_and_the_text_as_it_is(self):
        rows = self.kassactl('receipts', 'list', '--tenant', self.store.name).splitlines()
        self.assertEqual(len(rows), 3, rows)
        self.assertEqual(sum(SHOWN in row for row in rows), 1, rows)
        self.assertIn(SHOWN, self.kassactl('receipts', 'show', self.sale.uuid))
        told = json.loads(self.kassactl('receipts', 'show', self.sale.uuid, '-o', 'json'))
        self.assertIn(FORGED, told['error'])
        self.kassactl('receipts', 'show', self.sale.uuid, '-o', 'yaml')

    def test_a_form_of_the_portal_shows_it_too(self):
        self.assertIn(SHOWN, self.sale.check_url()['ERROR'])
        self.assertIn(SHOWN, self.sale.portal_says('E')['error'])

    def test_a_line_of_a_log_that_quotes_it_stays_one_line(self):
        self.till.arm('error', match=RECEIPT, text=f'Нечто неясное: {FORGED}')  # which is an alarm
        sale = self.store.accepted()
        sale.reaches('uncertain')
        quoting = eventually(
            lambda: [line for line in self.stack.log('fiscalizer').split('\n') if 'Нечто неясное' in line],
            'the alarm is in the log',
        )
        for line in quoting:
            self.assertIn(FORGED, json.loads(self.seen(line))['detail'])
        self.store.accepted().reaches('done')
        sale.resolve(None, unless_settled=True)
        sale.reaches('done')


if __name__ == '__main__':
    unittest.main()
