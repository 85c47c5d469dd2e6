#!/usr/bin/python3
"""Every reference in the tree leads somewhere, and the table of rules, their tests and mutants is what those are.

    references.py check   exit code 1 when a reference is dead or the table is old
    references.py write   writes the table

A reference is a page's name (`itkassa.md`), what follows it (`§7`, `§6.2, §11.3`; for exactly-once.md the numbers of
rules, for design.md a section or an invariant), a relative link of Markdown, a verb of ./dev in a page, or the test that
catches a mutant.
"""

import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import mutants

ROOT = Path(__file__).resolve().parents[1]
TABLE = Path('docs/contract/rules-and-tests.md')
TEXTS = {'.cpp', '.hpp', '.py', '.sh', '.md', '.proto', '.tsv', '.yaml', '.txt', '.sql', '.cmake', '.template', ''}

HOLD_FAULTS = ('scripts/references.py', 'tests/lint/')  # references that lead nowhere, as examples

PAGE = re.compile(r'(?P<path>(?:[\w.-]+/)*[\w-]+\.md)\b`?(?=(?P<after>[^\n|]{0,80}))')
SECTIONS = re.compile(r'^\s*(?:§\s*[A-Z]?\d+(?:\.\d+)*(?:\s*(?:,|-|–|and|und)\s*(?=§))?\s*)+')
RULES = re.compile(r'^ (?P<numbers>\d+(?:(?:, | and |-)\d+)*)\b(?!\.\d)')
DESIGN = re.compile(r'^ (?:§)?(?P<place>I\d|\d+(?:\.\d+)?)\b')
LINK = re.compile(r'\]\((?!https?:|#|mailto:)([^)#\s]+)')
VERB = re.compile(r'\./dev ([a-z]+)')
TEST_NAME = re.compile(r'\bTEST(?:_F|_P)?\(\s*(\w+),\s*(Rule(\d+)_\w+)\)')
ANY_TEST = re.compile(r'TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)')


