"""A command that must succeed, and what it says."""

from __future__ import annotations

import pathlib
import subprocess
import sys
from collections.abc import Mapping, Sequence


def output_of(
    name: str,
    arguments: Sequence[str | pathlib.Path],
    within_s: float,
    folder: pathlib.Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Of its standard output; its standard error is handed on. AssertionError with all it said when it fails. `name`: for
    that text."""
    done = subprocess.run(
        arguments,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f'{name}: exit code {done.returncode}\n{done.stdout}{done.stderr}')
    sys.stderr.write(done.stderr)
    return done.stdout
