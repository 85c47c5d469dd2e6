#!/usr/bin/python3
"""The way of real receipts through the running stack: posted by the portal simulator as a portal does, printed by the
register simulators, told back to the portal. Exit code 1 unless every one ends as exactly one fiscal document whose
attributes are the register's own. ./dev run puts the assignments of ./dev env into its environment."""
import decimal
import json
import os
import pathlib
import string
import subprocess
import sys
import time
import urllib.parse
import urllib.request

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[1]
PATIENCE_S = 120

# portal, body, what it shows
CHECKS = (
    ('demo-a', 'sell-two-goods-discount-delivery', 'discount, 0.4 kg, delivery'),
    ('demo-a', 'sellreturn', 'return of a sale'),
    ('demo-a', 'advancepayment', 'advance'),
    ('demo-a', 'fullprepayment', 'full prepayment, VAT 10/110'),
    ('demo-a', 'sell-from-deal-odd-kopecks', 'kopecks that do not add up'),
    ('demo-b', 'sell-two-goods-discount-delivery', 'discount, 0.4 kg, delivery'),
    ('demo-b', 'advancereturn', 'return of an advance'),
    ('demo-b', 'fullprepayment', 'full prepayment, VAT 10/110'),
    ('demo-b', 'credit', 'handed over on credit'),
    ('demo-b', 'sell-marked-two-units', 'two marked units'),
)
# Posted after every other check was posted again: when these are printed, each queue has passed the repeats.
LAST_CHECKS = (
    ('demo-a', 'creditpayment', 'credit paid'),
    ('demo-b', 'sell-cash', 'paid in cash'),
)
PROTOCOLS = {'demo-a': 'itkassa', 'demo-b': 'bit'}
LEDGERS = {'itkassa': 'KASSAFLOW_SIM_ITKASSA_URL', 'bit': 'KASSAFLOW_SIM_BIT_URL'}
CLOUD_REGISTER = 'demo-cloud-1'

# CHECK_URL's key, kassactl's key, the ledger's key
ATTRIBUTES = (
    ('FN_NUMBER', 'fn', 'fn'),
    ('FISCAL_DOC_NUMBER', 'fd', 'fd'),
    ('FISCAL_DOC_ATTR', 'fp', 'fp'),
    ('REG_NUMBER_KKT', 'registrationNumber', 'registration_number'),
    ('SHIFT_NUMBER', 'shift', 'shift'),
    ('FISCAL_RECEIPT_NUMBER', 'receiptNumber', 'receipt_number'),
)


class DemoFailed(Exception):
    pass


def require(condition, what):
    if not condition:
        raise DemoFailed(what)


