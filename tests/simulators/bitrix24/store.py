"""The portals' checks. Every change is a row of the ledger with the whole check, from which they start again."""

from __future__ import annotations

import copy
import threading
from dataclasses import asdict, dataclass, field
from typing import Any

from bitrix24 import form, portal_client
from bitrix24.effects import Effect, PortalTypeError, of_check, of_print
from common.ledger import Ledger

POLLED_AT_ONCE = 5


class Refused(Exception):
    """The portal's own user interface would not do that."""


@dataclass
class Check:
    portal: str
    unique_id: str
    print_url: str
    check_url: str
    body: str  # as sent last; latin-1
    state: str = 'N'
    uuid: str = ''  # EXTERNAL_UUID
    how: str = ''  # became Y by push, poll or malfunction
    error: str = ''
    attributes: dict[str, Any] = field(default_factory=dict)
    print_answer: dict[str, Any] = field(default_factory=dict)
    sent: int = 0

    def raw_body(self) -> bytes:
        return self.body.encode('latin-1')


class Store:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.RLock()
        self._checks: dict[tuple[str, str], Check] = {}
        for row in ledger.rows(event='check'):
            check = Check(**row['check'])
            self._checks[check.portal, check.unique_id] = check
        numbers = [int(unique_id) for _, unique_id in self._checks if unique_id.isdigit()]
        self._next_id = max([1000, *numbers]) + 1

    def all(self) -> list[Check]:
        with self._lock:
            return [copy.deepcopy(check) for check in self._checks.values()]

    def get(self, portal: str, unique_id: str) -> Check:
        with self._lock:
            return copy.deepcopy(self._checks[portal, unique_id])

    def _save(self, check: Check, cause: str, **more: Any) -> None:
        self._ledger.append(
            'check',
            cause=cause,
            portal=check.portal,
            unique_id=check.unique_id,
            state=check.state,
            uuid=check.uuid,
            check=asdict(check),
            **more,
        )

    # --- PRINT_URL ---

    def create(
        self, portal: str, print_url: str, check_url: str, body: bytes, overrides: form.Overrides, raw: bool
    ) -> Check:
        """`raw` posts the body's bytes as they are. Answers when PRINT_URL has."""
        with self._lock:
            unique_id = str(overrides.get('unique_id') or (raw and form.value_of(body, 'unique_id')) or self._next_id)
            if (portal, unique_id) in self._checks:
                raise Refused(f'check {unique_id} of {portal} exists')
            self._next_id = max(self._next_id, int(unique_id) if unique_id.isdigit() else 0) + 1
            if not raw:
                body = form.replaced(form.sending(body, unique_id, portal), overrides)
            check = Check(portal, unique_id, print_url, check_url, body.decode('latin-1'))
            self._checks[portal, unique_id] = check
        self._print(check)
        return self.get(portal, unique_id)

    def print_again(self, portal: str, unique_id: str, overrides: form.Overrides, body: bytes | None) -> Check:
        with self._lock:
            check = self._checks[portal, unique_id]
            if check.state != 'E':
                raise Refused(f'check {unique_id} is {check.state}: only E can be printed again')
            previous = form.value_of(check.raw_body(), 'date_create')
            if body is None:
                body = form.sending(check.raw_body(), unique_id, portal, int(previous) if previous.isdigit() else 0)
            check.body = form.replaced(body, overrides).decode('latin-1') if overrides else body.decode('latin-1')
        self._print(check)
        return self.get(portal, unique_id)

    def _print(self, check: Check) -> None:
        with self._lock:
            check.state, check.sent = 'P', check.sent + 1  # before PRINT_URL is called
            self._save(check, 'print')
        reply, problem = _post(check.print_url, check.raw_body())
        with self._lock:
            check.print_answer = _shown(reply, problem)
            try:
                self._apply(check, of_print(reply, problem), 'print_answer')
            except PortalTypeError as error:
                self._save(check, 'type_error', detail=str(error))

    def post_again(self, portal: str, unique_id: str) -> dict[str, Any]:
        """The same bytes once more, as a followed redirect would; nothing of the answer is kept."""
        check = self.get(portal, unique_id)
        reply, problem = _post(check.print_url, check.raw_body())
        self._ledger.append('posted_again', portal=portal, unique_id=unique_id, answer=_shown(reply, problem))
        return {'print_answer': _shown(reply, problem)}

    # --- CHECK_URL ---

    def poll(self, portal: str | None, unique_id: str | None) -> list[dict[str, Any]]:
        """One run of the agent over each portal, or a manager's click on one check."""
        with self._lock:
            if unique_id is not None:
                return [self._poll_one(self._checks[portal or '', unique_id])]
            chosen: dict[str, list[Check]] = {}
            for check in self._checks.values():
                if check.state == 'P' and portal in (None, check.portal):
                    chosen.setdefault(check.portal, []).append(check)
        return [self._poll_one(check) for checks in chosen.values() for check in checks[:POLLED_AT_ONCE]]

    def _poll_one(self, check: Check) -> dict[str, Any]:
        asked = check.uuid
        reply, problem = _post(check.check_url, f'uuid={form.php_urlencode(asked)}'.encode() if asked else b'')
        told = {'portal': check.portal, 'unique_id': check.unique_id, 'uuid': asked, 'answer': _shown(reply, problem)}
        with self._lock:
            try:
                effect = of_check(reply)
                if asked and check.state != 'Y':
                    self._apply(check, effect, 'poll', answer=told['answer'])
            except PortalTypeError as error:
                self._save(check, 'type_error', detail=str(error), answer=told['answer'])
            return told | {'state': check.state, 'how': check.how}

    # --- sale.cashbox.check.apply ---

    def find(self, portal: str, uuid: str) -> Check | None:
        """Not case-dependent, as in MySQL."""
        with self._lock:
            return next(
                (
                    check
                    for check in self._checks.values()
                    if check.portal == portal and check.uuid and check.uuid.lower() == uuid.lower()
                ),
                None,
            )

    def push(self, check: Check, effect: Effect) -> None:
        with self._lock:
            if check.state == 'Y':
                self._save(check, 'push_ignored')  # the first data win
            else:
                self._apply(check, effect, 'push')

    def _apply(self, check: Check, effect: Effect, cause: str, **more: Any) -> None:
        if effect.uuid is not None:
            check.uuid = effect.uuid
        if check.state == 'Y':
            return self._save(check, f'{cause}_ignored', **more)
        check.state, check.error = effect.state, effect.error
        if effect.state == 'Y':
            check.how, check.attributes = 'malfunction' if effect.malfunction else cause, effect.attributes
        self._save(check, cause, **more)


def _post(url: str, body: bytes) -> tuple[portal_client.Reply | None, str]:
    try:
        return portal_client.post(url, body), ''
    except portal_client.Problem as problem:
        return None, str(problem)


def _shown(reply: portal_client.Reply | None, problem: str) -> dict[str, Any]:
    if reply is None:
        return {'status': None, 'body': '', 'problem': problem}
    return {'status': reply.status, 'body': reply.body.decode('utf-8', 'replace'), 'problem': '', 'hops': reply.hops}
