#!/usr/bin/python3
"""free_port.py TAKEN: prints a port of 127.0.0.1 that nothing listens on and that the file TAKEN (name=port lines) does not name."""
import pathlib
import random
import socket
import sys

FIRST, LAST = 20000, 32000  # below Linux' ephemeral ports (32768 and up)

taken_file = pathlib.Path(sys.argv[1])
taken = {int(line.rpartition('=')[2]) for line in taken_file.read_text().split()} if taken_file.exists() else set()
for port in random.sample(range(FIRST, LAST), 500):
    with socket.socket() as probe:
        try:
            probe.bind(('127.0.0.1', port))
        except OSError:
            continue
    if port not in taken:
        print(port)
        sys.exit(0)
sys.exit('no free port')
