#!/usr/bin/python3
"""cases.py [WORD …]: the table of cases against the running stack; only those whose name holds one of the words."""

from __future__ import annotations

import base64
import json
import os
import pathlib
import secrets
import sys
import urllib.parse
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'functional'))

from harness.registers import BitTill, ItkassaTill, Till
from harness.shop import Sale, Shop
from harness.stack import Stack
from harness.waiting import eventually

FORMS = ROOT / 'tests' / 'fixtures' / 'cases' / 'print-url'
ANSWERS = ROOT / 'tests' / 'fixtures' / 'answers'
PATIENCE_S = 300.0  # twice the quiet time of production
AT_ONCE = 8
RECEIPT = {'type': 'kktReceiptFiscalization'}
BUYER = 'buyer@example.ru'
GS = '\x1d'
MOSCOW = timezone(timedelta(hours=3))
# Questions before the attributes of a document show: the receipt is seen as uncertain meanwhile.
QUESTIONS_BEFORE_ATTRIBUTES = 5

Row = dict[str, Any]


@dataclass(frozen=True)
class Case:
    name: str
    see: Callable[[Stack], str]
    right: Sequence[str]


# --- what is posted to PRINT_URL ---


def of_protocol(stack: Stack, protocol: str, **declared: Any) -> Till:
    kind = BitTill if protocol == 'bit' else ItkassaTill
    return kind(stack, f'case-{secrets.token_hex(4)}', **declared)


def posted(
    form: str, protocol: str, ffd: str, told: Callable[[Row], str], contact: str = BUYER
) -> Callable[[Stack], str]:
    """Posts a form; `told` reads the document of the register's ledger."""

    def see(stack: Stack) -> str:
        till = of_protocol(stack, protocol)
        shop = Shop(stack, [till], ffd=ffd)
        sale = shop.post((FORMS / f'{form}.form').read_bytes(), contact)
        if not sale.uuid:
            return refusal(sale, form) if not till.requests() else f'ERRORS, and {len(till.requests())} requests'
        shown = comes_to_rest(sale, 'uncertain')
        if shown['state'] != 'done':
            return f'{shown["state"]}: {shown["error"]}'
        documents = till.receipts()
        return told(documents[0]) if len(documents) == 1 else f'{len(documents)} documents'

    return see


def refusal(sale: Sale, form: str) -> str:
    """ERRORS, and whether they name the cause, and the line when it is the cause."""
    text = ' '.join(json.loads(sale.first_answer['body'])['ERRORS']).lower()
    line = urllib.parse.unquote_plus(dict(pairs(form))['items[0][name]']).lower()
    names_line = any(word in text for word in (line, 'строк', 'позици'))
    helps = 'итог' in text if form == 'zero-total' else names_line and ('марк' in text or 'код' in text)
    return 'ERRORS' if helps else f'ERRORS that do not help: {text}'


def pairs(form: str) -> list[tuple[str, str]]:
    body = (FORMS / f'{form}.form').read_text('ascii').strip()
    split = (pair.partition('=') for pair in body.split('&'))
    return [(urllib.parse.unquote(key), value) for key, _, value in split]


def comes_to_rest(sale: Sale, *more: str) -> Row:
    """Its end, or a person's turn; `more`: states that are rest enough."""

    def rest() -> Row | None:
        shown = sale.show() or {}
        return shown if shown.get('state') in ('done', 'failed', 'held', *more) else None

    return eventually(rest, f'{sale.uuid} comes to rest', PATIENCE_S, seen=sale.show)


def first_name(document: Row) -> str:
    return document['lines'][0]['title']


def contact_of(document: Row) -> str:
    return document['contact']


def code(document: Row) -> str:
    """Of a BIT driver: tag 2000 comes in base64 (bit-driver.md §6.3)."""
    return base64.b64decode(document['lines'][0]['code']).decode('ascii').replace(GS, '<GS>')


def total(document: Row) -> str:
    return f'printed, total {rubles(document["total"])}'


