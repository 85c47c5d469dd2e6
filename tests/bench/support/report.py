"""What every benchmark is asked and tells: its arguments, tables and result files."""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import time
from collections.abc import Sequence
from statistics import median
from typing import Any


def arguments(what: str | None, rounds: int) -> argparse.ArgumentParser:
    """Those of all benchmarks; each adds its own."""
    parser = argparse.ArgumentParser(description=what, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--bin-dir', type=pathlib.Path, required=True, help='the build folder, with bin/ and bench/')
    parser.add_argument('--results', type=pathlib.Path, required=True)
    parser.add_argument('--rounds', type=int, default=rounds)
    return parser


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The first column to the left, figures to the right."""
    widths = [max(len(row[at]) for row in (header, *rows)) for at in range(len(header))]

    def line(row: Sequence[str]) -> str:
        cells = [row[0].ljust(widths[0]), *(text.rjust(width) for text, width in zip(row[1:], widths[1:]))]
        return '  '.join(cells).rstrip()

    return '\n'.join(line(row) for row in (header, *rows))


def middle(rows: Sequence[dict[str, Any]], figure: str) -> float:
    return median(row[figure] for row in rows)


def write(path: pathlib.Path, results: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    machine = {'cores': os.cpu_count(), 'load_before': results.pop('load_before'), 'load_after': os.getloadavg()[0]}
    head = {'at': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime()), 'machine': machine}
    path.write_text(json.dumps(head | results, indent=1, ensure_ascii=False, default=str) + '\n')
