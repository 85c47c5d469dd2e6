#!/usr/bin/python3
"""stack_fixture.py up|down: the stack of KASSAFLOW_STATE_DIR, before the first and after the last test of it."""

import sys

from harness.stack import Stack

stack = Stack.of_this_test()
if sys.argv[1:] == ['up']:
    stack.up()
elif sys.argv[1:] == ['down']:
    stack.down()
else:
    sys.exit(__doc__)
