#!/usr/bin/python3
"""check.py MODEL.pml: spin goes through every state of the model and finds no assertion violated; with each protection taken away, it
finds one.

A protection is a name that the model asks for by #ifdef or #ifndef.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

COMPILER = ('clang-19', '-O2', '-DSAFETY', '-DCOLLAPSE', '-o', 'pan', 'pan.c')
SEARCH = ('./pan', '-E', '-m2000000', '-w22')  # to the end; a process may wait for ever


def run(folder: str, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f'{" ".join(command)}:\n{done.stdout}{done.stderr}')
    return done.stdout


def holds(model: Path, without: str | None = None) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        run(folder, 'spin', *([f'-D{without}'] if without else []), '-a', str(model))
        run(folder, *COMPILER)
        found = run(folder, *SEARCH)
        if 'max search depth too small' in found:
            sys.exit(f'{model.name}: deeper than the search')
        return 'errors: 0' in found


def main(model: Path) -> int:
    protections = sorted(set(re.findall(r'^#ifn?def (\w+)', model.read_text(), re.M)))
    wrong = 0
    for without in (None, *protections):
        held = holds(model, without)
        wrong += held != (without is None)
        print(f'{without or "the model as it is":28} {"holds" if held else "fails"}', flush=True)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main(Path(sys.argv[1]).resolve()))
