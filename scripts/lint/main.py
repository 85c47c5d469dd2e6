#!/usr/bin/python3
"""The checks of `./dev lint` that no tool from outside knows; each is a module beside this file.

main.py check       prints each fault with file, line and way out; exit code 1 when there is one
main.py list KIND   the tracked files of a kind (cpp, hpp, python, shell, proto), one a line
main.py write       renews docs/metrics.md
main.py changed     the .cpp files that clang-tidy must read after what this branch changed

expected.txt holds what is known and not yet mended, `CHECK PATH SUBJECT` a line; a line that nothing answers to any more
is a fault as well, so the list only gets shorter.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import alarms
import changed
import covered
import error_names
import journal_tables
import layers
import metrics_page
import mutant_patches
import protocol_names
import protos
from tree import Finding, Tree

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = 'scripts/lint/expected.txt'


def expected(tree: Tree) -> dict[str, int]:
    lines = tree.text(EXPECTED).splitlines() if (tree.root / EXPECTED).exists() else []
    return {line.strip(): number for number, line in enumerate(lines, 1) if line.strip() and not line.startswith('#')}


def less_expected(tree: Tree, findings: list[Finding], checks: set[str]) -> Iterator[Finding]:
    """The findings that expected.txt does not name, and the lines of it that these checks need no longer."""
    known = expected(tree)
    keys = {finding.key for finding in findings}
    yield from (finding for finding in findings if finding.key not in known)
    for line, number in known.items():
        if line.split()[0] in checks and line not in keys:
            yield Finding(EXPECTED, number, 'expected', line, f'`{line}` is mended: take this line out')


def findings(tree: Tree) -> list[Finding]:
    checks = (layers, protocol_names, error_names, covered, protos, journal_tables, mutant_patches, alarms, metrics_page)
    found = [finding for one in checks for finding in one.check(tree)]
    names = {'layers', 'pure', 'protocol-name', 'error-name', 'covered', 'proto', 'journal-tables', 'mutant', 'alarm', 'metrics'}
    return sorted(set(less_expected(tree, found, names)))


def main(arguments: list[str]) -> int:
    tree = Tree(ROOT)
    if arguments[:1] == ['list']:
        print('\n'.join(tree.of_kind(*arguments[1:])))
        return 0
    if arguments == ['changed']:
        print('\n'.join(changed.to_tidy(tree)))
        return 0
    if arguments == ['write']:
        metrics_page.write(tree)
        return 0
    found = findings(tree)
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
