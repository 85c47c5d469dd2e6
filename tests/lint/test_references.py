import sys
from unittest import mock

from faulty_tree import ROOT, FaultyTreeCase

sys.path.insert(0, str(ROOT / 'scripts'))

import references


class References(FaultyTreeCase):
    def setUp(self):
        super().setUp()
        self.write('dev', 'case $verb in\n  run) stack ;;\nesac\n')
        self.write('docs/contract/exactly-once.md', '# Rules\n\n1. **Once.** Said.\n')
        self.write('docs/protocols/nova.md', '# Nova\n\n## 2. Words\n')

    def dead(self, path, text):
        self.write(path, text)
        with mock.patch.object(references, 'ROOT', self.root):
            checker = references.Checker(references.tracked())
            checker.check_file(references.Path(path))
        return checker.dead

    def test_living_references_pass(self):
        text = '// exactly-once.md 1, nova.md §2\n'
        self.assertEqual(self.dead('libs/base/src/text.cpp', text), [])

    def test_dead_references_are_named_with_file_and_line(self):
        for path, text, words in (
            ('libs/base/src/text.cpp', '\n// exactly-once.md 9\n', 'libs/base/src/text.cpp:2: exactly-once.md has no rule 9'),
            ('libs/base/src/text.cpp', '// nova.md §7\n', 'has no section 7'),
            ('libs/base/src/text.cpp', '// lost.md\n', 'there is no page'),
            ('docs/a.md', '[x](nowhere.cpp)\n', 'leads nowhere'),
            ('docs/a.md', 'call `./dev walk`\n', 'has no verb walk'),
        ):
            with self.subTest(words):
                self.assertIn(words, '\n'.join(self.dead(path, text)))
