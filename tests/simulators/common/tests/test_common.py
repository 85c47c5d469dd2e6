import pathlib
import re
import tempfile
import unittest
from decimal import Decimal
from typing import Any

from common.faults import BadFault, Faults
from common.fiscal_storage import FiscalStorage, Receipt, ShiftError
from common.ledger import Ledger
from common.money import exact_json, kopecks


class LedgerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / 'ledger.jsonl'

    def open(self):
        ledger = Ledger(self.path)
        self.addCleanup(ledger.close)
        return ledger

    def test_a_line_cut_by_a_crash_is_forgotten_and_the_next_one_stands_alone(self):
        self.open().append('one', x=1)
        with open(self.path, 'ab') as file:
            file.write(b'{"row": 2, "ev')
        ledger = self.open()
        ledger.append('two', x=2)
        self.assertEqual([row['event'] for row in self.open().rows()], ['one', 'two'])
        self.assertEqual(ledger.rows(x=2)[0]['row'], 2)

    def test_numbers_go_on_without_gaps_after_a_restart(self):
        storage = FiscalStorage(self.open(), 'till')
        storage.open_shift()
        for total in (100, 200):
            storage.print_receipt(Receipt(1, total))
        again = FiscalStorage(self.open(), 'till')
        document = again.print_receipt(Receipt(2, 300))
        self.assertEqual((document['fd'], document['receipt_number'], document['shift']), (4, 3, 1))
        self.assertRegex(document['qr'], r'^t=\d{8}T\d{6}&s=3\.00&fn=\d{16}&i=4&fp=\d{10}&n=2$')
        self.assertRegex(document['registration_number'], r'^\d{16}$')

    def test_a_new_storage_starts_at_one_and_two_registers_do_not_mix(self):
        ledger = self.open()
        till, other = FiscalStorage(ledger, 'till'), FiscalStorage(ledger, 'other')
        till.open_shift()
        other.open_shift()
        first_fn = till.fn
        till.replace()
        self.assertNotEqual(till.fn, first_fn)
        self.assertEqual(till.open_shift()['fd'], 1)
        again = FiscalStorage(ledger, 'till')
        self.assertEqual((again.fn, again.last_fd, again.shift_state()), (till.fn, 1, 'opened'))

    def test_storages_look_real_and_those_of_test_registers_like_an_emulators(self):
        ledger = self.open()
        real = {FiscalStorage(ledger, f'till-{number}').fn for number in range(20)}
        self.assertEqual(len(real), 20)
        self.assertTrue(all(re.fullmatch('(7380440|7284440)[0-9]{9}', fn) for fn in real), real)
        test = FiscalStorage(ledger, 'test', test=True)
        test.replace()
        self.assertRegex(test.fn, '^9999[0-9]{12}$')

    def test_shift_rules(self):
        storage = FiscalStorage(self.open(), 'till')
        for action, code in ((storage.close_shift, 'closed'), (lambda: storage.print_receipt(Receipt(1, 1)), 'closed')):
            with self.assertRaises(ShiftError) as caught:
                action()
            self.assertEqual(caught.exception.code, code)
        storage.open_shift()
        with self.assertRaises(ShiftError):
            storage.open_shift()
        storage.make_shift_old(25)
        self.assertEqual(FiscalStorage(self.open(), 'till').shift_state(), 'expired')
        with self.assertRaises(ShiftError) as caught:
            storage.print_receipt(Receipt(1, 1))
        self.assertEqual(caught.exception.code, 'expired')
        self.assertEqual(storage.close_shift()['fd'], 2)


class FaultsTest(unittest.TestCase):
    def setUp(self):
        self.faults = Faults({'lose': {'reset': False}, 'stay': {}}, ['register'])

    def test_hits_as_often_as_told_and_only_what_matches(self):
        self.faults.arm({'fault': 'lose', 'count': 2, 'match': {'register': 'a'}, 'reset': True})
        self.assertIsNone(self.faults.take(['lose'], {'register': 'b'}))
        self.assertIsNone(self.faults.take(['stay'], {'register': 'a'}))
        hits: list[Any] = [self.faults.take(['lose'], {'register': 'a'}) for _ in range(3)]
        self.assertEqual([bool(hit) for hit in hits], [True, True, False])
        self.assertTrue(hits[0].parameters['reset'])

    def test_a_standing_fault_stays_until_disarmed(self):
        self.faults.arm({'fault': 'stay', 'count': None})
        self.assertTrue(
            self.faults.holds('stay', {}) and self.faults.take(['stay'], {}) and self.faults.holds('stay', {})
        )
        self.faults.disarm()
        self.assertFalse(self.faults.holds('stay', {}))

    def test_what_makes_no_sense_is_refused(self):
        wanted: Any
        for wanted in (
            [],
            {'fault': 'none'},
            {'fault': 'lose', 'count': 0},
            {'fault': 'lose', 'match': {'x': 1}},
            {'fault': 'lose', 'y': 1},
        ):
            with self.subTest(wanted), self.assertRaises(BadFault):
                self.faults.arm(wanted)


class MoneyTest(unittest.TestCase):
    def test_decimals_become_kopecks_exactly(self):
        for text, expected in (
            ('1106.2', 110620),
            ('0,005', 1),
            ('0.10', 10),
            (0, 0),
            (Decimal('2.885'), 289),
            ('99.99999999', 10000),
        ):
            with self.subTest(text):
                self.assertEqual(kopecks(text), expected)

    def test_anything_else_is_refused(self):
        value: Any
        for value in ('', 'x', '-1', 1.5, True, None, 'NaN', '1e99', []):
            with self.subTest(value), self.assertRaises(ValueError):
                kopecks(value)

    def test_json_fractions_stay_exact(self):
        self.assertEqual(exact_json('[1.10]'), [Decimal('1.10')])
