#!/usr/bin/python3
"""Versions meet on one schema: a service works on one that a newer version expanded, refuses one that it contracted, and says
what it is to whoever looks after its container."""

import pathlib
import subprocess
import tempfile
import unittest
import urllib.parse

from harness.case import StackTest
from harness.postgres import Postgres
from harness.waiting import eventually

STORES = ('registry', 'fiscalizer', 'status')
SERVICES = ('ingress', *STORES)
NEWER = 9000  # the number of a migration that only a newer version knows
WITHIN_S = 60


class Versions(StackTest):
    def setUp(self):
        self.postgres = Postgres(self.stack)

    def sub_command(self, service: str, *words: str, **settings: str) -> subprocess.CompletedProcess:
        configuration = self.stack.state_dir / 'run' / f'{service}.yaml'
        return subprocess.run(
            [self.stack.kassactl_path().with_name(service), *words, '--config', configuration],
            env=self.stack.settings(**settings),
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )

    def expand(self, service: str, oldest_program: int) -> None:
        """As a newer version's migration does it."""
        self.addCleanup(self.postgres.sql, f'delete from {service}.schema_migrations where number = {NEWER}')
        self.postgres.sql(
            f'insert into {service}.schema_migrations (number, name, oldest_program) '
            f"values ({NEWER}, 'newer', {oldest_program})"
        )

    def add_column(self, table: str) -> None:
        self.addCleanup(self.postgres.sql, f'alter table {table} drop column newer')
        self.postgres.sql(f"alter table {table} add column newer text not null default ''")

    def test_a_receipt_is_printed_on_a_schema_that_a_newer_version_expanded(self):
        till = self.bit_till()
        store = self.shop(till)
        for service in STORES:
            self.expand(service, 0)
        for table in ('fiscalizer.receipts', 'fiscalizer.attempts', 'status.receipts', 'registry.documents'):
            self.add_column(table)
        for service in STORES:
            self.stack.restart(service)
        sale = store.accepted()
        sale.reaches('done')
        eventually(lambda: sale.check_url()['STATUS'] == 'DONE', 'the portal is told')

    def test_a_schema_that_left_this_version_behind_is_refused(self):
        for service in STORES:
            self.expand(service, NEWER)
            for words in (['migrate'], ['serve']):
                with self.subTest(service, words=words):
                    refused = self.sub_command(service, *words, admin_port='0', http_port='0', grpc_port='0')
                    self.assertEqual(refused.returncode, 1, refused.stderr)
                    self.assertIn('run a newer version', refused.stderr)

    def test_migrate_may_be_repeated(self):
        for service in STORES:
            again = self.sub_command(service, 'migrate')
            self.assertEqual(again.returncode, 0, again.stderr)
            self.assertIn('schema.migrated', again.stderr)

    def test_a_service_that_may_not_migrate_waits_for_who_may(self):
        self.postgres.sql('create database later')
        self.addCleanup(self.postgres.sql, 'drop database later with (force)')
        uri = urllib.parse.urlsplit(self.postgres.uri)._replace(path='/later').geturl()
        configuration = self.stack.state_dir / 'run' / 'status.yaml'
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder) / 'log'
            ports = {'admin_port': '0', 'http_port': '0', 'look_up_port': '0', 'grpc_port': '0'}
            with log.open('wb') as file:
                process = subprocess.Popen(
                    [self.stack.kassactl_path().with_name('status'), 'serve', '--config', configuration],
                    env=self.stack.settings(postgres=uri, migrate_at_start='false', **ports),
                    stderr=file,
                )
            self.addCleanup(process.kill)
            eventually(lambda: 'schema status is not there yet' in log.read_text(), 'it says what is missing')
            self.assertNotIn('"event":"started"', log.read_text())
            done = self.sub_command('status', 'migrate', postgres=uri)
            self.assertEqual(done.returncode, 0, done.stderr)
            eventually(lambda: '"event":"started"' in log.read_text(), 'it goes on')
            process.terminate()
            self.assertEqual(process.wait(WITHIN_S), 0)

    def test_a_container_asks_its_service_how_it_is(self):
        for service in SERVICES:
            with self.subTest(service):
                self.assertEqual(self.sub_command(service, 'check-health').returncode, 0)
                self.assertEqual(self.sub_command(service, 'check-health', '--ready').returncode, 0)
                nobody = self.sub_command(service, 'check-health', admin_port='1')
                self.assertEqual(nobody.returncode, 1)
                self.assertIn('port 1', nobody.stderr)


if __name__ == '__main__':
    unittest.main()
