#!/usr/bin/python3
"""Who may call what, at the doors of the running stack: every verb of kassactl under every scope, services' ports without a certificate,
and the audit log when somebody writes into it."""

import json
import secrets
import socket
import ssl
import subprocess
import unittest

from harness.case import StackTest
from harness.waiting import eventually
from harness.wire import portal_post

NOBODY, FOREIGN = '00000000-0000-8000-8000-000000000000', 'anothers'
OPERATOR, SERVICE, ADMIN, VIEWER = 'operator', 'service', 'tenant-admin', 'tenant-viewer'
ALL, CHANGE, DECIDE, OWNER = {OPERATOR, SERVICE, ADMIN, VIEWER}, {OPERATOR, SERVICE, ADMIN}, {OPERATOR, ADMIN}, {OPERATOR}
# Each verb with arguments that change nothing, and who may call it.
VERBS = {
    ('get', 'pool'): ALL,
    ('get', 'pool', FOREIGN): ALL,
    ('delete', 'pool', FOREIGN): CHANGE,
    ('tokens', 'list'): ALL,
    ('tokens', 'revoke', FOREIGN): CHANGE,
    ('receipts', 'list'): ALL,
    ('receipts', 'show', NOBODY): ALL,
    ('receipts', 'resolve', NOBODY, '--not-printed', '--yes'): DECIDE,
    ('receipts', 'fail', NOBODY, '--reason', 'test', '--yes'): DECIDE,
    ('receipts', 'hold', NOBODY, '--reason', 'test', '--yes'): DECIDE,
    ('receipts', 'retry', NOBODY, '--yes'): DECIDE,
    ('registers', 'list'): ALL,
    ('storages', 'bind', '0000000000000000', FOREIGN): OWNER,
    ('storages', 'unbook', '0000000000000000', '1'): OWNER,
    ('set-aside', 'list'): OWNER,
    ('audit', 'list'): OWNER,
    ('audit', 'verify'): OWNER,
}


