from faulty_tree import FaultyTreeCase

import protocol_names

PATH = 'services/till/src/till.cpp'


class ProtocolNames(FaultyTreeCase):
    def found(self):
        return list(protocol_names.check(self.tree))

    def test_the_folder_and_the_list_of_protocols_may_say_it(self):
        self.assertEqual(self.found(), [])

    def test_identifiers_and_strings_say_it(self):
        for code in ('nova_timeout();', 'NovaRegister a;', 'isNova();', '"nova.token"', 'R"(a nova b)"', '#include "nova/driver.hpp"'):
            with self.subTest(code):
                self.write(PATH, f'\n{code}\n')
                self.assert_finds(self.found(), PATH, 2, 'protocol nova', 'libs/registers/src/nova/')

    def test_comments_other_words_and_tests_do_not(self):
        for code in ('// nova.md §8', '/* nova\nnova */', 'innovation;', '"supernovae"'):
            with self.subTest(code):
                self.write(PATH, f'{code}\n')
                self.assertEqual(self.found(), [])
        self.write('services/till/tests/till_test.cpp', '"nova"\n')
        self.assertEqual(self.found(), [])

    def test_the_common_folder_is_no_protocol_and_may_name_none(self):
        self.write(PATH, 'common();\n')
        self.assertEqual(self.found(), [])
        self.write('libs/registers/src/common/words.hpp', 'nova();\n')
        self.assert_finds(self.found(), 'libs/registers/src/common/words.hpp', 1, 'nova')

    def test_a_word_of_the_language_is_no_name(self):
        self.write('libs/registers/src/virtual/driver.cpp', 'bool virtual_register;\n')
        self.write('libs/registers/src/bit/driver.cpp', '')
        self.write(PATH, '#include <bit>\nvirtual int ceil() { return std::bit_ceil(5u); }\n')
        self.assertEqual(self.found(), [])
        self.append(PATH, 'int virtual_register;\n')
        self.assert_finds(self.found(), PATH, 3, 'virtual')
