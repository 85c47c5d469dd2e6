from faulty_tree import FaultyTreeCase

import layers


class Layers(FaultyTreeCase):
    def found(self):
        return list(layers.check(self.tree))

    def test_a_sound_tree_passes(self):
        self.assertEqual(self.found(), [])

    def test_a_library_includes_a_service(self):
        self.append('libs/wire/src/wire.cpp', '#include "till.hpp"\n')
        self.assert_finds(self.found(), 'libs/wire/src/wire.cpp', 4, 'services/till', 'public header')

    def test_a_library_includes_a_service_by_a_way_over_the_root(self):
        self.append('libs/wire/src/wire.cpp', '#include "../../../services/till/src/till.hpp"\n')
        self.assert_finds(self.found(), 'libs/wire/src/wire.cpp', 4, 'services/till')

    def test_a_library_links_a_service(self):
        self.replace('libs/wire/CMakeLists.txt', 'kassaflow::base', 'kassaflow::base\n    till_objs')
        found = [finding for finding in self.found() if 'services stand above' in finding.message]
        self.assert_finds(found, 'libs/wire/CMakeLists.txt', 6, 'till_objs')

    def test_a_service_includes_another_service(self):
        self.write('services/other/CMakeLists.txt', 'kassaflow_service(other SOURCES src/other.cpp)\n')
        self.write('services/other/src/other.cpp', '#include "till.hpp"\n')
        self.assert_finds(self.found(), 'services/other/src/other.cpp', 1, 'services/till')

    def test_a_library_includes_one_above_it(self):
        self.append('libs/base/src/text.cpp', '#include "kassaflow/wire/wire.hpp"\n')
        self.assert_finds(self.found(), 'libs/base/src/text.cpp', 2, 'stands above it')

    def test_two_libraries_link_each_other(self):
        self.replace('libs/base/CMakeLists.txt', 'base PURE', 'base')
        self.replace('libs/base/CMakeLists.txt', 'LIBS', 'DEPENDS kassaflow::wire\n  LIBS')
        self.assert_finds(self.found(), 'libs/base/CMakeLists.txt', 4, 'circle', 'base > wire > base')

    def test_a_public_header_includes_what_depends_does_not_name(self):
        self.replace('libs/wire/CMakeLists.txt', 'kassaflow::base', '')
        found = self.found()
        self.assertIn('add kassaflow::base to DEPENDS in libs/wire/CMakeLists.txt', found[0].message)
        self.assertEqual(found[0].path, 'libs/wire/include/kassaflow/wire/wire.hpp')

    def test_what_a_dependency_brings_is_not_named_by_it(self):
        self.write('libs/top/CMakeLists.txt', 'kassaflow_library(top SOURCES src/top.cpp DEPENDS kassaflow::wire)\n')
        self.write('libs/top/src/top.cpp', '#include "kassaflow/base/text.hpp"\n')
        self.assert_finds(self.found(), 'libs/top/src/top.cpp', 1, 'without linking it')

    def test_a_public_header_includes_what_is_linked_privately(self):
        self.replace('libs/wire/CMakeLists.txt', '    kassaflow::base\n', '')
        self.append('libs/wire/CMakeLists.txt', 'target_link_libraries(kassaflow_wire PRIVATE kassaflow::base)\n')
        self.assert_finds(self.found(), 'libs/wire/include/kassaflow/wire/wire.hpp', 1, 'PRIVATE', 'DEPENDS')

    def test_a_private_file_of_another_library_is_included(self):
        self.append('services/till/src/till.cpp', '#include "near.hpp"\n')
        self.assert_finds(self.found(), 'services/till/src/till.cpp', 3, 'private file', 'libs/wire')

    def test_a_pure_library_links_a_wire(self):
        self.replace('libs/base/CMakeLists.txt', 'OpenSSL::Crypto', 'PkgConfig::GRPC')
        self.assert_finds(self.found(), 'libs/base/CMakeLists.txt', 4, 'PURE', 'gRPC')

    def test_a_pure_library_links_one_that_is_not(self):
        self.replace('libs/wire/CMakeLists.txt', '(wire', '(wire PURE')
        self.replace('libs/wire/CMakeLists.txt', 'PkgConfig::PQXX', '')
        self.write('libs/wire/src/wire.cpp', '')
        self.replace('libs/base/CMakeLists.txt', ' PURE', '')
        self.assert_finds(self.found(), 'libs/wire/CMakeLists.txt', 5, 'PURE', 'mark that one too')

    def test_a_pure_library_includes_asio(self):
        self.append('libs/base/src/text.cpp', '#include <boost/asio/awaitable.hpp>\n')
        self.assert_finds(self.found(), 'libs/base/src/text.cpp', 2, 'PURE', 'Asio')

    def test_ingress_links_postgres_by_way_of_a_library(self):
        self.write('services/ingress/CMakeLists.txt', '# edge\nkassaflow_service(ingress\n  DEPENDS kassaflow::wire)\n')
        self.assert_finds(self.found(), 'services/ingress/CMakeLists.txt', 3, 'ingress_objs > wire > PkgConfig::PQXX')