def prices(document: Row) -> str:
    """Lines of one price and quantity together, the cheaper first."""
    kinds: dict[tuple[int, str], int] = {}
    for line in document['lines']:
        quantity = Decimal(line['quantity']).normalize()
        if line['total'] != line['price'] * quantity:
            return f'{quantity} x {rubles(line["price"])} is not {rubles(line["total"])}'
        kinds[line['price'], f'{quantity:f}'] = kinds.get((line['price'], f'{quantity:f}'), 0) + 1
    parts = [
        f'{count} of {quantity} x {rubles(price)}' if count > 1 else f'{quantity} x {rubles(price)}'
        for (price, quantity), count in sorted(kinds.items())
    ]
    return f'{" + ".join(parts)} = {rubles(document["total"])}'


def supplier(document: Row) -> str:
    """As it was sent: the ledger keeps no supplier."""
    request = json.loads(document['request'])
    if isinstance(request, list):
        return request[0]['data']['1059'][0]['agent']['supplierName_1225']
    return request['commands'][0]['lines'][0]['tagServiceProviderTitle']


def rubles(kopecks: int) -> str:
    return f'{kopecks // 100}.{kopecks % 100:02}'


def on_each(form: str, told: Callable[[Row], str], right: Sequence[str], contact: str = BUYER) -> list[Case]:
    return [
        Case(f'{form}, {protocol}', posted(form, protocol, ffd, told, contact), right)
        for protocol, ffd in (('itkassa', '1.05'), ('bit', '1.2'))
    ]


def on_bit(form: str, told: Callable[[Row], str], right: Sequence[str], ffd: str = '1.2') -> Case:
    return Case(f'{form}, bit', posted(form, 'bit', ffd, told), right)


SUPPLIED_CODE = ('0104680046264732', '215l>VEUc<GS>93Is54')

PRINT_URL_CASES = [
    *on_each('name-cut-mid-character', first_name, ['Чай зелёный китайский крупнолис']),
    *on_each('supplier-cut-mid-character', supplier, ['ООО "Поста', 'ООО «Поста']),
    on_bit('marking-russian-layout', code, ['ERRORS']),
    on_bit('marking-base64', code, ['ERRORS']),
    # Its check digit is wrong: 04620070230721 would have to end in 3.
    on_bit('marking-brackets', code, ['ERRORS', "0104620070230721215srl'UfXX<GS>93dGVz"]),
    on_bit('marking-escaped-u001d', code, ['ERRORS', ''.join(SUPPLIED_CODE), '<GS>'.join(SUPPLIED_CODE)]),
    on_bit('marking-trailing-blank', code, ['ERRORS', '010460043993125621JgXJ5.T-9m3xA<GS>93dGVz']),
    on_bit('marking-brackets-ffd105', code, ['ERRORS'], ffd='1.05'),
    Case('zero-total, itkassa', posted('zero-total', 'itkassa', '1.05', total), ['ERRORS']),
    on_bit('zero-total', total, ['printed, total 0.00']),
    *on_each('email-idn-domain', contact_of, ['test@xn--80aswg.xn--p1ai'], 'test@xn--80aswg.xn--p1ai'),
    *on_each('html-entities', first_name, ['MacBook Pro 15\'\' "Retina" & чехол']),
    *on_each('letters-with-marks', first_name, ["L'Oreal Paris Creme 50 ml"]),
    *on_each('51-lines-of-3-x-33.33', prices, ['34 of 3 x 33.33 + 17 of 3 x 33.34 = 5100.00']),
    *on_each('screws-10000-x-1.2345', prices, ['5500 x 1.23 + 4500 x 1.24 = 12345.00']),
]


# --- what a register answers ---


def bit_shop(stack: Stack, **declared: Any) -> tuple[BitTill, Shop]:
    till = BitTill(stack, f'case-{secrets.token_hex(4)}', **declared)
    till.test = declared.get('test', False)
    return till, Shop(stack, [till])


def done(sale: Sale) -> None:
    shown = comes_to_rest(sale)
    assert shown['state'] == 'done', f'{shown["state"]}: {shown["error"]}'


def count_of(sale: Sale) -> str:
    documents = [row for row in sale.shop.documents() if row['contact'] == sale.contact]
    return f'{len(documents)} documents, {len(sale.requests())} posts'


