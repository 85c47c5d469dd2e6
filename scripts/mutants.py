#!/usr/bin/python3
"""./dev mutants [NAME...]: takes one protection away after the other and shows that somebody misses it.

Each of tests/mutants/*.patch says its rule, what happens without the protection, and who notices. It is applied to a copy of the last
commit, built, and put to whom it names. Where nobody is named, or that one notices nothing, all others are asked. Exit code 1 when a
mutant survives, or when another one noticed it than its patch says.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATCHES = Path('tests/mutants')
TREE = ROOT / 'build/mutants'
HEADER = re.compile(r'Rule (?P<rule>\d+)\. Without it: (?P<loss>.+\.)\n(?:Caught by: (?P<program>\w+)(?: (?P<test>\w+\.\w+))?\n)?\ndiff ')

SIMULATION = 'simulate'
PROGRAMS = (
    'receipts_test', 'registers_test', 'http_test', 'bitrix24_test', 'log_ends_test', 'producer_test', 'ingress_test', 'registry_test',
    'status_test', 'status_functional_test', 'fiscalizer_test', 'journal_test', 'postgres_unit_test', 'postgres_test', SIMULATION,
)  # fmt: skip
SEEDS = range(1, 121)
SEEDS_AT_ONCE = 24
RUN_LIMIT_S = 300
TEST_LIMIT_S = 60  # without its protection a test may wait for ever


@dataclass(frozen=True)
class Mutant:
    path: Path
    rule: int
    loss: str
    program: str | None
    test: str | None  # of a program of tests

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def caught_by(self) -> str:
        return ' '.join(part for part in (self.program, self.test) if part)


def read(path: Path) -> Mutant:
    header = HEADER.match(path.read_text(encoding='utf-8'))
    if header is None:
        sys.exit(f'{path}: begins with "Rule N. Without it: … .", "Caught by: PROGRAM SUITE.TEST" and an empty line')
    return Mutant(path, int(header['rule']), header['loss'], header['program'], header['test'])


def mutants() -> list[Mutant]:
    return [read(path) for path in sorted((ROOT / PATCHES).glob('*.patch'))]


def run(*command: str, limit_s: int | None = None) -> tuple[int, str]:
    environment = os.environ | {'CCACHE_BASEDIR': str(TREE), 'CCACHE_NOHASHDIR': '1'}
    try:
        done = subprocess.run(
            command, cwd=TREE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit_s, check=False
        )
    except subprocess.TimeoutExpired as late:
        return 1, (late.stdout or b'').decode(errors='replace')
    return done.returncode, done.stdout.decode(errors='replace')


def must(*command: str) -> None:
    code, output = run(*command)
    if code != 0:
        raise subprocess.CalledProcessError(code, command, output)


def prepare() -> None:
    if TREE.exists():
        commit = subprocess.check_output(['git', 'rev-parse', 'HEAD'], cwd=ROOT, text=True).strip()
        must('git', 'checkout', '-q', '--force', '--detach', commit)
    else:
        subprocess.run(['git', 'worktree', 'prune'], cwd=ROOT, check=True)
        subprocess.run(['git', 'worktree', 'add', '-q', '--force', '--detach', str(TREE)], cwd=ROOT, check=True)
    for preset in {preset_of(program) for program in PROGRAMS}:
        must('cmake', '--preset', preset)


def preset_of(program: str) -> str:
    return 'simulation' if program == SIMULATION else 'dev'


def path_of(program: str) -> str:
    return f'build/{preset_of(program)}/tests/{program}'


def build(program: str) -> None:
    must('cmake', '--build', '--preset', preset_of(program), '--target', program)


def every_instance(test: str) -> str:
    """GoogleTest's filter for a test of its own, of a suite with parameters and of one with types."""
    suite, name = test.split('.')
    return f'{suite}.{name}:{suite}.{name}/*:*/{suite}.{name}:*/{suite}.{name}/*:*/{suite}/*.{name}'


def who_of_tests(program: str, test: str | None) -> str | None:
    filters = [f'--gtest_filter={every_instance(test)}'] if test else []
    code, output = run(path_of(program), *filters, '--gtest_brief=1', limit_s=TEST_LIMIT_S if test else RUN_LIMIT_S)
    if '[==========] 0 tests' in output:
        sys.exit(f'{program} has no {test}')
    if code == 0:
        return None
    failed = re.findall(r'^\[  FAILED  \] (?:\w+/)?(\w+)(?:/\w+)?\.(\w+)', output, re.M)
    return f'{program} {failed[0][0]}.{failed[0][1]}' if failed else f'{program} {test}' if test else program


def who_of_seeds() -> str | None:
    for first in SEEDS[::SEEDS_AT_ONCE]:
        options = ('--seed', str(first), '--seeds', str(SEEDS_AT_ONCE), '--no-shrink')
        code, _ = run(path_of(SIMULATION), *options, limit_s=RUN_LIMIT_S)
        if code != 0:
            return SIMULATION
    return None


def who_notices(program: str, test: str | None = None) -> str | None:
    return who_of_seeds() if program == SIMULATION else who_of_tests(program, test)


def anybody(programs: Iterable[str]) -> str | None:
    for program in programs:
        build(program)
        if found := who_notices(program):
            return found
    return None


def try_out(mutant: Mutant) -> str | None:
    must('git', 'apply', str(mutant.path))
    try:
        if mutant.program:
            build(mutant.program)
            if who_notices(mutant.program, mutant.test):
                return mutant.caught_by
        return anybody(PROGRAMS)
    finally:
        must('git', 'checkout', '-q', '--force', '.')


def main(names: list[str]) -> int:
    chosen = [mutant for mutant in mutants() if not names or mutant.name in names]
    if not chosen or {mutant.name for mutant in chosen} < set(names):
        sys.exit(f'no such mutant in {PATCHES}')
    chosen.sort(key=lambda mutant: mutant.caught_by)  # one program after the other: less to build
    prepare()
    if noticed := anybody({mutant.program: None for mutant in chosen if mutant.program}):
        sys.exit(f'the unchanged tree fails already: {noticed}')
    survivors = 0
    wrong = 0
    for mutant in chosen:
        try:
            noticed = try_out(mutant)
        except subprocess.CalledProcessError as broken:
            errors = [line for line in broken.output.splitlines() if 'error:' in line]
            noticed = f'cannot be tried: {errors[0] if errors else broken.output[-300:]}'
        survivors += noticed is None
        wrong += noticed is not None and noticed != mutant.caught_by
        said = '' if noticed == mutant.caught_by else f'  (its patch says: {mutant.caught_by or "nobody"})'
        print(f'{mutant.name:28} rule {mutant.rule:<3} {noticed or "SURVIVES"}{said}', flush=True)
    print(f'{len(chosen)} mutants, {survivors} survive, {wrong} are noticed by another one than their patch says')
    return 1 if survivors or wrong else 0


if __name__ == '__main__':
    try:
        sys.exit(main(sys.argv[1:]))
    except subprocess.CalledProcessError as failed:
        sys.exit(f'{" ".join(failed.cmd)}:\n{failed.output[-4000:]}')
