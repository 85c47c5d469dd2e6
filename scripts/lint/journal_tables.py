"""Nobody but the journal's PostgreSQL store enters its tables: in the fiscalizer, SQL stands in src/journal/postgres_* alone.

Everything else asks a Transaction, so that a rule that holds for every writer is written once, and the same code runs over the
store in memory.
"""

import re
from collections.abc import Iterator

from tree import Finding, Tree

SOURCES = 'services/fiscalizer/src/'
STORE = SOURCES + 'journal/postgres_'
SQL = re.compile(r'\bpqxx\b|kassaflow/postgres/database_run\.hpp')


def check(tree: Tree) -> Iterator[Finding]:
    for path in tree.of_kind('cpp', 'hpp'):
        if not path.startswith(SOURCES) or path.startswith(STORE):
            continue
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            if SQL.search(line.split('//')[0]):
                yield Finding(
                    path, number, 'journal-tables', 'pqxx',
                    f'speaks SQL outside of {STORE}*; add what it needs to journal::Transaction',
                )  # fmt: skip
