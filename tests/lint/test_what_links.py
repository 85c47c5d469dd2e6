from pathlib import Path

from faulty_tree import FaultyTreeCase

import what_links


class FakeBuild(what_links.Build):
    def __init__(self, shared=(), archives=(), headers=None):
        super().__init__(Path('nowhere'))
        self._shared, self._archives, self._headers = shared, archives, headers or {'/usr/include/stdio.h': 'a.o'}

    def shared(self, program):
        return list(self._shared)

    def archives(self, program):
        return list(self._archives)

    def headers(self, target):
        return self._headers


class WhatLinks(FaultyTreeCase):
    def messages(self, build):
        return [finding.message for finding in what_links.pure(build, 'kassaflow_base')]

    def test_a_program_without_wires_passes(self):
        build = FakeBuild(['libc.so.6', 'libcrypto.so.3', 'libprotobuf.so.32'], ['libs/base/libkassaflow_base.a'])
        self.assertEqual(self.messages(build), [])

    def test_a_shared_library_an_archive_and_a_header_are_seen(self):
        for build, words in (
            (FakeBuild(['libpqxx-6.4.so']), 'PostgreSQL (libpqxx-6.4.so)'),
            (FakeBuild(['libgrpc++.so.1.51']), 'gRPC'),
            (FakeBuild(['librdkafka.so.1']), 'Kafka'),
            (FakeBuild([], ['libs/http/libkassaflow_http.a']), 'HTTP'),
            (FakeBuild(headers={'/usr/include/boost/asio/any_io_executor.hpp': 'text.cpp.o'}), 'text.cpp.o was compiled with'),
        ):
            with self.subTest(words):
                self.assertEqual(len(self.messages(build)), 1)
                self.assertIn(words, self.messages(build)[0])

    def test_what_a_service_is_forbidden_is_seen_as_wire_and_as_archive(self):
        wires = what_links.wires_of({'PkgConfig::PQ': 'PostgreSQL', 'kassaflow_nova': 'the nova'})
        build = FakeBuild(['libpq.so.5'], ['libs/nova/libkassaflow_nova.a', 'libs/base/libkassaflow_base.a'])
        found = [finding.message for finding in what_links.program(build, 'bin/till', wires, 'why')]
        self.assertEqual(found, ['links PostgreSQL (libpq.so.5); why', 'links the nova (libs/nova/libkassaflow_nova.a); why'])

    def test_every_word_of_the_layers_can_be_looked_for(self):
        for links in what_links.SERVICE_WITHOUT.values():
            for word, wire in what_links.wires_of(links).items():
                self.assertNotEqual((wire.shared, wire.archive), (what_links.Wire.shared, what_links.Wire.archive), word)

    def test_a_library_that_was_not_built_proves_nothing(self):
        build = FakeBuild()
        build._headers = {}
        self.assertIn('build all of it first', self.messages(build)[0])
