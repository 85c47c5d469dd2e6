"""A shop made for one test: a tenant with a pool of registers, an installation, its portal and its checks."""

from __future__ import annotations

import json
import secrets
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from harness.registers import Row, Till
from harness.stack import Stack
from harness.waiting import PATIENCE_S, eventually
from harness.wire import PortalAnswer, call, portal_post

FINAL = 'done'  # a failed one may be re-opened, and the view hears of that a moment later


@dataclass(frozen=True)
class Branch:
    inn: str
    tills: Sequence[Till]


class Shop:
    def __init__(
        self,
        stack: Stack,
        tills: Sequence[Till],
        name: str = '',
        ffd: str = '1.2',
        marked: str = 'refuse',
        vat: dict[str, str] | None = None,
        webhook: bool = True,
    ) -> None:
        self.stack, self.tills = stack, list(tills)
        self.name = name or f't-{secrets.token_hex(4)}'
        self.secret, self.token = secrets.token_hex(8), secrets.token_hex(8)
        self.portal = stack.url('SIM_PORTAL')
        self.sales: list[Sale] = []
        self._ffd, self._marked = ffd, marked
        self._webhook = webhook
        self._vat = {'0': 'none', '1': 'none', '2': '10', '3': '22', '4': '0'} | (vat or {})
        self._branches = {'box-1': Branch('7701234567', tills)}
        self.apply()

    def open_branch(self, number: str, inn: str, *tills: Till) -> None:
        """Another company of the tenant: a pool with registers of its own, behind a cashbox of that number."""
        self._branches[number] = Branch(inn, tills)
        self.tills += tills
        self.apply()

    def apply(self) -> None:
        """Also after a register was changed."""
        installation = f'{self.name}-main'
        portal = {'portal': {'webhook': f'{self.portal}/rest/1/{self.name}/'}} if self._webhook else {}
        self.stack.apply(
            [
                {'kind': 'Tenant', 'id': self.name, 'name': f'ООО «Проверка {self.name}»'},
                {
                    'kind': 'Installation',
                    'id': installation,
                    'tenant': self.name,
                    'secret': self.secret,
                    **portal,
                    'vat': self._vat,
                    'markedWithoutCode': self._marked,
                },
                *(each for number in self._branches for each in self._branch(number, installation)),
            ]
        )

    def _branch(self, number: str, installation: str) -> list[dict[str, Any]]:
        branch, pool = self._branches[number], f'{self.name}-{number}-pool'
        return [
            {
                'kind': 'Pool',
                'id': pool,
                'tenant': self.name,
                'inn': branch.inn,
                'taxation': 'osn',
                'ffd': self._ffd,
                'paymentAddress': 'https://shop.example.ru',
                'timezone': 'Europe/Moscow',
                'cashier': {'name': 'Иванова А.А.'},
            },
            *({'kind': 'Register', 'id': till.id, 'pool': pool, **till.settings()} for till in branch.tills),
            {
                'kind': 'Cashbox',
                'id': f'{self.name}-{number}',
                'installation': installation,
                'number': number,
                'pool': pool,
                'requires': {'GATEWAY.TOKEN': self.token},
            },
        ]

    def url(self, verb: str, secret: str = '') -> str:
        return f'{self.stack.url("EDGE")}/b24/{secret or self.secret}/{verb}'

    def sell(self, fixture: str = 'sell-cash', **overrides: str | None) -> Sale:
        """Posts a check of the portal to PRINT_URL; `overrides` as the portal simulator takes them."""
        contact = f'{secrets.token_hex(6)}@buyer.example'
        check = call(
            'POST',
            f'{self.portal}/_sim/checks',
            {
                'portal': self.name,
                'print_url': self.url('print'),
                'fixture': fixture,
                'overrides': {'token': self.token, 'client_email': contact, 'client_phone': None, **overrides},
            },
        )
        sale = Sale(self, check, overrides.get('client_email') or contact)
        self.sales.append(sale)
        return sale

    def post(self, form: bytes, contact: str) -> Sale:
        """A whole form as it is, but for its number and the cashbox's token; `contact` is the buyer's as a register
        should be told it."""
        unique_id = str(20001 + len(self.sales))
        text = form.decode('ascii').strip()
        text = text.replace('unique_id=20001', f'unique_id={unique_id}').replace('=kx', f'={self.token}')
        check = call(
            'POST',
            f'{self.portal}/_sim/checks',
            {'portal': self.name, 'print_url': self.url('print'), 'body': text},
        )
        self.sales.append(Sale(self, check, contact))
        return self.sales[-1]

    def accepted(self, fixture: str = 'sell-cash', **overrides: str | None) -> Sale:
        sale = self.sell(fixture, **overrides)
        assert sale.uuid, f'PRINT_URL refused: {sale.first_answer}'
        return sale

    def check_url(self, uuid: str) -> PortalAnswer:
        return portal_post(self.url('check'), f'uuid={uuid}'.encode())

    def arm_portal(self, fault: str, count: int | None = 1, **parameters: Any) -> None:
        call(
            'POST',
            f'{self.portal}/_sim/faults',
            {'fault': fault, 'count': count, 'match': {'portal': self.name}, **parameters},
        )

    def pushes(self) -> list[Row]:
        rows = call('GET', f'{self.portal}/_sim/ledger?event=rest&portal={self.name}')
        return [row for row in rows if row['method'] == 'sale.cashbox.check.apply']

    def documents(self) -> list[Row]:
        """Receipts signed by any of its registers, people's own left out."""
        return [row for till in self.tills for row in till.receipts() if not row['foreign']]

    def judge(self) -> None:
        """I1 by the registers' own ledgers: at most one document a check, of its total, none of nobody's."""
        totals = {sale.contact: sale.total_kopecks for sale in self.sales}
        seen: set[str] = set()
        for document in self.documents():
            contact = document['contact']
            assert contact in totals, f'nobody sold {document}'
            assert (
                contact not in seen
            ), f'printed twice: {[row for row in self.documents() if row["contact"] == contact]}'
            assert document['total'] == totals[contact], f'sold for {totals[contact]}, printed {document}'
            seen.add(contact)