def http_json(url, value=None):
    data = None if value is None else json.dumps(value).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=30) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def kassactl(*arguments):
    """Its output, or None when it fails; its errors go to the terminal."""
    done = subprocess.run([os.environ['KASSAFLOW_KASSACTL'], *arguments], stdout=subprocess.PIPE, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


def apply_configuration():
    """Returns the portals' secrets, from the documents themselves, and sets the cloud's callback as an operator would."""
    text = string.Template((ROOT / 'deploy/local/demo.yaml').read_text()).substitute(
        {f'{name}_URL': os.environ[f'KASSAFLOW_SIM_{name}_URL'] for name in ('ITKASSA', 'BIT', 'PORTAL')})
    filled = pathlib.Path(os.environ['KASSAFLOW_STATE_DIR']) / 'run/demo.yaml'
    filled.parent.mkdir(mode=0o700, exist_ok=True)
    filled.touch(mode=0o600)
    filled.write_text(text)
    said = kassactl('apply', '-f', str(filled))
    require(said is not None, 'kassactl apply failed')
    print(said)
    register = json.loads(kassactl('get', 'register', CLOUD_REGISTER, '-o', 'json') or '{}')
    callback_url = register.get('callbackUrl')
    require(callback_url, f'kassactl get register {CLOUD_REGISTER} shows no callbackUrl')
    documents = {document['id']: document for document in yaml.safe_load_all(text)}
    itkassa = documents[CLOUD_REGISTER]['itkassa']
    http_json(os.environ['KASSAFLOW_SIM_ITKASSA_URL'] + '/_sim/callback',
              {'url': callback_url, 'key': itkassa['callbackKey'], 'api_key': itkassa['apiKey']})
    return {document['id']: document['secret'] for document in documents.values() if document['kind'] == 'Installation'}


class Check:
    """One check of a portal and what is known of its receipt."""

    def __init__(self, portal, fixture, shows, secret):
        self.portal, self.fixture, self.shows, self.secret = portal, fixture, shows, secret
        self.protocol = PROTOCOLS[portal]
        body = (ROOT / f'tests/fixtures/print-url/{fixture}.http').read_bytes().split(b'\r\n\r\n', 1)[1]
        form = dict(urllib.parse.parse_qsl(body.decode('ascii'), encoding='latin-1'))
        self.type = form['type']
        self.total_kopecks = int(decimal.Decimal(form['total_sum']) * 100)
        self.unique_id: str | None = None
        self.uuid = ''  # empty until it is accepted
        self.state, self.receipt, self.answer = 'new', {}, {}

    def url(self, verb):
        return f"{os.environ['KASSAFLOW_EDGE_URL']}/b24/{self.secret}/{verb}"

    def post(self):
        """What the portal then knows of it; without a uuid it was not accepted."""
        check = http_json(os.environ['KASSAFLOW_SIM_PORTAL_URL'] + '/_sim/checks',
                          {'portal': self.portal, 'fixture': self.fixture, 'print_url': self.url('print')})
        self.unique_id, self.uuid = check['unique_id'], check.get('uuid') or ''
        return check

    def portal_record(self):
        return http_json(f"{os.environ['KASSAFLOW_SIM_PORTAL_URL']}/_sim/checks/{self.portal}/{self.unique_id}")

    def look(self):
        """True when something is new. The receipt is unknown until the view has read the records."""
        shown = subprocess.run([os.environ['KASSAFLOW_KASSACTL'], 'receipts', 'show', self.uuid, '-o', 'json'],
                               capture_output=True, text=True, check=False)
        if shown.returncode != 0:
            return False
        self.receipt = json.loads(shown.stdout)
        state = self.receipt['state']
        if state == 'done' and self.receipt.get('pushedAt') and self.portal_record()['state'] == 'Y':
            state = 'done, pushed'
        changed, self.state = state != self.state, state
        return changed

    def finished(self):
        return self.state in ('done, pushed', 'failed', 'held')

    def name(self):
        return f'{self.portal} {self.type} {rubles(self.total_kopecks)}'

    def ask_check_url(self):
        """As a portal does: WAIT is asked again, for it may also mean that the machine has too much to do."""
        deadline = time.monotonic() + PATIENCE_S
        while (answer := self._ask_check_url_once()).get('STATUS') == 'WAIT' and time.monotonic() < deadline:
            time.sleep(1)
        return answer

    def _ask_check_url_once(self):
        request = urllib.request.Request(self.url('check'), data=urllib.parse.urlencode({'uuid': self.uuid}).encode())
        with urllib.request.urlopen(request, timeout=30) as answer:
            require(answer.status == 200, f'CHECK_URL answered {answer.status}')
            return json.loads(answer.read())

    def post_again(self):
        again = http_json(f"{os.environ['KASSAFLOW_SIM_PORTAL_URL']}/_sim/checks/{self.portal}/{self.unique_id}/post-again", {})
        return json.loads(again['print_answer']['body'])


def rubles(kopecks):
    return f'{kopecks // 100}.{kopecks % 100:02}'


def ledger(protocol):
    rows = http_json(os.environ[LEDGERS[protocol]] + '/_sim/ledger?event=document&kind=receipt')
    return {(row['fn'], str(row['fd'])): row for row in rows}


def follow(checks):
    started = time.monotonic()
    while pending := [check for check in checks if not check.finished()]:
        for check in pending:
            if check.look():
                print(f'  {time.monotonic() - started:5.1f} s  {check.name():32} {check.uuid}  {check.state}', flush=True)
        if time.monotonic() - started > PATIENCE_S:
            raise DemoFailed('not finished: ' + ', '.join(f'{check.name()} {check.uuid} is {check.state}' for check in pending))
        time.sleep(0.2)


def verify(check, documents):
    """The register's ledger, kassactl, CHECK_URL and the portal tell the same."""
    require(check.state == 'done, pushed', f"{check.name()} is {check.state}: {check.receipt.get('error')}")
    fiscal, answer, portal = check.receipt['fiscal'], check.ask_check_url(), check.portal_record()
    require(answer.get('STATUS') == 'DONE', f'CHECK_URL of {check.name()} says {answer}')
    require((portal['state'], portal['how']) == ('Y', 'push'), f"{check.name()} is {portal['state']} by {portal['how']} at the portal")
    document = documents.get((fiscal['fn'], str(fiscal['fd'])))
    require(document, f"no register printed FN {fiscal['fn']} FD {fiscal['fd']} of {check.name()}")
    require(document['total'] == check.total_kopecks, f"{check.name()} was printed as {rubles(document['total'])}")
    for check_url_key, kassactl_key, ledger_key in ATTRIBUTES:
        signed = str(document[ledger_key])
        for where, value in (('kassactl', fiscal.get(kassactl_key)), ('CHECK_URL', answer.get(check_url_key)),
                             ('the portal', portal['attributes'].get(check_url_key))):
            # An attribute that a protocol does not carry is left out, never invented.
            require(value is None or str(value) == signed, f'{check.name()}: {where} has {check_url_key} {value}, signed was {signed}')
            require(value is not None or kassactl_key not in ('fn', 'fd', 'fp'), f'{check.name()}: {where} lacks {check_url_key}')


def print_table(checks):
    rows = [('PORTAL', 'CHECK', 'TYPE', 'SUM', 'PROTOCOL', 'UUID', 'STATE', 'FN', 'FD', 'FP', 'SHOWS')]
    for check in checks:
        fiscal = check.receipt.get('fiscal') or {}
        rows.append((check.portal, str(check.unique_id), check.type, rubles(check.total_kopecks), check.protocol, check.uuid,
                     check.state, *(str(fiscal.get(key, '')) for key in ('fn', 'fd', 'fp')), check.shows))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    print()
    for row in rows:
        print('  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    print()


def post_and_follow(plan, secrets):
    checks = [Check(portal, fixture, shows, secrets[portal]) for portal, fixture, shows in plan]
    for check in checks:
        known = check.post()
        require(check.uuid, f'{check.name()} was not accepted: {known}')
    print(f'{len(checks)} checks posted and accepted; their way:')
    follow(checks)
    return checks


def run():
    secrets = apply_configuration()
    before = {protocol: ledger(protocol).keys() for protocol in LEDGERS}
    checks = post_and_follow(CHECKS, secrets)
    for check in checks:
        again = check.post_again()
        require(again == {'UUID': check.uuid}, f'{check.name()} posted again was answered {again}')
    print(f'{len(checks)} checks posted again, same UUID each')
    checks += post_and_follow(LAST_CHECKS, secrets)
    print_table(checks)
    for protocol in LEDGERS:
        documents = ledger(protocol)
        mine = [check for check in checks if check.protocol == protocol]
        for check in mine:
            verify(check, documents)
        printed = documents.keys() - before[protocol]
        require(len(printed) == len(mine), f'{protocol} registers printed {len(printed)} documents for {len(mine)} checks')
        claimed = {(check.receipt['fiscal']['fn'], str(check.receipt['fiscal']['fd'])) for check in mine}
        require(printed == claimed, f'{protocol} registers printed {sorted(printed)}, claimed are {sorted(claimed)}')
    print(f'{len(checks)} checks, {len(checks)} fiscal documents, each attribute as the register signed it')


if __name__ == '__main__':
    try:
        run()
    except (DemoFailed, OSError) as failure:
        sys.exit(f'demo: {failure}')
