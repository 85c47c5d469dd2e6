"""A register's fiscal storage: gapless document numbers, shifts, signs; all of it can be rebuilt from the ledger."""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from common.ledger import Ledger, Row
from common.money import rubles

SHIFT_LONGEST_S = 24 * 3600
MOSCOW = timezone(timedelta(hours=3))


class ShiftError(Exception):
    """`code` is closed, open or expired."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Receipt:
    """What a protocol's parser understood; money in kopecks."""

    sign: int  # tag 1054
    total: int
    lines: list[dict[str, Any]] = field(default_factory=list)
    payments: dict[str, int] = field(default_factory=dict)  # tag -> amount
    contact: str = ''


# The beginnings of storages' numbers: two makers of real ones, and that of emulators (itkassa.md §6.2 has a real one).
REAL_FN_STARTS = ('7380440', '7284440')
TEST_FN_START = '9999'


def made_up_fn(register: str, generation: int, test: bool = False) -> str:
    digest = hashlib.sha256(f'{register}/{generation}'.encode()).digest()
    start = TEST_FN_START if test else REAL_FN_STARTS[digest[6] % len(REAL_FN_STARTS)]
    digits = 16 - len(start)
    return f'{start}{int.from_bytes(digest[:6], "big") % 10 ** digits:0{digits}d}'


def made_up_registration_number(register: str) -> str:
    digest = hashlib.sha256(f'rnm/{register}'.encode()).digest()
    return f'000{int.from_bytes(digest[:6], "big") % 10 ** 13:013d}'


class FiscalStorage:
    """Thread-safe; `lock` serialises what a register does, as the register itself would."""

    def __init__(
        self, ledger: Ledger, register: str, fn: str = '', registration_number: str = '', test: bool = False
    ) -> None:
        """`test`: without legal force, the storage is an emulator."""
        self.test = test
        self.lock = threading.RLock()
        self.register = register
        self.registration_number = registration_number or made_up_registration_number(register)
        self._ledger = ledger
        self._generation = 0
        self._insert(fn or made_up_fn(register, 0, test))
        for row in ledger.rows(register=register):
            self._replay(row)

    def _insert(self, fn: str) -> None:
        self.fn, self.last_fd, self.shift, self.receipts_in_shift = fn, 0, 0, 0
        self.opened_at: float | None = None

    def _replay(self, row: Row) -> None:
        if row['event'] == 'storage':
            self._generation += 1
            self._insert(row['fn'])
        elif row['event'] == 'shift_age':
            self.opened_at = row['opened_at']
        elif row['event'] == 'document':
            self.last_fd, self.shift, self.receipts_in_shift = row['fd'], row['shift'], row['receipt_number']
            if row['kind'] == 'open_shift':
                self.opened_at = row['printed_at']
            elif row['kind'] == 'close_shift':
                self.opened_at = None

    # --- what a register does ---

    def shift_state(self) -> str:
        if self.opened_at is None:
            return 'closed'
        return 'expired' if time.time() - self.opened_at > SHIFT_LONGEST_S else 'opened'

    def open_shift(self, **extra: Any) -> Row:
        with self.lock:
            if self.opened_at is not None:
                raise ShiftError('open')
            self.shift, self.receipts_in_shift = self.shift + 1, 0
            row = self._sign('open_shift', Receipt(0, 0), extra)
            self.opened_at = row['printed_at']
            return row

    def close_shift(self, **extra: Any) -> Row:
        with self.lock:
            if self.opened_at is None:
                raise ShiftError('closed')
            row = self._sign('close_shift', Receipt(0, 0), extra)
            self.opened_at = None
            return row

    def print_receipt(self, receipt: Receipt, **extra: Any) -> Row:
        with self.lock:
            if self.shift_state() != 'opened':
                raise ShiftError(self.shift_state())
            self.receipts_in_shift += 1
            return self._sign('receipt', receipt, extra)

    def _sign(self, kind: str, receipt: Receipt, extra: dict[str, Any]) -> Row:
        now = int(time.time())
        fd = self.last_fd + 1
        digest = hashlib.sha256(f'{self.fn}/{fd}/{kind}/{receipt.total}'.encode()).digest()
        fp = f'{int.from_bytes(digest[:4], "big"):010d}'
        local = datetime.fromtimestamp(now, MOSCOW)
        qr = ''
        if kind == 'receipt':
            qr = f't={local:%Y%m%dT%H%M%S}&s={rubles(receipt.total)}&fn={self.fn}&i={fd}&fp={fp}&n={receipt.sign}'
        row = self._ledger.append(
            'document',
            register=self.register,
            fn=self.fn,
            fd=fd,
            fp=fp,
            kind=kind,
            sign=receipt.sign,
            total=receipt.total,
            shift=self.shift,
            receipt_number=self.receipts_in_shift,
            printed_at=now,
            qr=qr,
            registration_number=self.registration_number,
            test=self.test,
            lines=receipt.lines,
            payments=receipt.payments,
            contact=receipt.contact,
            **{'key': '', 'late': False, 'foreign': False, 'request': '', **extra},
        )
        self.last_fd = fd
        return row

    # --- what people do to it ---

    def make_shift_old(self, hours: float) -> None:
        with self.lock:
            if self.opened_at is None:
                raise ShiftError('closed')
            self.opened_at = time.time() - hours * 3600
            self._ledger.append('shift_age', register=self.register, opened_at=self.opened_at)

    def replace(self) -> None:
        """Another storage is put in; the shift is closed before, as the law wants."""
        with self.lock:
            if self.opened_at is not None:
                self.close_shift()
            self._generation += 1
            fn = made_up_fn(self.register, self._generation, self.test)
            self._ledger.append('storage', register=self.register, fn=fn)
            self._insert(fn)

    def as_json(self) -> dict[str, Any]:
        return {
            'register': self.register,
            'fn': self.fn,
            'registration_number': self.registration_number,
            'test': self.test,
            'last_fd': self.last_fd,
            'shift': self.shift,
            'shift_state': self.shift_state(),
            'receipts_in_shift': self.receipts_in_shift,
        }
