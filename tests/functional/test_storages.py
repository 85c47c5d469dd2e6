#!/usr/bin/python3
"""A document number belongs to a storage, a storage to a register, a register to a tenant (exactly-once.md 11, I5)."""

import unittest

from harness.case import StackTest
from harness.waiting import eventually

RECEIPT = {'type': 'kktReceiptFiscalization'}


def typed(document):
    return '--printed', '--fn', document['fn'], '--fd', str(document['fd']), '--fp', document['fp'], '--yes'


class Storages(StackTest):
    def setUp(self):
        self.till, self.their_till = self.bit_till(), self.bit_till()
        self.store, self.stranger = self.shop(self.till), self.shop(self.their_till)
        first = self.store.accepted()
        first.reaches('done')
        self.last = first.document()

    def strange_sale(self, fd):
        """The stranger's driver names the shop's storage."""
        self.their_till.arm('names_foreign_fn', match=RECEIPT, fn=self.last['fn'], fd=fd)
        sale = self.stranger.accepted()
        sale.reaches('uncertain')
        return sale

    def line_of(self, till):
        listed = self.stack.kassactl_json('registers', 'list')
        return next(row for row in listed if row['register'] == till.id)

    def storages(self, *arguments):
        code, out, err = self.stack.kassactl('storages', *arguments)
        self.assertEqual(code, 0, err)
        return out

    def test_next_numbers_that_a_stranger_names_take_nothing_from_the_shop(self):
        forged = self.strange_sale(self.last['fd'] + 1)
        self.alarm('foreign_storage', register=self.their_till.id, fn=self.last['fn'])
        sales = [self.store.accepted() for _ in range(3)]
        self.all_done(sales)
        for sale in sales:
            sale.portal_says('Y')
        self.assertEqual(sales[0].document()['fd'], self.last['fd'] + 1, 'the number that was forged')
        self.assertEqual(self.alarms('document_claimed_twice', fn=self.last['fn']), 0)
        self.assertEqual(forged.state(), 'uncertain')

    def test_after_the_attack_a_person_says_the_truth_at_the_right_register_only(self):
        forged = self.strange_sale(self.last['fd'] + 1)
        self.till.arm('lose_answer', match=RECEIPT)
        lost = self.store.accepted()
        lost.reaches('uncertain')
        document = lost.printed()
        code, _, err = forged.person('resolve', *typed(document))
        self.assertEqual(code, 1)
        shown = err + str(forged.show())
        for of_the_shop in (self.store.name, self.till.id, lost.uuid):
            self.assertNotIn(of_the_shop, shown)
        code, _, err = lost.person('resolve', *typed(document))
        self.assertEqual(code, 0, err)
        lost.reaches('done')

    def test_a_register_that_names_anothers_storage_stands_until_a_person_has_spoken(self):
        forged = self.strange_sale(self.last['fd'] + 1)
        waiting = self.stranger.accepted()
        eventually(lambda: self.last['fn'] in self.line_of(self.their_till)['detail'], 'the register stands')
        self.assertFalse(self.line_of(self.their_till)['up'])
        self.assertEqual(waiting.requests(), [])
        self.storages('bind', self.last['fn'], self.till.id)
        waiting.reaches('done')
        code, _, err = forged.person('resolve', *typed(forged.document()))
        self.assertEqual(code, 0, err)

    def test_a_document_that_was_booked_wrongly_is_taken_back(self):
        out = self.storages('unbook', self.last['fn'], str(self.last['fd']))
        self.assertIn('taken back from attempt 1', out)
        sale = self.store.sales[0]
        shown = eventually(lambda: (now := sale.show())['error'] and now, 'readers are told')
        self.assertEqual(shown['state'], 'done')
        code, _, err = sale.person('resolve', *typed(self.last))
        self.assertEqual(code, 0, err)
        eventually(lambda: not sale.show().get('error'), 'it has its document again')


if __name__ == '__main__':
    unittest.main()
