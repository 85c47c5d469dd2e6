#!/usr/bin/python3
"""What `helm test` runs: a receipt from PRINT_URL to its document on a virtual register, whose paper has no legal force.
Exit code 1 with the reason when it does not come out. It may be run again; tenant, pool, register and portal stay."""
import argparse
import json
import pathlib
import secrets
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

NUMBER = 'test'  # number_kkm
CONFIGURATION = """\
kind: Tenant
id: {tenant}
name: Проверка установки
---
kind: Pool
id: {tenant}
tenant: {tenant}
inn: "{inn}"
taxation: osn
ffd: "1.05"
paymentAddress: https://example.ru
timezone: Europe/Moscow
cashier: {{name: Проверка}}
---
kind: Register
id: {tenant}
pool: {tenant}
protocol: virtual
test: true
---
kind: Installation
id: {tenant}
tenant: {tenant}
secret: {secret}
vat: {{0: none}}
---
kind: Cashbox
id: {tenant}
installation: {tenant}
number: {number}
pool: {tenant}
"""


def fail(why):
    sys.exit(f'no receipt: {why}')


def kassactl(*arguments):
    return subprocess.run(['kassactl', *arguments], capture_output=True, text=True, check=False)


def form(unique_id):
    """As a portal posts a sale of one thing for cash."""
    now = str(int(time.time()))
    return {
        'type': 'sell', 'calculated_sign': 'income', 'operation': 'income', 'unique_id': unique_id, 'currency': 'RUB',
        'items[0][name]': 'Проверка', 'items[0][base_price]': '100', 'items[0][price]': '100', 'items[0][sum]': '100',
        'items[0][currency]': 'RUB', 'items[0][quantity]': '1', 'items[0][measure_code]': '796', 'items[0][vat]': '0',
        'items[0][vat_sum]': '0', 'items[0][payment_object]': 'commodity', 'items[0][payment_method]': 'full_payment',
        'date_create': now, 'payments[0][type]': 'cash', 'payments[0][is_cash]': 'Y', 'payments[0][sum]': '100',
        'payments[0][currency]': 'RUB', 'client_email': 'buyer@example.ru', 'total_sum': '100', 'number_kkm': NUMBER,
        'uuid': f'check|chart|{unique_id}|{now}', 'service_email': 'owner@example.ru',
    }  # fmt: skip


def post(url, fields):
    # The edge's certificate is for the name that portals know, which is not that of its Service.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(url, data=urllib.parse.urlencode(fields).encode())
    with urllib.request.urlopen(request, timeout=60, context=context) as answer:
        return json.loads(answer.read())


def await_document(uuid, deadline):
    why = ''
    while time.monotonic() < deadline:
        shown = kassactl('receipts', 'show', uuid, '-o', 'json')
        if shown.returncode == 0:
            receipt = json.loads(shown.stdout)
            if receipt['state'] == 'done':
                return receipt
            why = f'{uuid} is {receipt["state"]}'
            if receipt['state'] in ('failed', 'held'):
                fail(f'{why}: {receipt.get("error") or receipt.get("holdReason")}')
        else:
            why = shown.stderr.strip()
        time.sleep(0.5)
    fail(why)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument('--edge', required=True, help='URL of the edge')
    arguments.add_argument('--tenant', required=True)
    arguments.add_argument('--inn', required=True)
    arguments.add_argument('--patience', type=float, default=120, help='seconds')
    options = arguments.parse_args()
    deadline = time.monotonic() + options.patience
    secret = secrets.token_hex(16)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / 'test.yaml'
        file.write_text(CONFIGURATION.format(tenant=options.tenant, inn=options.inn, secret=secret, number=NUMBER))
        # The first configuration of all is what services become ready with, so apply may have to wait for them.
        while (applied := kassactl('apply', '-f', str(file))).returncode != 0:
            if time.monotonic() > deadline:
                fail(applied.stderr.strip())
            time.sleep(1)
    url, fields = f'{options.edge}/b24/{secret}', form(str(secrets.randbelow(10**10)))
    while 'UUID' not in (answer := post(f'{url}/print', fields)):
        if time.monotonic() > deadline:
            fail(f'PRINT_URL answered {json.dumps(answer, ensure_ascii=False)}')
        time.sleep(1)
    receipt = await_document(answer['UUID'], deadline)
    while (told := post(f'{url}/check', {'uuid': answer['UUID']})).get('STATUS') != 'DONE':
        if time.monotonic() > deadline:
            fail(f'CHECK_URL answered {json.dumps(told, ensure_ascii=False)}')
        time.sleep(0.5)
    fiscal = receipt['fiscal']
    if not fiscal['test']:
        fail(f'{answer["UUID"]} was printed by a real register')
    print(f'{answer["UUID"]}: document {fiscal["fd"]} of the virtual storage {fiscal["fn"]}, told to the portal')


if __name__ == '__main__':
    main()
