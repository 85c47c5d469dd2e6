#!/usr/bin/python3
"""The receipt that `helm test` prints (helm/kassaflow/files/test_receipt.py) comes out, also the second time; and what is wrong is said."""

import os
import subprocess
import unittest

from harness.case import StackTest
from harness.stack import ROOT


class ChartReceipt(StackTest):
    def run_it(self, *options: str) -> 'subprocess.CompletedProcess[str]':
        environment = {**os.environ, **{f'KASSAFLOW_{name}': value for name, value in self.stack.env.items()}}
        environment['PATH'] = f'{self.stack.kassactl_path().parent}:{environment["PATH"]}'
        script = ROOT / 'helm/kassaflow/files/test_receipt.py'
        command = ['/usr/bin/python3', str(script), '--edge', self.stack.env['EDGE_URL'], '--tenant', 'chart-test', *options]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def test_it_is_printed_and_told_each_time(self):
        for _ in range(2):
            done = self.run_it('--inn', '7701234567')
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn('told to the portal', done.stdout)

    def test_what_is_wrong_is_said(self):
        done = self.run_it('--inn', '12', '--patience', '0')
        self.assertEqual(done.returncode, 1)
        self.assertIn('must be 10 or 12 digits', done.stderr)


if __name__ == '__main__':
    unittest.main()
