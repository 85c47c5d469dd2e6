"""Exact money: decimal text to whole kopecks, half-up, never through binary floating point."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

LIMIT = Decimal('42949672.95')  # ffd.md §4 5


def decimal_of(value: Any) -> Decimal:
    """Of JSON text or a number read by `exact_json`. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ValueError(f'не число: {value!r}')
    try:
        number = Decimal(value.replace(',', '.') if isinstance(value, str) else value)
    except InvalidOperation as error:
        raise ValueError(f'не число: {value!r}') from error
    if not number.is_finite() or abs(number) > LIMIT:
        raise ValueError(f'не сумма: {value!r}')
    return number


def rounded_kopecks(rubles: Decimal) -> int:
    return int((rubles * 100).quantize(Decimal(1), ROUND_HALF_UP))


def kopecks(value: Any) -> int:
    """Raises ValueError, also for negative sums."""
    amount = rounded_kopecks(decimal_of(value))
    if amount < 0:
        raise ValueError(f'отрицательная сумма: {value!r}')
    return amount


def rubles(amount: int) -> str:
    return f'{amount // 100}.{amount % 100:02d}'


def exact_json(text: bytes | str) -> Any:
    """JSON with its fractions as Decimal. Raises ValueError."""
    return json.loads(text, parse_float=Decimal)
