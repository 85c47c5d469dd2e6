#!/usr/bin/python3
"""A backup is worth what its restored copy shows: kassactl backup check reads one, and names what is wrong with it."""

import pathlib
import tempfile
import unittest
import urllib.parse

from harness.case import StackTest
from harness.postgres import Postgres
from harness.waiting import eventually

COPY = 'restored'


class Backup(StackTest):
    def setUp(self):
        self.postgres = Postgres(self.stack)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.uri = urllib.parse.urlsplit(self.postgres.uri)._replace(path=f'/{COPY}').geturl()
        self.file = pathlib.Path(folder.name) / 'uri'
        self.file.write_text(self.uri + '\n')
        self.store = self.shop(self.bit_till())
        self.store.accepted().reaches('done')
        self.postgres.copy_database(COPY)
        self.addCleanup(self.postgres.sql, f'drop database {COPY} with (force)')

    def check(self) -> tuple[int, str]:
        code, out, err = self.stack.kassactl('backup', 'check', '--postgres-file', str(self.file))
        return code, out + err

    def is_found(self, damage: str, said: str) -> None:
        self.postgres.sql_in(self.uri, damage)
        code, out = self.check()
        self.assertEqual(code, 1, out)
        self.assertIn(said, out)

    def test_a_whole_copy_can_be_gone_on_with(self):
        code, out = self.check()
        self.assertEqual(code, 0, out)
        self.assertIn('it can be gone on with', out)
        self.assertIn('"done":', out)

    def test_a_changed_audit_row_is_named(self):
        self.is_found("update registry.audit_log set action = 'nothing' where number = 2", 'registry: row 2')

    def test_a_missing_schema_is_named(self):
        self.is_found('drop schema status cascade', 'schema status is not there')

    def test_a_document_that_was_lost_is_named(self):
        self.is_found("update fiscalizer.receipts set fiscal = null where state = 'done'", 'done without a document')

    def test_schemas_of_different_moments_are_named(self):
        self.is_found('update status.receipts set revision = revision + 100', 'of different moments')

    def test_a_sequence_that_went_back_is_named(self):
        self.is_found("select setval('fiscalizer.journal_sequence', 1)", 'not given out yet')

    def test_a_database_that_is_not_there_is_named_without_its_password(self):
        self.file.write_text('postgresql://user:CANARY@127.0.0.1:1/kassaflow\n')
        code, out = self.check()
        self.assertEqual(code, 1)
        self.assertIn('the restored database', out)
        self.assertNotIn('CANARY', out)


class NoBackup(StackTest):
    def test_an_empty_journal_takes_back_what_was_published(self):
        postgres = Postgres(self.stack)
        store = self.shop(self.bit_till())
        sales = [store.accepted() for _ in range(3)]
        self.all_done(sales)
        eventually(lambda: postgres.sql('select count(*) from fiscalizer.receipts where unpublished') == '0', 'all is told')
        self.stack.kill('fiscalizer')
        postgres.sql('drop schema fiscalizer cascade')
        postgres.sql('create schema fiscalizer authorization kassaflow_fiscalizer')
        self.stack.start('fiscalizer')
        eventually(lambda: self.stack.is_ready('fiscalizer'), 'the journal is open', 300)
        ids = ', '.join(f"'{sale.uuid}'" for sale in sales)
        back = postgres.sql(f"select count(*) from fiscalizer.receipts where state = 'done' and id in ({ids})")
        self.assertEqual(back, '3')
        store.accepted().reaches('done', 120)
        self.assertEqual([len(sale.requests()) for sale in sales], [1, 1, 1])


if __name__ == '__main__':
    unittest.main()
