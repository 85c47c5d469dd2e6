"""The files of the tree, by kind, and what a check says of them."""

import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

# Every kind of source that a linter of `./dev lint` or `./dev tidy` reads.
SUFFIXES = {'.cpp': 'cpp', '.hpp': 'hpp', '.py': 'python', '.sh': 'shell', '.proto': 'proto'}
INTERPRETERS = {'bash': 'shell', 'sh': 'shell', 'python3': 'python'}


@dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    check: str  # the name of the check, as expected.txt writes it
    subject: str  # what is wrong, without line numbers, so that expected.txt can name it: "kafka>postgres"
    message: str  # says the way out as well

    def __str__(self) -> str:
        return f'{self.path}:{self.line}: {self.message} [{self.check}]'

    @property
    def key(self) -> str:
        return f'{self.check} {self.path} {self.subject}'


class Tree:
    """The files that Git tracks or would track; nothing of what .gitignore names."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def files(self) -> list[str]:
        listed = subprocess.run(
            ['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
            cwd=self.root, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return sorted(name for name in set(listed.stdout.split('\0')) if name and (self.root / name).is_file())

    def text(self, path: str) -> str:
        return (self.root / path).read_text(encoding='utf-8', errors='replace')

    def kind(self, path: str) -> str | None:
        """cpp, hpp, python, shell or proto, by suffix or by the first line; None for what is no source."""
        if kind := SUFFIXES.get(Path(path).suffix):
            return kind
        with (self.root / path).open('rb') as file:
            first = file.readline(80)
        if not first.startswith(b'#!'):
            return None
        return INTERPRETERS.get(first.decode(errors='replace').split('/')[-1].split()[-1])

    def of_kind(self, *kinds: str) -> list[str]:
        return [path for path in self.files if self.kind(path) in kinds]