class Sale:
    """One check and the receipt it became."""

    def __init__(self, shop: Shop, check: Row, contact: str) -> None:
        self.shop, self.contact = shop, contact
        self.unique_id, self.uuid, self.first_answer = check['unique_id'], check['uuid'], check['print_answer']
        self.total_kopecks = _total_of(check['body'])
        self._url = f'{shop.portal}/_sim/checks/{shop.name}/{self.unique_id}'

    def show(self) -> Any:
        return self.shop.stack.kassactl_json('receipts', 'show', self.uuid)

    def state(self) -> str:
        return (self.show() or {}).get('state', 'unknown')

    def reaches(self, state: str, within_s: float = PATIENCE_S) -> Row:
        """Waits for the state; fails at once in another final one."""

        def look() -> Row | None:
            shown = self.show() or {}
            if shown.get('state') == FINAL != state:
                raise AssertionError(f'{self.uuid} ended {shown["state"]}, not {state}: {shown}')
            return shown if shown.get('state') == state else None

        return eventually(look, f'receipt {self.uuid} is {state}', within_s, seen=self.show)

    def document(self) -> Any:
        """What a register signed for it, a Row; None when nothing was. A test that indexes None has failed, and may."""
        return next((row for row in self.shop.documents() if row['contact'] == self.contact), None)

    def printed(self, within_s: float = PATIENCE_S) -> Row:
        return eventually(self.document, f'a document of {self.uuid}', within_s, seen=self.show)

    def requests(self) -> list[Row]:
        return [row for till in self.shop.tills for row in till.requests() if self.contact in row['request']]

    def at_portal(self) -> Row:
        return call('GET', self._url)

    def portal_says(self, state: str, within_s: float = PATIENCE_S) -> Row:
        return eventually(
            lambda: (now := self.at_portal())['state'] == state and now,
            f'the portal has {self.unique_id} as {state}',
            within_s,
            seen=lambda: (self.at_portal(), self.show()),
        )

    def poll(self) -> Row:
        return call('POST', f'{self.shop.portal}/_sim/poll', {'portal': self.shop.name, 'unique_id': self.unique_id})[0]

    def person(self, verb: str, *words: str) -> tuple[int, str, str]:
        """kassactl receipts VERB; exit code, output, errors."""
        return self.shop.stack.kassactl('receipts', verb, self.uuid, *words)

    def resolve(self, printed: Row | None, unless_settled: bool = False) -> None:
        """A person answers: printed as this document, or not printed. `unless_settled`: it may be settled meanwhile."""
        answer = ['--not-printed']
        if printed:
            answer = ['--printed', '--fn', printed['fn'], '--fd', str(printed['fd']), '--fp', printed['fp']]
        code, out, err = self.shop.stack.kassactl('receipts', 'resolve', self.uuid, *answer)
        settled = any(words in err for words in ('waits for an answer', 'may still be answered'))  # the next attempt
        assert code == 0 or (unless_settled and settled), out + err

    def post_again(self) -> dict[str, Any]:
        """The same bytes once more; the decoded answer."""
        return json.loads(call('POST', f'{self._url}/post-again', {})['print_answer']['body'])

    def print_again(self, **overrides: str | None) -> Row:
        again = call('POST', f'{self._url}/print-again', {'overrides': overrides})
        self.uuid, self.total_kopecks = again['uuid'], _total_of(again['body'])
        return again

    def check_url(self) -> dict[str, Any]:
        return self.shop.check_url(self.uuid).json()


def _total_of(body: str) -> int:
    """Kopecks of a form's total_sum, by the portal's own decimal text."""
    total = dict(urllib.parse.parse_qsl(body, encoding='latin-1')).get('total_sum', '0')
    return int((Decimal(total) * 100).quantize(Decimal(1), ROUND_HALF_UP))
