"""What the driver says (bit-driver.md §7); no answer of a real one is public, so the shape can be chosen."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from common.fiscal_storage import MOSCOW
from common.http_server import Answer

SHAPES = ('array', 'object', 'no_attributes', 'qr_only', 'windows_1251')
Entry = dict[str, Any]


def success(name: str, document: dict[str, Any], shape: str) -> Entry:
    entry: Entry = {'name': name, 'success': 'Команда выполнена успешно'}
    if shape == 'no_attributes':
        return entry
    if shape == 'qr_only':
        return entry | ({'success': f'Чек напечатан {document["qr"]}'} if document['qr'] else {})
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
    return entry


def failure(name: str, text: str) -> Entry:
    return {'name': name, 'error': text}


def packet_refused(text: str) -> Answer:
    return Answer(200, json.dumps({'result': False, 'error': text}, ensure_ascii=False).encode())


def packet_done(entries: list[Entry], shape: str) -> Answer:
    value: Any = {entry['name']: entry for entry in entries} if shape == 'object' else entries
    text = json.dumps(value, ensure_ascii=False)
    if shape == 'windows_1251':
        return Answer(200, text.encode('cp1251'), 'application/json')
    return Answer(200, text.encode())
