from faulty_tree import FaultyTreeCase

import changed


class Changed(FaultyTreeCase):
    def setUp(self):
        super().setUp()
        self.git('checkout', '-q', '-b', 'main')
        self.commit()

    def test_on_a_branch_what_differs_from_where_it_left_main(self):
        self.git('checkout', '-q', '-b', 'work')
        self.append('libs/base/src/text.cpp', '\n')
        self.commit()
        self.commit()
        self.append('services/till/src/till.cpp', '\n')
        self.write('libs/wire/src/new.cpp', '')
        expected = ['libs/base/src/text.cpp', 'libs/wire/src/new.cpp', 'services/till/src/till.cpp']
        self.assertEqual(changed.to_tidy(self.tree), expected)

    def test_on_main_what_the_last_commit_changed(self):
        self.append('libs/base/src/text.cpp', '\n')
        self.commit()
        self.assertEqual(changed.to_tidy(self.tree), ['libs/base/src/text.cpp'])

    def test_a_header_is_read_by_its_own_source_or_by_one_that_includes_it(self):
        self.git('checkout', '-q', '-b', 'work')
        self.commit()
        self.append('libs/wire/include/kassaflow/wire/wire.hpp', '\n')
        self.append('libs/wire/src/near.hpp', '\n')
        self.append('services/till/src/till.hpp', '\n')
        self.assertEqual(changed.to_tidy(self.tree), ['libs/wire/src/wire.cpp', 'services/till/src/till.cpp'])
