from faulty_tree import FaultyTreeCase

import error_names

FIRST = 'libs/wire/include/kassaflow/wire/wire.hpp'
SECOND = 'services/till/src/till.cpp'


class ErrorNames(FaultyTreeCase):
    def setUp(self) -> None:
        super().setUp()
        self.append(FIRST, 'inline constexpr ErrorKind kAway{\n    "wire.away", "plug it in"};\n')

    def found(self):
        return list(error_names.check(self.tree))

    def test_each_may_be_declared_once(self):
        self.append(SECOND, '// such as ErrorKind kAway{"wire.away"};\nconstexpr ErrorKind kCut{"wire.cut"};\n')
        self.write('services/till/tests/till_test.cpp', 'constexpr ErrorKind kAway{"wire.away"};\n')
        self.assertEqual(self.found(), [])

    def test_a_second_one_of_the_same_name_is_a_fault(self):
        self.write(SECOND, '\nconstexpr ErrorKind kAway{"wire.away"};\n')
        self.assert_finds(self.found(), SECOND, 2, 'wire.away', f'{FIRST}:2')