def bit_error(answer: str, printed: bool) -> Callable[[Stack], str]:
    """Says that it failed; then the next document after the quiet time shows by its number what is true."""

    def see(stack: Stack) -> str:
        till, shop = bit_shop(stack)
        done(shop.accepted())
        till.arm('answer', match=RECEIPT, body=(ANSWERS / f'{answer}.json').read_text(), printed=printed)
        sale = shop.accepted()
        first = comes_to_rest(sale, 'uncertain')['state']
        done(shop.accepted())
        last = comes_to_rest(sale, *(['uncertain'] if printed else []))['state']
        return f'{first}, then {last}: {count_of(sale)}'

    return see


def bit_zero_total(stack: Stack) -> str:
    till, shop = bit_shop(stack)
    done(shop.accepted())
    till.arm(
        'answer',
        count=None,
        match={**RECEIPT, 'total': 0},
        body=(ANSWERS / 'bit-error-zero-total.json').read_text(),
        printed=False,
    )
    gift = shop.post((FORMS / 'zero-total.form').read_bytes(), BUYER)
    if not gift.uuid:
        return f'ERRORS: {gift.first_answer["body"]}'
    proofs = 0
    while comes_to_rest(gift, 'uncertain')['state'] == 'uncertain' and proofs < 4:
        posts = len(gift.requests())
        done(shop.accepted())
        proofs += 1
        eventually(
            lambda: gift.state() in ('held', 'failed', 'done') or len(gift.requests()) > posts,
            'the proof has its consequence',
            PATIENCE_S,
            seen=gift.show,
        )
    state = comes_to_rest(gift, 'uncertain')['state']
    code, _, err = gift.person('fail', '--reason', 'Подарок', '--yes')
    ended = gift.portal_says('E', PATIENCE_S)['state'] if code == 0 else err.strip()
    return f'{state} after {proofs} proofs, failed: portal {ended}; {count_of(gift)}'


def own_storage(answer: str, till: BitTill, fn: str, registration_number: str = '') -> str:
    """The answer with the storage's number made this register's own, as a number is printed once only."""
    text = (ANSWERS / f'{answer}.json').read_text().replace(fn, fn_of(till))
    return text.replace(registration_number, till.registration_number) if registration_number else text


def fn_of(till: BitTill) -> str:
    return till.rows('document')[-1]['fn'] if till.rows('document') else till.declared['fn']


def test_fn() -> str:
    return f'9999{secrets.randbelow(10 ** 12):012d}'


def told(sale: Sale, *names: str) -> str:
    done(sale)
    attributes = sale.portal_says('Y', PATIENCE_S)['attributes']
    return ', '.join(f'{name} {attributes.get(name)}' for name in names) + f'; {count_of(sale)}'


def bit_signed_sign(stack: Stack) -> str:
    """The answer names document 4: opening of the shift, a receipt of ours, one by hand, this one."""
    till, shop = bit_shop(stack, test=True, fn=test_fn())
    done(shop.accepted())
    till.print_by_hand()
    till.arm('answer', match=RECEIPT, body=own_storage('bit-answer-signed-fiscal-sign', till, '9999670149417884'))
    return told(shop.accepted(), 'FISCAL_DOC_NUMBER', 'FISCAL_DOC_ATTR', 'SHIFT_NUMBER')


def bit_tag_dump(stack: Stack) -> str:
    """The answer names document 2, the first after the opening of the shift."""
    till, shop = bit_shop(stack, test=True, fn=test_fn())
    body = own_storage('bit-answer-tlv-dump', till, '9999471759859774', '0000000002140071')
    till.arm('answer', match=RECEIPT, body=body)
    sale = shop.accepted()
    names = ('FISCAL_DOC_NUMBER', 'FISCAL_DOC_ATTR', 'SHIFT_NUMBER', 'FISCAL_RECEIPT_NUMBER', 'PRINT_END_TIME')
    said = told(sale, *names)
    right_storage = sale.at_portal()['attributes'].get('FN_NUMBER') == till.receipts()[0]['fn']
    return said if right_storage else f'another FN_NUMBER; {said}'


