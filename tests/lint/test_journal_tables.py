from faulty_tree import FaultyTreeCase

import journal_tables


class JournalTables(FaultyTreeCase):
    def found(self):
        return list(journal_tables.check(self.tree))

    def test_the_store_speaks_sql(self):
        self.write('services/fiscalizer/src/journal/postgres_receipts.cpp', '#include <pqxx/pqxx>\n')
        self.assertEqual(self.found(), [])

    def test_nobody_else_does(self):
        for path in ('services/fiscalizer/src/lane.cpp', 'services/fiscalizer/src/journal/settle.cpp'):
            for line in ('#include <pqxx/pqxx>', 'void f(pqxx::work& work);', '#include "kassaflow/postgres/database_run.hpp"'):
                with self.subTest(path=path, line=line):
                    self.write(path, f'\n{line}\n')
                    self.assert_finds(self.found(), path, 2, 'SQL', 'journal::Transaction')
            self.write(path, '// what pqxx throws\n')

    def test_other_services_and_tests_may(self):
        self.write('services/status/src/view.cpp', '#include <pqxx/pqxx>\n')
        self.write('services/fiscalizer/tests/lane_test.cpp', '#include <pqxx/pqxx>\n')
        self.assertEqual(self.found(), [])
