"""What the driver says (bit-driver.md §7); no answer of a real one is public, so the shape can be chosen."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from common.fiscal_storage import MOSCOW
from common.http_server import Answer
from common.money import rubles

SHAPES = ('array', 'object', 'no_attributes', 'qr_only', 'windows_1251', 'signed_sign', 'floats', 'tag_dump')
SIGNS = {1: 'Приход', 2: 'Возврат прихода', 3: 'Расход', 4: 'Возврат расхода'}
Entry = dict[str, Any]


def success(name: str, document: dict[str, Any], shape: str) -> Entry:
    entry: Entry = {'name': name, 'success': 'Команда выполнена успешно'}
    if shape == 'no_attributes':
        return entry
    if shape == 'qr_only':
        return entry | ({'success': f'Чек напечатан {document["qr"]}'} if document['qr'] else {})
    if shape == 'tag_dump':
        return entry | {'printedText': _tag_dump(document)}
    entry |= {
        'fnNumber_1041': document['fn'],
        'fiscalDocumentNumber_1040': document['fd'],
        'fiscalSign_1077': document['fp'],
        'shiftNumber_1038': document['shift'],
        'kktRegistrationNumber_1037': document['registration_number'],
        'dateTime_1012': datetime.fromtimestamp(document['printed_at'], MOSCOW).strftime('%Y-%m-%dT%H:%M:%S'),
    }
    if document['kind'] == 'receipt':
        entry |= {
            'receiptNumber_1042': document['receipt_number'],
            'qrCode_1196': document['qr'],
            'total_1020': document['total'] / 100,
        }
    return _renumbered(entry, shape)


def _renumbered(entry: Entry, shape: str) -> Entry:
    """The same numbers as other drivers write them: a sign as int32, counters as floats."""
    sign = int(entry['fiscalSign_1077'])
    if shape == 'signed_sign':
        return entry | {'fiscalSign_1077': sign - 2**32 if sign >= 2**31 else sign}
    if shape == 'floats':
        counters = ('fiscalDocumentNumber_1040', 'shiftNumber_1038', 'receiptNumber_1042')
        return entry | {key: float(entry[key]) for key in counters if key in entry} | {'fiscalSign_1077': float(sign)}
    return entry


def _tag_dump(document: dict[str, Any]) -> str:
    """A document as a driver prints it for itself: a tag, its name and value a line."""
    at = datetime.fromtimestamp(document['printed_at'], MOSCOW)
    lines = [
        'КАССОВЫЙ ЧЕК' if document['kind'] == 'receipt' else 'ОТЧЕТ',
        '1209,ВЕРСИЯ ФФД:1.2',
        f'1041,НОМЕР ФН:{document["fn"]}',
        f'1037,РЕГ. НОМЕР ККТ:{document["registration_number"]}    ',
        f'1040,НОМЕР ФД:{document["fd"]}',
        f'1012,ДАТА, ВРЕМЯ:{at:%d.%m.%y %H:%M:%S}',
        f'1077,ФП ДОКУМЕНТА:{document["fp"]}',
        f'1038,НОМЕР СМЕНЫ:{document["shift"]}',
    ]
    if document['kind'] == 'receipt':
        lines += [
            f'1042,НОМЕР ЧЕКА ЗА СМЕНУ:{document["receipt_number"]}',
            f'1054,ПРИЗН. РАСЧЕТА:{SIGNS[document["sign"]]}',
            f'1020,СУММА РАСЧЕТА В ЧЕКЕ(БСО):{rubles(document["total"])} rub.',
        ]
    return '\n'.join(lines)


def failure(name: str, text: str) -> Entry:
    return {'name': name, 'error': text}


def as_told(body: str, names: dict[str, str], status: int) -> Answer:
    """Any answer at all, with KEY, DOCUMENT and REGISTER in the place of this packet's names."""
    for name, value in names.items():
        body = body.replace(name, value)
    return Answer(status, body.encode())


def packet_refused(text: str) -> Answer:
    return Answer(200, json.dumps({'result': False, 'error': text}, ensure_ascii=False).encode())


def packet_done(entries: list[Entry], shape: str) -> Answer:
    value: Any = {entry['name']: entry for entry in entries} if shape == 'object' else entries
    text = json.dumps(value, ensure_ascii=False)
    if shape == 'windows_1251':
        return Answer(200, text.encode('cp1251'), 'application/json')
    return Answer(200, text.encode())
