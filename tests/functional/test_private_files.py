#!/usr/bin/python3
"""What the local stack writes is its owner's alone."""

import os
import pathlib
import stat
import unittest

from harness.case import StackTest


class PrivateFiles(StackTest):
    def test_nobody_else_reads_a_file_or_enters_a_folder(self):
        shop = self.shop(self.bit_till(), self.itkassa_till())
        self.all_done([shop.accepted() for _ in range(4)])
        state = self.stack.state_dir
        home = pathlib.Path((state / 'postgres_home').read_text().strip())
        seen = 0
        for top in (state, home):
            for folder, _, files in os.walk(top):
                for path in (folder, *(os.path.join(folder, name) for name in files)):
                    try:
                        mode = os.lstat(path).st_mode
                    except FileNotFoundError:  # PostgreSQL and Kafka are at work
                        continue
                    if not stat.S_ISLNK(mode):
                        self.assertEqual(mode & 0o077, 0, f'{path} has mode {stat.filemode(mode)}')
                        seen += 1
        for name in ('log/fiscalizer.log', 'run/fiscalizer.yaml', 'secrets/master_key', 'sim-bit/ledger.jsonl', 'ports'):
            self.assertTrue((state / name).exists(), name)
        self.assertGreater(seen, 100)


if __name__ == '__main__':
    unittest.main()