class Access(StackTest):
    def token(self, scope, tenant=''):
        name = f'test-{secrets.token_hex(4)}'
        made = self.stack.kassactl_json(
            'tokens', 'create', name, '--scope', scope, '--valid', '1h', *(('--tenant', tenant) if tenant else ())
        )
        self.addCleanup(self.stack.kassactl, 'tokens', 'revoke', name)
        path = self.stack.state_dir / 'secrets' / name
        path.write_text(made['token'] + '\n')
        self.addCleanup(path.unlink)
        return str(path)

    def test_every_verb_is_for_the_scopes_that_may_call_it(self):
        shop = self.shop(self.bit_till())
        tokens = {scope: self.token(scope, shop.name if scope.startswith('tenant') else '') for scope in ALL}
        for verb, may in VERBS.items():
            for scope, path in tokens.items():
                _, _, err = self.stack.kassactl(*verb, token_file=path)
                self.assertEqual('may not call' in err, scope not in may, f'{scope}: {" ".join(verb)}: {err}')
                self.assertNotIn('token is unknown', err)

    def test_apply_is_for_those_who_change_and_for_their_tenant(self):
        mine, other = self.shop(self.bit_till()), self.shop(self.bit_till())
        document = self.stack.state_dir / 'run' / 'access-test.json'
        self.addCleanup(document.unlink)
        for scope, may in ((OPERATOR, True), (SERVICE, True), (ADMIN, False), (VIEWER, False)):
            pool = f'pool-{secrets.token_hex(4)}'
            document.write_text(json.dumps({
                'kind': 'Pool', 'id': pool, 'tenant': other.name, 'inn': '7701234567', 'taxation': 'osn', 'ffd': '1.2',
                'paymentAddress': 'https://shop.example.ru', 'timezone': 'Europe/Moscow',
            }))
            token = self.token(scope, mine.name if scope.startswith('tenant') else '')
            code, _, err = self.stack.kassactl('apply', '-f', str(document), token_file=token)
            self.assertEqual(code == 0, may, f'{scope}: {err}')

    def test_a_tenants_people_see_that_tenant_alone(self):
        mine, other = self.shop(self.bit_till()), self.shop(self.bit_till())
        sale, theirs = mine.accepted(), other.accepted()
        self.all_done([sale, theirs])
        token = self.token(VIEWER, mine.name)
        seen = ''.join(
            self.stack.kassactl(*verb, '-o', 'json', token_file=token)[1]
            for verb in (('receipts', 'list'), ('registers', 'list'), ('get', 'pool'), ('get', 'installation'), ('tokens', 'list'))
        )
        self.assertIn(sale.uuid, seen)
        for what in (theirs.uuid, other.name, other.tills[0].id):
            self.assertNotIn(what, seen)
        code, out, err = self.stack.kassactl('receipts', 'show', theirs.uuid, token_file=token)
        self.assertEqual((code, out), (1, ''))
        self.assertIn('there is no receipt', err)

    def test_without_a_token_or_a_certificate_nobody_is_answered(self):
        code, _, err = self.stack.kassactl('receipts', 'list', token_file='/dev/null')
        self.assertEqual(code, 1)
        self.assertIn('no token', err)
        ports = {name: self.stack.env[name].split(',')[0] for name in ('REGISTRY_GRPC', 'STATUS_GRPC', 'FISCALIZER_GRPC')}
        configuration = (self.stack.state_dir / 'run' / 'status.yaml').read_text()
        ports['look-up'] = '127.0.0.1:' + configuration.partition('look_up_port: ')[2].split()[0]
        for name, address in ports.items():
            host, _, port = address.rpartition(':')
            with socket.create_connection((host, int(port)), timeout=10) as plain:
                plain.sendall(b'POST /look-up HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n')
                answer = plain.recv(4096)
                self.assertFalse(answer.startswith(b'HTTP/'), f'{name} speaks without TLS: {answer[:40]!r}')

    def test_the_look_up_answers_ingress_alone(self):
        folder = self.stack.state_dir / 'secrets' / 'tls'
        configuration = (self.stack.state_dir / 'run' / 'status.yaml').read_text()
        port = int(configuration.partition('look_up_port: ')[2].split()[0])
        for name, answered in (('ingress', True), ('fiscalizer', False), ('', False)):
            context = ssl.create_default_context(cafile=folder / 'authority.pem')
            if name:
                context.load_cert_chain(folder / f'{name}.pem', folder / f'{name}.key')
            answer = b''
            try:
                with (
                    socket.create_connection(('127.0.0.1', port), timeout=10) as plain,
                    context.wrap_socket(plain, server_hostname='status.kassaflow.internal') as peer,
                ):
                    peer.sendall(b'POST /look-up HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n')
                    answer = peer.recv(4096)
            except OSError:
                pass
            self.assertEqual(answer.startswith(b'HTTP/1.1 200'), answered, f'{name or "nobody"}: {answer[:60]!r}')

    def sql(self, statement):
        done = subprocess.run(
            ['psql', '-X', '-At', '-v', 'ON_ERROR_STOP=1', self.stack.env['POSTGRES'], '-c', statement],
            capture_output=True, text=True, check=False, timeout=30,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def test_a_row_that_somebody_writes_into_the_audit_log_is_found(self):
        till = self.bit_till()
        self.shop(till)  # changes of the configuration
        storage = f'{secrets.randbelow(10**16):016}'
        code, _, err = self.stack.kassactl('storages', 'bind', storage, till.id, '--reason', 'проверка журнала')
        self.assertEqual(code, 0, err)
        listed = self.stack.kassactl_json('audit', 'list', '--subject', f'storage/{storage}')
        self.assertEqual([(row['who'], row['reason']) for row in listed], [('first-operator', 'проверка журнала')])
        for log, schema in (('registry', 'registry'), ('journal', 'fiscalizer')):
            code, out, err = self.stack.kassactl('audit', 'verify')
            self.assertEqual(code, 0, out + err)
            end = next(line.rpartition(' ')[2] for line in out.splitlines() if line.startswith(log))
            number = self.sql(f'select max(number) from {schema}.audit_log')
            self.assertGreater(int(number), 0)
            self.sql(f"update {schema}.audit_log set reason = reason || 'x' where number = {number}")
            code, out, _ = self.stack.kassactl('audit', 'verify')
            self.assertEqual(code, 1, out)
            self.assertIn(f'row {number} was changed', out)
            self.sql(f"update {schema}.audit_log set reason = left(reason, -1) where number = {number}")
            self.assertEqual(self.stack.kassactl('audit', 'verify', '--noted', end)[0], 0)
            self.sql(f'create table {schema}.taken_out as select * from {schema}.audit_log where number = {number}')
            self.sql(f'delete from {schema}.audit_log where number = {number}')
            self.assertIn(f'row {number} is missing', self.stack.kassactl('audit', 'verify')[1])
            self.sql(f'insert into {schema}.audit_log select * from {schema}.taken_out; drop table {schema}.taken_out')
            self.assertEqual(self.stack.kassactl('audit', 'verify')[0], 0)


class Rotation(StackTest):
    def rotate(self, shop, grace):
        """The secret that was."""
        self.stack.restart('registry', secret_grace=grace)
        former, shop.secret = shop.secret, secrets.token_hex(16)
        shop.apply()
        return former

    def is_known(self, shop, secret):
        """To both services; neither says so in another way than that it serves the portal."""
        refused = portal_post(shop.url('print', secret=secret), b'number_kkm=none').body
        stranger = portal_post(shop.url('print', secret=secrets.token_hex(16)), b'number_kkm=none').body
        self.assertEqual(refused, stranger)
        done = shop.sales[0]
        return portal_post(shop.url('check', secret=secret), f'uuid={done.uuid}'.encode()).json()['STATUS'] == 'DONE'

    def test_a_secret_is_answered_for_its_grace_and_then_is_nobodys(self):
        self.addCleanup(self.stack.up)
        self.addCleanup(self.stack.kill, 'registry')
        shop = self.shop(self.bit_till())
        shop.accepted().reaches('done')
        first = self.rotate(shop, '1h')
        shop.accepted().reaches('done')
        self.assertTrue(self.is_known(shop, shop.secret))
        self.assertTrue(self.is_known(shop, first))
        current, shop.secret = shop.secret, first
        shop.accepted().reaches('done')
        shop.secret = current

        second = self.rotate(shop, '1s')
        eventually(lambda: not self.is_known(shop, second), 'its grace is over')
        self.assertFalse(self.is_known(shop, first), 'there is one former secret')
        self.assertTrue(self.is_known(shop, shop.secret))
        current, shop.secret = shop.secret, second
        self.assertFalse(shop.sell().uuid)
        shop.secret = current
        shop.accepted().reaches('done')

    def test_without_a_grace_it_is_nobodys_at_once(self):
        self.addCleanup(self.stack.up)
        self.addCleanup(self.stack.kill, 'registry')
        shop = self.shop(self.bit_till())
        shop.accepted().reaches('done')
        self.assertFalse(self.is_known(shop, self.rotate(shop, '0s')))
        self.assertTrue(self.is_known(shop, shop.secret))


if __name__ == '__main__':
    unittest.main()
