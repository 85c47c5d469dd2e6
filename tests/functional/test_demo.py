#!/usr/bin/python3
"""What `./dev run` shows a newcomer comes to its end, each receipt with its fiscal document."""

import os
import sys
import unittest

from harness.case import StackTest
from harness.stack import ROOT

sys.path.insert(0, str(ROOT / 'scripts'))

import demo


class Demo(StackTest):
    def test_the_demo_ends_well(self):
        os.environ.update({f'KASSAFLOW_{name}': value for name, value in self.stack.env.items()})
        os.environ['KASSAFLOW_KASSACTL'] = str(self.stack.kassactl_path())
        os.environ['KASSAFLOW_STATE_DIR'] = str(self.stack.state_dir)
        demo.run()


if __name__ == '__main__':
    unittest.main()
