#!/usr/bin/python3
"""What a service may do in the stores is what it needs: who has one service's password has no other's data."""

import subprocess
import unittest

from harness.case import StackTest
from harness.postgres import Postgres

SERVICES = ('registry', 'fiscalizer', 'status')
WITHIN_S = 30
DENIED = ('permission denied', 'must be', 'only roles with')  # how PostgreSQL begins or words a refusal


class Database(StackTest):
    postgres: Postgres

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.postgres = Postgres(cls.stack)

    def rows(self, statement: str) -> list[str]:
        return self.postgres.sql(statement).splitlines()

    def tried(self, uri: str, statement: str) -> str:
        """Why it failed; empty: it did not. Whatever it did is taken back."""
        done = subprocess.run(
            ['psql', '-X', '-q', '-w', '-v', 'ON_ERROR_STOP=1', '-d', uri],
            input=f'begin; {statement}; rollback;',
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        return done.stderr.strip() if done.returncode else ''

    def refused(self, service: str, statement: str) -> None:
        with self.subTest(service, statement=statement):
            said = self.tried(self.stack.setting(service, 'postgres'), statement)
            self.assertTrue(any(word in said for word in DENIED), said or 'it was done')

    def test_each_has_its_own_schema_and_nothing_of_the_others(self):
        for owner in SERVICES:
            tables = self.rows(f"select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = '{owner}'")
            self.assertGreater(len(tables), 3)
            self.assertEqual(self.tried(self.stack.setting(owner, 'postgres'), f'select count(*) from {tables[0]}'), '')
            for service in set(SERVICES) - {owner}:
                for table in tables:
                    self.refused(service, f'select * from {table}')
                    self.refused(service, f'delete from {table}')
                self.refused(service, f'create table {owner}.mine (n int)')
                self.refused(service, f'drop schema {owner} cascade')
                self.refused(service, f'set role kassaflow_{owner}')
                self.refused(service, f'alter role kassaflow_{owner} password null')
        self.refused('status', 'select fiscalizer.life()')

    def test_none_rules_the_server(self):
        for service in SERVICES:
            for statement in (
                'create role mine',
                'create schema mine',
                'create temporary table mine (n int)',
                'create table public.mine (n int)',
                f'alter role kassaflow_{service} superuser',
                f'alter role kassaflow_{service} bypassrls',
                'set session_replication_role = replica',
                'set role kassaflow',
                'select * from pg_authid',
                "select pg_read_file('postgresql.conf')",
                f"copy {service}.offsets to program 'cat'" if service != 'registry' else "copy registry.claims to program 'cat'",
                "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'kassaflow'",
                'select pg_switch_wal()',
            ):
                self.refused(service, statement)
            for alone in ('create database mine', 'alter system set fsync = off'):  # not in a transaction
                self.refused(service, f'commit; {alone}')

    def test_they_come_in_by_tls_only_and_to_their_database_only(self):
        for service in SERVICES:
            uri = self.stack.setting(service, 'postgres')
            for wrong in (
                uri.replace('sslmode=verify-full', 'sslmode=disable'),
                uri.replace('/kassaflow?', '/postgres?'),
                uri.replace('/kassaflow?', '/template1?'),
            ):
                self.assertNotEqual(wrong, uri)
                with self.subTest(service, uri=wrong):
                    self.assertIn('no pg_hba.conf entry', self.tried(wrong, 'select 1'))

    def test_the_server_proves_who_it_is(self):
        uri = self.stack.setting('status', 'postgres')
        self.assertIn('does not match host name', self.tried(uri.replace('@postgres.', '@registry.'), 'select 1'))
        another = self.stack.setting('status', 'tls_certificate_file')
        said = self.tried(uri.replace(self.stack.setting('status', 'tls_authority_file'), another), 'select 1')
        self.assertIn('certificate verify failed', said)

    def test_the_whole_stack_runs_on_them(self):
        shop = self.shop(self.bit_till(), self.itkassa_till())
        self.all_done([shop.accepted() for _ in range(4)])
        served = self.rows(
            'select distinct usename, ssl from pg_stat_activity join pg_stat_ssl using (pid) '
            "where datname = 'kassaflow' and pid <> pg_backend_pid() and application_name <> 'psql'"
        )
        self.assertEqual(sorted(served), sorted(f'kassaflow_{service}|t' for service in SERVICES))

    def test_what_belonged_to_the_superuser_is_taken_over(self):
        """A stack that was made before there were roles."""
        foreign = (
            "select relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where nspname in ('registry', 'fiscalizer', "
            "'status') and relowner::regrole::text <> 'kassaflow_' || nspname"
        )
        self.assertEqual(self.rows(foreign), [])
        self.rows('alter table status.portals owner to kassaflow')
        self.rows('alter function fiscalizer.life owner to kassaflow')
        self.rows('alter schema fiscalizer owner to kassaflow')
        self.assertNotEqual(self.rows(foreign), [])
        self.stack.up()
        self.assertEqual(self.rows(foreign), [])
        owners = (
            "select nspowner::regrole from pg_namespace where nspname = 'fiscalizer' union all "
            "select proowner::regrole from pg_proc where proname = 'life'"
        )
        self.assertEqual(self.rows(owners), ['kassaflow_fiscalizer'] * 2)


if __name__ == '__main__':
    unittest.main()