def itkassa_error(answer: str) -> Callable[[Stack], str]:
    def see(stack: Stack) -> str:
        till = ItkassaTill(stack, f'case-{secrets.token_hex(4)}')
        shop = Shop(stack, [till], ffd='1.05')
        body = (ANSWERS / f'{answer}.json').read_text()
        till.arm('answer', body=body, fiscal=True, attributes_after=QUESTIONS_BEFORE_ATTRIBUTES)
        sale = shop.accepted()
        first = comes_to_rest(sale, 'uncertain')['state']
        return f'{first}, then {comes_to_rest(sale)["state"]}: {count_of(sale)}'

    return see


def bit_error_cases(answer: str) -> list[Case]:
    return [
        Case(f'{answer}, signed', bit_error(answer, True), ['uncertain, then uncertain: 1 documents, 1 posts']),
        Case(f'{answer}, not signed', bit_error(answer, False), ['uncertain, then done: 1 documents, 2 posts']),
    ]


DUMPED_AT = int(datetime(2026, 11, 28, 19, 1, 45, tzinfo=MOSCOW).timestamp())

ANSWER_CASES = [
    *bit_error_cases('bit-error-not-sent-to-ofd'),
    *bit_error_cases('bit-error-fn-expires-soon'),
    *bit_error_cases('bit-error-shift-expires-soon'),
    *bit_error_cases('bit-error-mail-address'),
    Case('bit-error-zero-total', bit_zero_total, ['held after 2 proofs, failed: portal E; 0 documents, 2 posts']),
    *(
        Case(answer, itkassa_error(answer), ['uncertain, then done: 1 documents, 1 posts'])
        for answer in ('itkassa-critical-error-113', 'itkassa-critical-error-119')
    ),
    Case(
        'bit-answer-signed-fiscal-sign',
        bit_signed_sign,
        ['FISCAL_DOC_NUMBER 4, FISCAL_DOC_ATTR 3403185910, SHIFT_NUMBER 1; 1 documents, 1 posts'],
    ),
    Case(
        'bit-answer-tlv-dump',
        bit_tag_dump,
        [
            (
                'FISCAL_DOC_NUMBER 2, FISCAL_DOC_ATTR 4200412900, SHIFT_NUMBER 1, FISCAL_RECEIPT_NUMBER 1, '
                f'PRINT_END_TIME {DUMPED_AT}; 1 documents, 1 posts'
            )
        ],
    ),
]


# --- the table ---


def seen_by(case: Case, stack: Stack) -> str:
    try:
        return case.see(stack)
    except (AssertionError, OSError, KeyError, IndexError, TypeError, ValueError) as problem:
        return f'{type(problem).__name__}: {problem}'


def print_table(rows: Sequence[tuple[str, str, str, str]]) -> None:
    table = [('INPUT', 'SEEN', 'RIGHT', 'OK'), *rows]
    widths = [min(max(len(row[column]) for row in table), 90) for column in range(4)]
    for row in table:
        print('  '.join(cell.replace('\n', ' ').ljust(width) for cell, width in zip(row, widths)).rstrip())


def forgotten() -> list[str]:
    """Inputs that no row is about."""
    files = [path.stem for folder in (FORMS, ANSWERS) for path in sorted(folder.iterdir())]
    return [name for name in files if not any(case.name.startswith(name) for case in PRINT_URL_CASES + ANSWER_CASES)]


def main(words: Sequence[str]) -> int:
    stack = Stack(pathlib.Path(os.environ['KASSAFLOW_STATE_DIR']))
    stack.refresh()
    cases = [
        case
        for case in PRINT_URL_CASES + ANSWER_CASES
        if not words or any(word in case.name for word in words)
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        seen = list(pool.map(lambda case: seen_by(case, stack), cases))
    rows = [
        (case.name, what, ' or '.join(case.right), 'yes' if what in case.right else 'NO')
        for case, what in zip(cases, seen)
    ]
    rows += [(name, 'no row for it', '', 'NO') for name in forgotten()]
    print_table(rows)
    wrong = sum(ok != 'yes' for *_, ok in rows)
    print(f'\n{len(rows)} rows, {wrong} wrong')
    return 1 if wrong or not cases else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
