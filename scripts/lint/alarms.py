"""Every alarm is in the list of libs/log (alarms.hpp), by which it is counted, and nothing else is.

* A string of the services and libraries that is or names an alarm (`alarm.some_words`) names one of the list.
* What stands in the list, somebody logs.
* A page or a rule that names an alarm names one of the list.
"""

import re
from collections.abc import Iterator

from tree import Finding, Tree

LIST = 'libs/log/include/kassaflow/log/alarms.hpp'
COMMENT = re.compile(r'//[^\n]*')
STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
ALARM = re.compile(r'\balarm\.[a-z_]+\b')
PAGES = ('.md', '.yaml', '.yml', '.json')


def listed(tree: Tree) -> dict[str, int]:
    """The alarms of the list, with their lines."""
    lines = tree.text(LIST).splitlines()
    return {found[1]: number for number, line in enumerate(lines, 1) if (found := re.match(r'\s*"(alarm\.[a-z_]+)",$', line))}


def unknown(path: str, line: int, alarm: str) -> Finding:
    return Finding(
        path, line, 'alarm', alarm,
        f'names {alarm}, which is not in {LIST}: add it there, so that it is counted, or correct it',
    )  # fmt: skip


def code(tree: Tree) -> Iterator[str]:
    for path in tree.of_kind('cpp', 'hpp'):
        if path.startswith(('libs/', 'services/')) and not re.search('/(tests|testing)/', path) and path != LIST:
            yield path


def pages(tree: Tree) -> Iterator[str]:
    for path in tree.files:
        if path.startswith(('docs/', 'deploy/')) and path.endswith(PAGES):
            yield path


def check(tree: Tree) -> Iterator[Finding]:
    alarms = listed(tree) if LIST in tree.files else {}
    logged: set[str] = set()
    for path in code(tree):
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            for string in STRING.findall(COMMENT.sub('', line)):
                for alarm in ALARM.findall(string):
                    if alarm not in alarms:
                        yield unknown(path, number, alarm)
                    if alarm == string:
                        logged.add(alarm)
    for alarm, number in alarms.items():
        if alarm not in logged:
            yield Finding(LIST, number, 'alarm', alarm, f'{alarm} is in the list, and nobody logs it: take it out')
    for path in pages(tree):
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            for alarm in ALARM.findall(line):
                if alarm not in alarms:
                    yield unknown(path, number, alarm)
