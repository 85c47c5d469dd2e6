#!/usr/bin/python3
"""What the runbooks say to type exists: kassactl's words and options, the services' sub-commands, the SQL."""

import re
import shlex
import subprocess
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[0] / 'functional'))

from harness.case import StackTest
from harness.stack import ROOT

PAGES = sorted((ROOT / 'docs' / 'runbooks').glob('*.md'))
CODE = re.compile(r'`([^`\n]+)`')
BLOCK = re.compile(r'```sql\n(.*?)```', re.S)
PLACE = re.compile(r"'…'|NAME")
SERVICES = r'(registry|ingress|fiscalizer|status)'


def said() -> list[tuple[str, str]]:
    """(page, what stands between backticks)."""
    return [(page.name, ' '.join(code.split())) for page in PAGES for code in CODE.findall(page.read_text())]


class Runbooks(StackTest):
    def words_of(self, *words: str) -> str:
        code, out, err = self.stack.kassactl(*words, '--help')
        self.assertEqual(code, 0, f'kassactl {" ".join(words)}: {err}')
        return out

    def test_each_kassactl_command_and_option_exists(self) -> None:
        tried = 0
        for page, code in said():
            if not code.startswith('kassactl '):
                continue
            with self.subTest(page, code=code):
                words = shlex.split(code.replace("'", ''))[1:]
                commands: list[str] = []
                for word in words:  # until the first value
                    if not re.fullmatch('[a-z]+', word) or not re.search(rf'(?m)^  {word} ', self.words_of(*commands)):
                        break
                    commands.append(word)
                self.assertTrue(commands, 'no such command')
                help_text = self.words_of(*commands)
                if 'Subcommands:' in help_text:
                    self.assertEqual(words, commands, 'it has no such sub-command')
                for option in (word for word in words if word.startswith('-')):
                    self.assertRegex(help_text, rf'(?m)(^|[\s,]){option}\b')
                tried += 1
        self.assertGreater(tried, 30)

    def test_each_sub_command_of_a_service_exists(self) -> None:
        tried = 0
        for page, code in said():
            if found := re.match(rf'{SERVICES} ([a-z-]+)( --config FILE)?$', code):
                with self.subTest(page, code=code):
                    done = subprocess.run(
                        [self.stack.kassactl_path().parent / found[1], found[2], '--help'], capture_output=True, text=True, check=False
                    )
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertTrue(not found[3] or '--config' in done.stdout)
                    tried += 1
        self.assertGreater(tried, 2)

    def test_postgresql_understands_each_statement(self) -> None:
        blocks = [(page.name, block) for page in PAGES for block in BLOCK.findall(page.read_text())]
        statements = [(page, each) for page, block in blocks for each in block.split(';') if each.strip()]
        statements += [(page, code) for page, code in said() if re.match(r'(select|update) ', code)]
        self.assertGreater(len(statements), 8)
        for page, statement in statements:
            with self.subTest(page, statement=statement):
                done = subprocess.run(
                    ['psql', '-X', self.stack.env['POSTGRES'], '-c', f'explain {PLACE.sub(chr(39) * 2, statement)}'],
                    capture_output=True, text=True, check=False,
                )  # fmt: skip
                self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == '__main__':
    unittest.main()
