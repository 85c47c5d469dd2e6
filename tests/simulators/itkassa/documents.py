"""What may stand in a print document (itkassa.md §3-§5, §9), and what the fiscal storage is told of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from common.fiscal_storage import Receipt
from common.money import decimal_of, kopecks, rounded_kopecks

SIGNS = {'sale': 1, 'returnSale': 2, 'buy': 3, 'returnBuy': 4}
SHIFT_COMMANDS = ('openSession', 'closeSession')
TITLES = {
    'sale': 'ФД Приход',
    'returnSale': 'ФД Возврат прихода',
    'buy': 'ФД Расход',
    'returnBuy': 'ФД Возврат расхода',
    'openSession': 'ФД Открытие смены',
    'closeSession': 'ФД Закрытие смены',
}
PPR = {
    'goods',
    'excise_goods',
    'job',
    'service',
    'bet_in_game',
    'winning_in_game',
    'lottery_ticket',
    'lottery_winning',
    'ipr',
    'payment',
    'agent_commission',
    'composite',
    'other',
}
PSR = {'prepayment_100', 'prepayment', 'advance', 'full_settle', 'credit', 'credit_transfer', 'credit_payment'}
TAX = {'vat_20', 'vat_10', 'vat_120', 'vat_110', 'vat_0', 'vat_none'}
SNO = {'sno_osn', 'sno_ysn_d', 'sno_ysn_dmr', 'sno_envd', 'sno_esn', 'sno_psn'}
PAYMENT_TAGS = {
    'amountCash': '1031',
    'amountElectronic': '1081',
    'amountPrepaid': '1215',
    'amountCredit': '1216',
    'amountIncoming': '1217',
}


class Refused(ValueError):
    """The server's validation; the text is its own."""


def command_of(document: dict[str, Any]) -> dict[str, Any]:
    commands = document.get('commands')
    if not isinstance(commands, list) or len(commands) != 1 or not isinstance(commands[0], dict):
        raise Refused('Недопустимое поле commands: ожидается одна команда')
    return commands[0]


def read_receipt(command: dict[str, Any]) -> Receipt:
    """Of one of SIGNS. Raises Refused."""
    _one_of(command, 'sno', SNO)
    contact = command.get('tagClientContact', '')
    if command.get('isPrintable') is False and not contact:
        raise Refused('Не указано обязательное поле tagClientContact')
    lines = command.get('lines')
    if not isinstance(lines, list) or not lines:
        raise Refused('Не указано обязательное поле lines')
    read = [_read_line(line) for line in lines]
    payments = {tag: _money(command, name) for name, tag in PAYMENT_TAGS.items() if command.get(name) is not None}
    total = sum(line['total'] for line in read)
    paid = sum(payments.values())
    if total <= 0:
        raise Refused('Недопустимая сумма чека: должна быть больше нуля')
    if paid < total or paid - total > payments.get('1031', 0):
        raise Refused('Недопустимая сумма оплат: не соответствует сумме позиций')
    if paid > total:
        payments['1031'] -= paid - total  # change: the storage keeps what stayed in the drawer
    return Receipt(SIGNS[command['type']], total, read, payments, contact)


def _read_line(line: dict[str, Any]) -> dict[str, Any]:
    title = line.get('title')
    if not isinstance(title, str) or not 1 <= len(title.strip()) <= 250:
        raise Refused('Недопустимое поле title')
    for name, values in (('tax', TAX), ('ppr', PPR), ('psr', PSR)):
        _one_of(line, name, values)
    price, total = _money(line, 'price'), _money(line, 'total')
    quantity = _number(line, 'quantity')
    if quantity <= 0:
        raise Refused('Недопустимое поле quantity')
    if abs(rounded_kopecks(Decimal(price) / 100 * quantity) - total) > 1:
        raise Refused('Недопустимое поле total: не соответствует price и quantity')
    return {
        'title': title,
        'price': price,
        'quantity': str(quantity),
        'total': total,
        'tax': line['tax'],
        'ppr': line['ppr'],
        'psr': line['psr'],
        'code': line.get('tagTrueSign', ''),
    }


def _one_of(holder: dict[str, Any], name: str, values: set[str]) -> None:
    if holder.get(name) not in values:
        raise Refused(f'Недопустимое значение поля {name}: {holder.get(name)}')


def _number(holder: dict[str, Any], name: str) -> Decimal:
    try:
        return decimal_of(holder.get(name))
    except ValueError as error:
        raise Refused(f'Недопустимое поле {name}') from error


def _money(holder: dict[str, Any], name: str) -> int:
    try:
        return kopecks(holder.get(name))
    except ValueError as error:
        raise Refused(f'Недопустимое поле {name}') from error
