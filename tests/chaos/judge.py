"""Says what went wrong, from the registers' ledgers and the portals' books alone: the simulators' `ledger.jsonl`.

It knows neither who sold what nor what was broken, and asks nothing of the gateway. A check is what a portal keeps under a number;
the buyer's address in it is printed on its document, and tells whose that is.
"""

from __future__ import annotations

import json
import pathlib
import re
import urllib.parse
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
Name = tuple[str, str]  # portal, unique_id
CONTACT = re.compile(r'[\w.+-]+@[\w.-]+')
LEDGERS = ('sim-portal', 'sim-bit', 'sim-itkassa')
# CHECK_URL and push -> the ledger's document
ATTRIBUTES = {
    'FN_NUMBER': 'fn',
    'FISCAL_DOC_NUMBER': 'fd',
    'FISCAL_DOC_ATTR': 'fp',
    'SHIFT_NUMBER': 'shift',
    'REG_NUMBER_KKT': 'registration_number',
}


@dataclass
class Told:
    """The portal heard the end of a check."""

    at: float
    word: str  # DONE or ERROR
    how: str  # push or poll
    attributes: Row


@dataclass
class Check:
    name: Name
    contact: str = ''
    state: str = ''
    posted_at: list[float] = field(default_factory=list)  # made anew: each may be printed, what is only repeated may not
    totals: set[int] = field(default_factory=set)  # kopecks
    accepted: bool = False
    refused_last: bool = False  # the last PRINT_URL said ERRORS
    uuids: set[str] = field(default_factory=set)
    told: list[Told] = field(default_factory=list)
    documents: list[Row] = field(default_factory=list)
    sent: int = 0  # requests that reached a register

    def is_open(self) -> bool:
        """Its merchant still waits: for the gateway's word, or to be accepted at all."""
        return self.state in ('N', 'P') or self.refused_last

    def __str__(self) -> str:
        return f'{"/".join(self.name)} {" ".join(sorted(self.uuids))}'


@dataclass(frozen=True)
class Wrong:
    what: str  # lost, double, wrong DONE, wrong ERROR, wrong answer, wrong content
    check: Name | None
    text: str

    def __str__(self) -> str:
        return f'{self.what}: {self.text}'


class Tail:
    """The whole lines of a ledger that were written since the last look."""

    def __init__(self, path: pathlib.Path) -> None:
        self._path, self._read = path, 0

    def rows(self) -> list[Row]:
        if not self._path.exists():
            return []
        with open(self._path, 'rb') as file:
            file.seek(self._read)
            data = file.read()
        whole = data[: data.rfind(b'\n') + 1]
        self._read += len(whole)
        return [json.loads(line) for line in whole.splitlines()]


