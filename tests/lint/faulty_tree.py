"""A small tree in a temporary folder, sound until a test writes a fault into it."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'scripts/lint'))

from tree import Finding, Tree

IDENTITY = ('-c', 'user.name=t', '-c', 'user.email=t@example.ru', '-c', 'commit.gpgsign=false')
SOUND = {
    'libs/base/CMakeLists.txt': 'kassaflow_library(base PURE\n  SOURCES\n    src/text.cpp\n  LIBS OpenSSL::Crypto)\n',
    'libs/base/include/kassaflow/base/text.hpp': '#pragma once\n',
    'libs/base/src/text.cpp': '#include "kassaflow/base/text.hpp"\n',
    'libs/wire/CMakeLists.txt':
        'kassaflow_library(wire\n  SOURCES\n    src/wire.cpp\n  DEPENDS\n    kassaflow::base\n  LIBS\n    PkgConfig::PQXX)\n',
    'libs/wire/include/kassaflow/wire/wire.hpp': '#include "kassaflow/base/text.hpp"\n',
    'libs/wire/src/wire.cpp': '#include <pqxx/pqxx>\n#include "kassaflow/wire/wire.hpp"\n#include "near.hpp"\n',
    'libs/wire/src/near.hpp': '#pragma once\n',
    'libs/registers/CMakeLists.txt': 'kassaflow_library(registers SOURCES src/nova/driver.cpp src/protocols.cpp)\n',
    'libs/registers/src/nova/driver.cpp': 'const char* name = "nova";\n',
    'libs/registers/src/protocols.cpp': 'int nova_protocol;\n',
    'libs/registers/src/common/words.hpp': '#pragma once\n',
    'libs/registers/src/nova/use.hpp': '#include "../common/words.hpp"\n#include "nova/use.hpp"\n',
    'services/till/CMakeLists.txt': 'kassaflow_service(till\n  SOURCES\n    src/till.cpp\n  DEPENDS\n    kassaflow::wire)\n',
    'services/till/main.cpp': '#include "till.hpp"\n',
    'services/till/src/till.hpp': '#include "kassaflow/base/text.hpp"\n',
    'services/till/src/till.cpp': '#include "till.hpp"\n#include "kassaflow/wire/wire.hpp"\n',
}  # fmt: skip


class FaultyTreeCase(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        subprocess.run(['git', 'init', '-q', folder.name], check=True)
        for path, text in SOUND.items():
            self.write(path, text)

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding='utf-8')

    def append(self, path: str, text: str) -> None:
        self.write(path, (self.root / path).read_text(encoding='utf-8') + text)

    def replace(self, path: str, old: str, new: str) -> None:
        text = (self.root / path).read_text(encoding='utf-8')
        self.assertIn(old, text)
        self.write(path, text.replace(old, new))

    def git(self, *arguments: str) -> None:
        subprocess.run(['git', *IDENTITY, *arguments], cwd=self.root, check=True)

    def commit(self) -> None:
        self.git('add', '-A')
        self.git('commit', '-q', '-m', 'x', '--allow-empty')

    @property
    def tree(self) -> Tree:
        return Tree(self.root)

    def assert_finds(self, found: list[Finding], path: str, line: int, *words: str) -> None:
        """Exactly one place is complained about, with these words."""
        self.assertEqual({(finding.path, finding.line) for finding in found}, {(path, line)}, '\n'.join(map(str, found)))
        for word in words:
            self.assertIn(word, found[0].message)
