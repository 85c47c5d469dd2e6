#!/usr/bin/python3
"""Line coverage of the unit tests, one figure for each library and service (coverage.py BUILD_DIR).

The programs are those that ctest knows under the label `unit`; each runs once. Lines of headers count where their library is.
"""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def run(*command: str) -> str:
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def unit_tests(build: Path) -> list[str]:
    listed = json.loads(run('ctest', '--test-dir', str(build), '-L', '^unit$', '--show-only=json-v1'))
    commands = (test.get('command', [''])[0] for test in listed['tests'])
    return sorted({command for command in commands if command.startswith(str(build / 'tests'))})


def profile(build: Path, programs: list[str]) -> Path:
    folder = build / 'profiles'
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for program in programs:
        raw = folder / f'{Path(program).name}-%p.profraw'  # a test may fork
        done = subprocess.run(
            [program, '--gtest_brief=1'], cwd=build, env={**os.environ, 'LLVM_PROFILE_FILE': str(raw)}, check=False,
            stdout=sys.stderr, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        if done.returncode != 0:
            sys.exit(f'coverage: {program} fails; ./dev test unit says why')
    merged = folder / 'all.profdata'
    run('llvm-profdata-19', 'merge', '-sparse', '-o', str(merged), *map(str, folder.glob('*.profraw')))
    return merged


def figures(programs: list[str], merged: Path) -> tuple[Counter[str], Counter[str]]:
    """Lines and covered lines by folder."""
    objects = [word for program in programs[1:] for word in ('-object', program)]
    summary = json.loads(
        run('llvm-cov-19', 'export', '-summary-only', f'-instr-profile={merged}', programs[0], *objects)
    )
    lines: Counter[str] = Counter()
    covered: Counter[str] = Counter()
    for file in summary['data'][0]['files']:
        path = Path(file['filename'])
        parts = path.relative_to(ROOT).parts if path.is_relative_to(ROOT) else ()
        if parts[:1] not in (('libs',), ('services',)) or parts[2] in ('tests', 'testing'):
            continue
        folder = '/'.join(parts[:2])
        lines[folder] += file['summary']['lines']['count']
        covered[folder] += file['summary']['lines']['covered']
    return lines, covered


def main(folder: str) -> int:
    build = Path(folder).resolve()
    programs = unit_tests(build)
    lines, covered = figures(programs, profile(build, programs))
    for name in sorted(lines):
        print(f'{name:24} {100 * covered[name] / lines[name]:5.1f} %  of {lines[name]:6} lines')
    print(f'{"total":24} {100 * covered.total() / lines.total():5.1f} %  of {lines.total():6} lines')
    return 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