def tracked():
    listed = subprocess.run(
        ['git', 'ls-files', '--cached', '--others', '--exclude-standard'], cwd=ROOT, capture_output=True, text=True,
        check=True,
    )
    return [Path(line) for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


class Page:
    def __init__(self, path):
        text = (ROOT / path).read_text(encoding='utf-8')
        self.sections = set()
        section = ''
        for line in text.splitlines():
            if heading := re.match(r'#+ ([A-Z]?\d+(?:\.\d+)*)\.? ', line):
                section = heading[1]
                self.sections.add(section)
            elif item := re.match(r'(\d+)\. ', line):
                self.sections.add(f'{section}.{item[1]}')  # "§4.7" is the seventh point of section 4
        self.rules = set(re.findall(r'^(\d+)\. ', text, re.M))
        self.invariants = set(re.findall(r'^\| (I\d) \|', text, re.M))


class Checker:
    def __init__(self, files):
        self.files = files
        self.pages = {path: Page(path) for path in files if path.suffix == '.md'}
        self.verbs = set(re.findall(r'^  ([a-z]+)\) ', (ROOT / 'dev').read_text(), re.M)) | {'help'}
        self.dead = []

    def complain(self, path, line, what):
        self.dead.append(f'{path}:{line}: {what}')

    def page(self, path, name):
        for candidate in (Path(name), Path(os.path.normpath(path.parent / name))):
            if candidate in self.pages:
                return self.pages[candidate]
        ending = [page for page in self.pages if str(page).endswith('/' + name)]
        return self.pages[ending[0]] if ending else None

    def check_page(self, path, number, found):
        name, after = found['path'], found['after']
        page = self.page(path, name)
        if page is None and path.parent == Path('docs/protocols'):
            return None  # a page of the vendor's
        if page is None:
            return self.complain(path, number, f'there is no page {name}')
        if sections := SECTIONS.match(after):
            for section in re.findall(r'§\s*([A-Z]?\d+(?:\.\d+)*)', sections[0]):
                if section not in page.sections:
                    self.complain(path, number, f'{name} has no section {section}')
        elif name.endswith('exactly-once.md') and (rules := RULES.match(after)):
            for rule in re.findall(r'\d+', rules['numbers']):
                if rule not in page.rules:
                    self.complain(path, number, f'{name} has no rule {rule}')
        elif name.endswith('design.md') and (place := DESIGN.match(after)):
            known = page.sections | page.invariants
            if place['place'] not in known:
                self.complain(path, number, f'{name} has no {place["place"]}')

    def check_file(self, path):
        text = (ROOT / path).read_text(encoding='utf-8', errors='replace')
        for number, line in enumerate(text.splitlines(), 1):
            for found in PAGE.finditer(line):
                self.check_page(path, number, found)
            if path.suffix != '.md':
                continue
            for link in LINK.findall(line):
                if not (ROOT / path.parent / link).exists():
                    self.complain(path, number, f'the link {link} leads nowhere')
            for verb in VERB.findall(line):
                if verb not in self.verbs:
                    self.complain(path, number, f'./dev has no verb {verb}')

    def check_mutants(self):
        tests = set()
        for path in self.files:
            if path.suffix in {'.cpp', '.hpp'}:
                tests.update(ANY_TEST.findall((ROOT / path).read_text(encoding='utf-8')))
        for mutant in mutants.mutants():
            where = mutant.path.relative_to(ROOT)
            if mutant.program is None:
                continue  # not tried yet
            if mutant.program not in mutants.PROGRAMS:
                self.complain(where, 2, f'{mutant.program} is none of the programs of scripts/mutants.py')
            elif mutant.program != mutants.SIMULATION and tuple((mutant.test or '.').split('.')) not in tests:
                self.complain(where, 2, f'there is no test {mutant.test}')

    def run(self):
        for path in self.files:
            if path.suffix in TEXTS and not str(path).startswith(HOLD_FAULTS):
                self.check_file(path)
        self.check_mutants()
        return self.dead


def table(files):
    """Which test holds which rule of exactly-once.md, by the tests' names; what is lost without it, by the mutants."""
    rules = re.findall(r'^(\d+)\. (?:\*\*(.+?)\*\*)?', (ROOT / 'docs/contract/exactly-once.md').read_text(), re.M)
    tests = defaultdict(set)
    for path in files:
        if path.suffix != '.cpp':
            continue
        for suite, name, rule in TEST_NAME.findall((ROOT / path).read_text(encoding='utf-8')):
            tests[int(rule)].add((str(path.parent.parent), f'{suite}.{name}'))
    without = defaultdict(list)
    for mutant in mutants.mutants():
        caught_by = f'`{mutant.caught_by}`' if mutant.program else 'not tried yet'
        without[mutant.rule].append(f'| `{mutant.name}` | {mutant.loss} | {caught_by} |')
    lines = [
        '# Rules and their tests', '',
        ('Made by `scripts/references.py write` of the names of the tests and of the mutants in `tests/mutants`, held to them by '
         '`./dev lint`; the tests of whole stacks, in `tests/functional` and `tests/chaos`, come on top (ARCHITECTURE.md). A mutant '
         'takes one protection away; `./dev mutants` shows that it is caught.'),
    ]
    for number, title in rules:
        lines += ['', f'## {number}. {title.rstrip(".")}' if title else f'## {number}.', '']
        lines += [f'* `{name}` ({place})' for place, name in sorted(tests[int(number)])] or ['* none by name']
        if without[int(number)]:
            lines += ['', '| Mutant | Without the protection | Caught by |', '|---|---|---|', *without[int(number)]]
    return '\n'.join(lines) + '\n'


def main():
    files = tracked()
    made = table(files)
    if sys.argv[1:] == ['write']:
        (ROOT / TABLE).write_text(made, encoding='utf-8')
        return 0
    dead = Checker(files).run()
    if not (ROOT / TABLE).exists() or (ROOT / TABLE).read_text(encoding='utf-8') != made:
        dead.append(f'{TABLE}: older than the tests; scripts/references.py write')
    print('\n'.join(dead), end='\n' if dead else '')
    return 1 if dead else 0


if __name__ == '__main__':
    sys.exit(main())
