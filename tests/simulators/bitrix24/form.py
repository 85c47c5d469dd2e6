"""PRINT_URL bodies: those of tests/fixtures/print-url, with single pairs replaced and every other byte kept."""

from __future__ import annotations

import pathlib
import time
import urllib.parse

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / 'fixtures' / 'print-url'
SHORT_NAMES = {'token': 'cashbox_params[GATEWAY][TOKEN]'}
Overrides = dict[str, str | None]


def fixture(name: str) -> bytes:
    """Raises ValueError."""
    path = FIXTURES / f'{name}.http'
    if '/' in name or not path.is_file():
        raise ValueError(f'fixtures are: {", ".join(sorted(each.stem for each in FIXTURES.glob("*.http")))}')
    return path.read_bytes().partition(b'\r\n\r\n')[2]


def php_urlencode(text: str) -> str:
    return urllib.parse.quote(text, safe='-_. ').replace(' ', '+').replace('~', '%7E')


def pairs_of(body: bytes) -> list[tuple[str, str]]:
    """Decoded key, raw value."""
    split = (pair.partition('=') for pair in body.decode('latin-1').split('&') if pair)
    return [(urllib.parse.unquote_plus(key), value) for key, _, value in split]


def value_of(body: bytes, key: str) -> str:
    return next((urllib.parse.unquote_plus(value) for name, value in pairs_of(body) if name == key), '')


def replaced(body: bytes, overrides: Overrides) -> bytes:
    """None removes the pair; a key the body lacks is added at the end."""
    wanted = {SHORT_NAMES.get(key, key): value for key, value in overrides.items()}
    result, seen = [], set()
    for raw in body.decode('latin-1').split('&'):
        key = urllib.parse.unquote_plus(raw.partition('=')[0])
        if key not in wanted:
            result.append(raw)
        elif key not in seen and wanted[key] is not None:
            result.append(f'{raw.partition("=")[0]}={php_urlencode(str(wanted[key]))}')
        seen.add(key)
    result += [
        f'{php_urlencode(key)}={php_urlencode(str(value))}'
        for key, value in wanted.items()
        if key not in seen and value is not None
    ]
    return '&'.join(result).encode('latin-1')


def sending(body: bytes, unique_id: str, portal: str, previous_date: int = 0) -> bytes:
    """What differs in each sending of a check (§5.9): `date_create` and with it `uuid`."""
    now = max(int(time.time()), previous_date + 1)
    return replaced(
        body,
        {
            'unique_id': unique_id,
            'date_create': str(now),
            'uuid': f'check|{portal}.bitrix24.ru|{unique_id}|{now}'[:100],
        },
    )
