"""The judge sees each wrong that it is there for, in books and ledgers made by hand."""

from __future__ import annotations

import json
import pathlib
import sys
import tempfile
import unittest
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from judge import LEDGERS, Judge

UUID = '11111111-2222-8333-8444-555555555555'
DONE = {'STATUS': 'DONE', 'FN_NUMBER': '7380440800000001', 'FISCAL_DOC_NUMBER': '7'}


def answer(value: Any, status: int = 200) -> dict[str, Any]:
    return {'status': status, 'body': json.dumps(value), 'problem': ''}


class JudgeTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.state_dir = pathlib.Path(folder.name)
        self.now = 0.0
        for name in LEDGERS:
            (self.state_dir / name).mkdir()

    def write(self, ledger: str, **row: Any) -> None:
        self.now += 1
        with open(self.state_dir / ledger / 'ledger.jsonl', 'a') as file:
            file.write(json.dumps({'time': self.now, **row}) + '\n')

    def book(self, cause: str, state: str, said: Any = None, status: int = 200) -> None:
        """A change of the check in the portal's book."""
        check = {
            'state': state,
            'body': 'total_sum=450&client_email=a@p.example',
            'how': '',
            'attributes': said if cause == 'push' else {},
            'print_answer': answer(said, status) if cause == 'print_answer' else {},
        }
        more = {'answer': answer(said, status)} if cause == 'poll' else {}
        self.write('sim-portal', event='check', cause=cause, portal='p', unique_id='1', check=check, **more)

    def accepted(self) -> None:
        self.book('print', 'P')
        self.book('print_answer', 'P', {'UUID': UUID})

    def printed(self, **changed: Any) -> None:
        document = {'register': 'r', 'fn': '7380440800000001', 'fd': 7, 'fp': '1', 'shift': 1, 'registration_number': '5'}
        what = {'contact': 'a@p.example', 'total': 45000, 'kind': 'receipt', 'foreign': False}
        self.write('sim-bit', event='document', **document | what | changed)

    def finds(self, *wanted: str) -> None:
        wrong = Judge(self.state_dir, {'p'}).finish()
        self.assertEqual([each.what for each in wrong], list(wanted), [str(each) for each in wrong])

    def test_what_is_printed_once_and_told_is_right(self):
        self.accepted()
        self.printed()
        self.book('poll', 'Y', DONE)
        self.finds()

    def test_what_is_refused_told_and_printed_after_it_was_posted_again_is_right(self):
        self.accepted()
        self.book('push', 'E', {})
        self.accepted()
        self.printed()
        self.book('push', 'Y', DONE)
        self.finds()

    def test_lost(self):
        self.accepted()
        self.finds('lost')

    def test_double(self):
        self.accepted()
        self.printed()
        self.printed(fd=8)
        self.book('push', 'Y', DONE)
        self.finds('double')

    def test_a_document_of_nobody(self):
        self.printed(contact='b@p.example')
        self.finds('double')

    def test_another_sum(self):
        self.accepted()
        self.printed(total=45001)
        self.book('push', 'Y', DONE)
        self.finds('wrong content')

    def test_done_without_a_document(self):
        self.accepted()
        self.book('push', 'Y', DONE)
        self.finds('wrong DONE', 'wrong DONE')

    def test_done_before_the_document(self):
        self.accepted()
        self.book('poll', 'Y', DONE)
        self.printed()
        self.finds('wrong DONE')

    def test_done_with_anothers_attributes(self):
        self.accepted()
        self.printed()
        self.book('poll', 'Y', DONE | {'FISCAL_DOC_NUMBER': '8'})
        self.finds('wrong DONE')

    def test_an_error_of_what_is_printed(self):
        self.accepted()
        self.printed()
        self.book('poll', 'E', {'STATUS': 'ERROR'})
        self.finds('wrong ERROR', 'wrong ERROR')

    def test_an_error_of_what_is_printed_later_without_a_new_post(self):
        self.accepted()
        self.book('push', 'E', {})
        self.printed()
        self.finds('wrong ERROR', 'wrong ERROR')

    def test_an_error_pushed_after_done(self):
        self.accepted()
        self.printed()
        self.book('push', 'Y', DONE)
        self.write('sim-portal', event='rest', portal='p', uuid=UUID, parameters={'STATUS': 'ERROR'})
        self.finds('wrong ERROR')

    def test_answers_that_are_not_200_or_not_in_the_form(self):
        self.book('print', 'P')
        self.book('print_answer', 'P', {}, 502)
        self.book('poll', 'Y', {'STATUS': 'HM'})
        self.printed()
        self.finds('wrong answer', 'wrong answer')


if __name__ == '__main__':
    unittest.main()
