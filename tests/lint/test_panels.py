"""The check of the table of panels (deploy/grafana/generate.py), tried on tables with a fault."""

import dataclasses
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / 'deploy' / 'grafana'))

import generate
from panels import Dashboard, Panel, Row

GOOD = Panel('Waiting', 'Receipts that wait.', 'short', (('sum(kassaflow:queue_depth)', 'waiting'),))


class Dashboards(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def faults(self, *panels: Panel, written: bool = True) -> str:
        table = (Dashboard('kassaflow-some', 'some', 'Some.', (Row('Now', panels),)),)
        with mock.patch.object(generate, 'DASHBOARDS', table), mock.patch.object(generate, 'FOLDER', self.folder):
            if written:
                generate.main(['write'])
            return '\n'.join(generate.faults())

    def test_a_table_as_it_should_be(self) -> None:
        self.assertEqual(self.faults(GOOD), '')

    def test_each_fault_is_named_with_its_panel(self) -> None:
        for change, words in (
            ({'unit': 'pieces'}, 'the unit pieces is none of'),
            ({'kind': 'pie'}, 'the kind pie is none of'),
            ({'description': ''}, 'a panel is described by a sentence'),
            ({'queries': ()}, 'a query and its legend are not empty'),
            ({'queries': (('sum(kassaflow:queue_depth)', ''),)}, 'a query and its legend are not empty'),
        ):
            with self.subTest(change):
                self.assertIn(f'Now / Waiting: {words}', self.faults(dataclasses.replace(GOOD, **change)))

    def test_two_panels_of_one_name(self) -> None:
        self.assertIn('Now / Waiting: twice', self.faults(GOOD, GOOD))

    def test_a_file_that_is_older_than_the_table_or_of_no_table(self) -> None:
        self.assertIn('some.json is older than panels.py', self.faults(GOOD, written=False))
        (self.folder / 'other.json').write_text('{}')
        self.assertIn('other.json is no dashboard', self.faults(GOOD))

    def test_no_data_source_is_named(self) -> None:
        self.faults(GOOD)
        made = (self.folder / 'some.json').read_text()
        self.assertNotIn('"uid": "prometheus"', made)
        self.assertIn('"uid": "${datasource}"', made)


if __name__ == '__main__':
    unittest.main()
