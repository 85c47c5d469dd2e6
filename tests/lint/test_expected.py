from faulty_tree import FaultyTreeCase

import main

FAULT = 'services/till/src/till.cpp'
LINE = f'protocol-name {FAULT} nova'


class Expected(FaultyTreeCase):
    def setUp(self):
        super().setUp()
        self.write('libs/registers/src/nova/driver.cpp', '#include "../common/words.hpp"\n#include "use.hpp"\n')

    def found(self):
        return main.findings(self.tree)

    def test_what_is_expected_is_let_pass(self):
        self.append(FAULT, 'nova();\n')
        self.assert_finds(self.found(), FAULT, 3, 'nova')
        self.write(main.EXPECTED, f'# why\n{LINE}\n')
        self.assertEqual(self.found(), [])

    def test_an_expectation_that_is_needed_no_longer_fails(self):
        self.write(main.EXPECTED, f'# why\n{LINE}\n')
        self.assert_finds(self.found(), main.EXPECTED, 2, LINE, 'take this line out')

    def test_another_fault_of_the_same_file_is_not_expected(self):
        self.append(FAULT, 'nova();\n#include "near.hpp"\n')
        self.write(main.EXPECTED, f'{LINE}\n')
        self.assert_finds(self.found(), FAULT, 4, 'private file')