class Judge:
    def __init__(self, state_dir: pathlib.Path, portals: set[str]) -> None:
        """`portals`: those of this run; the ledgers may hold others."""
        self._portals = portals
        self._tails = {name: Tail(state_dir / name / 'ledger.jsonl') for name in LEDGERS}
        self.checks: dict[Name, Check] = {}
        self._of_contact: dict[str, Check] = {}
        self._early: dict[str, list[Row]] = defaultdict(list)  # documents read before the check they are of
        self.wrong: list[Wrong] = []
        self.answers = 0  # of PRINT_URL and CHECK_URL
        self.documents = 0

    def look(self) -> None:
        """Reads on; what is wrong for certain already joins `wrong`."""
        for name, tail in self._tails.items():
            for row in tail.rows():
                if name == 'sim-portal':
                    self._read_portal(row)
                elif row['event'] == 'request':
                    self._read_request(row)
                elif row['event'] == 'document' and row['kind'] == 'receipt' and not row['foreign']:
                    self._read_document(row)

    def waiting(self, before: float) -> list[Check]:
        """Posted for the last time before that moment, and without an end so far."""
        return [each for each in self.checks.values() if each.state in ('N', 'P') and each.posted_at[-1] < before]

    def open_checks(self) -> list[Check]:
        return [each for each in self.checks.values() if each.is_open()]

    def finish(self) -> list[Wrong]:
        """All that is wrong when nobody waits for anything any more."""
        self.look()
        for check in self.checks.values():
            if check.is_open() and check.accepted:
                self._say('lost', check, f'accepted, and the portal was never told an end: {check}')
            if check.state == 'Y' and not check.documents:
                self._say('wrong DONE', check, f'no register signed anything: {check}')
            if check.state == 'E' and check.documents:
                self._say('wrong ERROR', check, f'ends as an error, is printed as {_short(check.documents[0])}: {check}')
        for contact, rows in self._early.items():
            for row in rows:
                if any(contact.endswith(f'@{portal}.example') for portal in self._portals):
                    self._say('double', None, f'nobody sold {_short(row)}')
        for check in self.checks.values():
            self._weigh_words(check)
        return self.wrong

    # --- portals' books ---

    def _read_portal(self, row: Row) -> None:
        if row.get('portal') not in self._portals:
            return
        if row['event'] == 'posted_again':
            self._weigh_print_answer(row['answer'], (row['portal'], row['unique_id']))
        elif row['event'] == 'check':
            self._read_check(row)
        elif row['event'] == 'rest' and row['parameters'].get('STATUS') == 'ERROR':
            self._weigh_error_push(row)

    def _read_check(self, row: Row) -> None:
        name, kept, cause = (row['portal'], row['unique_id']), row['check'], row['cause']
        check = self.checks.get(name)
        if check is None:
            check = self.checks[name] = Check(name)
        if cause == 'print':
            self._read_post(check, kept, row['time'])
        elif cause.startswith('print_answer'):
            answer = self._weigh_print_answer(kept['print_answer'], name)
            check.accepted = check.accepted or 'UUID' in answer
            check.refused_last = 'UUID' not in answer and kept['state'] == 'E'
            check.uuids |= {answer['UUID']} if 'UUID' in answer else set()
        elif cause in ('poll', 'poll_ignored', 'type_error'):
            self._weigh_check_answer(check, row)
        elif cause == 'push':
            check.told.append(Told(row['time'], 'DONE' if kept['state'] == 'Y' else 'ERROR', 'push', kept['attributes']))
        if kept['how'] == 'malfunction' and kept['state'] == 'Y' and check.state != 'Y':
            self._say('wrong answer', check, f'the portal took it for a malfunction: {row.get("answer")} {check}')
        if kept['state'] != 'E':
            check.refused_last = False
        check.state = kept['state']

    def _read_post(self, check: Check, kept: Row, at: float) -> None:
        form = dict(urllib.parse.parse_qsl(kept['body'], encoding='latin-1'))
        check.totals.add(int(Decimal(form['total_sum']) * 100))
        check.posted_at.append(at)
        if not check.contact:
            check.contact = form['client_email']
            self._of_contact[check.contact] = check
            for document in self._early.pop(check.contact, []):
                self._read_document(document)

    def _weigh_print_answer(self, answer: Row, name: Name) -> Row:
        """PRINT_URL answers 200 with UUID or ERRORS, always (I3); the decoded answer."""
        self.answers += 1
        said = _decoded(answer)
        if answer['status'] != 200 or not (said.get('UUID') or said.get('ERRORS')):
            self._say('wrong answer', self.checks.get(name), f'PRINT_URL of {"/".join(name)} answered {answer}')
        return said

    def _weigh_check_answer(self, check: Check, row: Row) -> None:
        """CHECK_URL answers 200 with WAIT, DONE or ERROR, always (I3)."""
        self.answers += 1
        said = _decoded(row['answer'])
        word = said.get('STATUS')
        if row['answer']['status'] != 200 or word not in ('WAIT', 'DONE', 'ERROR'):
            self._say('wrong answer', check, f'CHECK_URL of {check} answered {row["answer"]}')
        elif word != 'WAIT':
            check.told.append(Told(row['time'], word, 'poll', said))

    def _weigh_error_push(self, row: Row) -> None:
        """One that the portal took is weighed with the others; here are those it ignores, having heard DONE before."""
        check = next((each for each in self.checks.values() if row['uuid'].lower() in each.uuids), None)
        if check and check.state == 'Y':
            self._say('wrong ERROR', check, f'pushed at {row["time"]} after the portal had heard DONE: {check}')

    # --- registers' ledgers ---

    def _read_request(self, row: Row) -> None:
        for contact in CONTACT.findall(row['request']):
            if check := self._of_contact.get(contact):
                check.sent += 1
                return

    def _read_document(self, row: Row) -> None:
        check = self._of_contact.get(row['contact'])
        if check is None:
            self._early[row['contact']].append(row)
            return
        self.documents += 1
        check.documents.append(row)
        if len(check.documents) > 1:
            self._say('double', check, f'{[_short(each) for each in check.documents]}: {check}')
        if row['total'] not in check.totals:
            self._say('wrong content', check, f'sold for {sorted(check.totals)}, printed for {row["total"]}: {check}')

    # --- words against documents ---

    def _weigh_words(self, check: Check) -> None:
        for told in check.told:
            if told.word == 'DONE':
                self._weigh_done(check, told)
            else:
                self._weigh_error(check, told)

    def _weigh_done(self, check: Check, told: Told) -> None:
        printed = [row for row in check.documents if row['time'] <= told.at]
        if not printed:
            self._say('wrong DONE', check, f'by {told.how} at {told.at}, nothing was signed until then: {check}')
            return
        for name, key in ATTRIBUTES.items():
            value = told.attributes.get(name)
            if value is not None and _plain(value) != _plain(printed[0][key]):
                self._say('wrong DONE', check, f'{name} {value} told by {told.how}, signed was {printed[0][key]}: {check}')

    def _weigh_error(self, check: Check, told: Told) -> None:
        """What was printed before is no error; what was printed after it must have been posted anew in between."""
        for document in check.documents:
            posted = any(told.at <= at <= document['time'] for at in check.posted_at)
            if document['time'] <= told.at or not posted:
                self._say('wrong ERROR', check, f'by {told.how} at {told.at}, printed as {_short(document)}: {check}')

    def _say(self, what: str, check: Check | None, text: str) -> None:
        wrong = Wrong(what, check.name if check else None, text)
        if wrong not in self.wrong:
            self.wrong.append(wrong)


def _decoded(answer: Row) -> Row:
    try:
        value = json.loads(answer['body'])
    except ValueError:
        return {}
    return {key.upper(): each for key, each in value.items()} if isinstance(value, dict) else {}


def _plain(value: Any) -> str:
    """The same digits as text or number, with and without leading zeros."""
    return str(value).lstrip('0')


def _short(document: Row) -> str:
    return f'{document["register"]} FN {document["fn"]} FD {document["fd"]} at {document["time"]}'
