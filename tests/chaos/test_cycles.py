#!/usr/bin/python3
"""A few cycles of `run.py` with every `./dev test`; `./dev test chaos --seed N --cycles N` runs as many as you like."""

import sys

import run

if __name__ == '__main__':
    sys.exit(run.main(['--cycles', '8']))
