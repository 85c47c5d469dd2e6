from faulty_tree import FaultyTreeCase

import covered


class Covered(FaultyTreeCase):
    def setUp(self):
        super().setUp()
        self.write('libs/registers/src/nova/driver.cpp', '#include "../common/words.hpp"\n#include "use.hpp"\n')

    def found(self):
        return list(covered.check(self.tree))

    def test_a_sound_tree_passes(self):
        self.assertEqual(self.found(), [])

    def test_a_source_that_no_cmake_file_names(self):
        self.write('libs/wire/src/lost.cpp', '')
        self.assert_finds(self.found(), 'libs/wire/src/lost.cpp', 1, 'no CMakeLists.txt names', 'SOURCES')

    def test_a_source_that_is_named_from_the_root(self):
        self.write('tests/support/help.cpp', '')
        self.write('cmake/Nova.cmake', 'target_sources(x PRIVATE "${CMAKE_SOURCE_DIR}/tests/support/help.cpp")\n')
        self.assertEqual(self.found(), [])

    def test_a_header_that_nobody_includes(self):
        self.write('libs/wire/src/lost.hpp', '')
        self.assert_finds(self.found(), 'libs/wire/src/lost.hpp', 1, 'nobody includes')

    def test_a_kind_of_source_without_a_linter(self):
        self.write('libs/wire/src/old.cc', '')
        self.assert_finds(self.found(), 'libs/wire/src/old.cc', 1, 'no linter reads')

    def test_a_part_of_a_script_that_nobody_sources(self):
        self.write('scripts/lost.sh', 'f() { :; }\n')
        self.assert_finds(self.found(), 'scripts/lost.sh', 1, 'no script sources')
        self.write('tool', '#!/bin/bash\nsource scripts/lost.sh\n')
        self.assertEqual(self.found(), [])

    def test_a_linter_turned_off_without_a_reason(self):
        for path, switch in (
            ('libs/base/src/text.cpp', 'f();  // NOLINT'), ('libs/base/src/text.cpp', 'f();  // NOLINT(bugprone-x)'),
            ('libs/base/src/text.cpp', '// clang-format off'), ('scripts/a.py', 'f()  # type: ignore[misc]'),
            ('scripts/a.py', 'f()  # noqa: E501'), ('scripts/a.sh', '# shellcheck disable=SC2086'),
        ):  # fmt: skip
            with self.subTest(switch):
                before = self.tree.text(path) if (self.root / path).exists() else ''
                self.write(path, switch + '\n')
                self.assertIn('without a reason', ' '.join(finding.message for finding in self.found()))
                self.write(path, before)

    def test_a_linter_turned_off_with_a_reason(self):
        self.append('libs/base/src/text.cpp', 'f();  // NOLINT(bugprone-x): the field is one\n// clang-format off: a table\n')
        self.write('scripts/a.py', 'f()  # type: ignore[misc]  # no stubs\ng()  # noqa: E501  # a long address\n')
        self.write('scripts/a.sh', '#!/bin/bash\n# shellcheck disable=SC2086  # a command and its argument\n')
        self.assertEqual(self.found(), [])

    def test_a_script_without_a_suffix_is_known_by_its_first_line(self):
        self.write('tool', '#!/usr/bin/env bash\n')
        self.write('other', '#!/usr/bin/python3\n')
        self.assertEqual((self.tree.of_kind('shell'), self.tree.of_kind('python')), (['tool'], ['other']))
