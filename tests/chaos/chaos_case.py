"""The base of the named scenarios: `tests/functional/harness`, and a stack that is whole again when a test ends."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'functional'))

from harness.case import StackTest


class ChaosTest(StackTest):
    def setUp(self):
        self.addCleanup(self.recover)

    def pause(self, name):
        self.stack.pause(name)
        self.addCleanup(self.stack.resume, name)

    def recover(self):
        self.stack.up(self.fiscalizers)
