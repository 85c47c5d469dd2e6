"""What a packet may hold (bit-driver.md §4-§6): keys end in their FFD tag, money is a JSON number of rubles."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from common.fiscal_storage import Receipt
from common.money import decimal_of, kopecks, rounded_kopecks

COMMANDS = ('kktReceiptFiscalization', 'kktOpenShift', 'kktCloseShift')
PAYMENT_TAGS = ('1031', '1081', '1215', '1216', '1217')
ONE_BIT = (1, 2, 4, 8, 16, 32)


class DataError(ValueError):
    """The receipt cannot be printed as it is; the text is the driver's."""


def tag_of(key: str) -> str:
    """The digits after the last underscore, or the whole key; '' for a group or switch (§6.1)."""
    tail = key.rpartition('_')[2]
    return tail if tail.isdigit() else ''


def by_tag(holder: Any) -> dict[str, Any]:
    return {tag: value for key, value in holder.items() if (tag := tag_of(key))} if isinstance(holder, dict) else {}


def read_receipt(data: Any) -> Receipt:
    """Raises DataError."""
    if not isinstance(data, dict):
        raise DataError('Ошибка данных: нет поля data')
    tags = by_tag(data)
    sign = _one_of(tags, '1054', range(1, 5))
    _one_of(tags, '1055', ONE_BIT)
    lines = tags.get('1059')
    if not isinstance(lines, list) or not lines:
        raise DataError('Ошибка данных: нет позиций (1059)')
    read = [_read_line(by_tag(line)) for line in lines]
    given = by_tag(data.get('payments'))
    payments = {tag: _money(given, tag) for tag in PAYMENT_TAGS if given.get(tag) is not None}
    total, paid = sum(line['total'] for line in read), sum(payments.values())
    if paid < total or paid - total > payments.get('1031', 0):
        raise DataError('Ошибка данных: сумма оплат не равна сумме чека')
    if paid > total:
        payments['1031'] -= paid - total  # change
    contact = tags.get('1008') or by_tag(data.get('clientInfo')).get('1008') or ''
    return Receipt(sign, total, read, {tag: amount for tag, amount in payments.items() if amount}, str(contact))


def _read_line(tags: dict[str, Any]) -> dict[str, Any]:
    name = tags.get('1030')
    if not isinstance(name, str) or not 1 <= len(name) <= 128:
        raise DataError('Ошибка данных: недопустимое наименование (1030)')
    _one_of(tags, '1199', range(1, 13))
    _one_of(tags, '1214', range(1, 8))
    _one_of(tags, '1212', range(1, 34))
    price, total, quantity = _money(tags, '1079'), _money(tags, '1043'), _number(tags, '1023')
    if quantity <= 0 or abs(rounded_kopecks(Decimal(price) / 100 * quantity) - total) > 1:
        raise DataError('Ошибка данных: сумма позиции (1043) не равна цене на количество')
    return {
        'title': name,
        'price': price,
        'quantity': str(quantity),
        'total': total,
        'tax': tags['1199'],
        'subject': tags['1212'],
        'method': tags['1214'],
        'measure': tags.get('2108'),
        'code': tags.get('2000', tags.get('1162', '')),
    }


def _one_of(tags: dict[str, Any], tag: str, values: Any) -> int:
    value = tags.get(tag)
    if isinstance(value, bool) or not isinstance(value, int) or value not in values:
        raise DataError(f'Ошибка данных: недопустимое значение реквизита {tag}')
    return value


def _number(tags: dict[str, Any], tag: str) -> Decimal:
    value = tags.get(tag)
    if isinstance(value, str):
        raise DataError(f'Ошибка данных: реквизит {tag} должен быть числом')
    try:
        return decimal_of(value)
    except ValueError as error:
        raise DataError(f'Ошибка данных: недопустимое значение реквизита {tag}') from error


def _money(tags: dict[str, Any], tag: str) -> int:
    try:
        return kopecks(_number(tags, tag))
    except ValueError as error:
        raise DataError(f'Ошибка данных: недопустимое значение реквизита {tag}') from error
