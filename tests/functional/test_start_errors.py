#!/usr/bin/python3
"""A service that does not start says which key is wrong, and nothing of what was written there: it may be a password."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from harness.case import StackTest

SERVICES = ('registry', 'ingress', 'fiscalizer', 'status')
STORES = ('registry', 'fiscalizer', 'status')
WITHIN_S = 30
# Meant for `postgres`; slips of the pen make parsers quote pieces of it.
URI = 'postgresql://user:CANARY@127.0.0.1:1/kassaflow'
SLIPS = (
    'postgresql://user:CANARY@ss@127.0.0.1:1/kassaflow',
    'postgresql://user:pa/CANARY@127.0.0.1:1/kassaflow',
    'postgresql://user:pa?CANARY@127.0.0.1:1/kassaflow',
    'postgresql://user:CANARY%ZZ@127.0.0.1:1/kassaflow',
    'postgresql://user:CANARY',
    'postgresql:/user:CANARY@127.0.0.1:1/kassaflow',
    'host=127.0.0.1 port=1 password=pa CANARY',
    "host=127.0.0.1 port=1 password='CANARY",
    'host=user:CANARY@127.0.0.1 port=1',
)


class StartErrors(StackTest):
    def configuration(self, service: str) -> pathlib.Path:
        """The stack's own; with brokers that are spoken to plainly, so that a key about that is wrong wherever it stands."""
        text = (self.stack.state_dir / 'run' / f'{service}.yaml').read_text()
        file = self.folder / f'{service}.yaml'
        file.write_text(re.sub(r'(?m)^kafka_.*\n', '', text))
        return file

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_service(self, service: str, verb: str, **settings: str) -> tuple[int, str]:
        """With these settings instead of the configuration's."""
        arguments = [str(self.stack.kassactl_path().with_name(service)), verb]
        if verb != 'print-default-config':
            arguments += ['--config', str(self.configuration(service))]
        ports = {'KASSAFLOW_ADMIN_PORT': '0', 'KASSAFLOW_HTTP_PORT': '0', 'KASSAFLOW_GRPC_PORT': '0'}
        done = subprocess.run(
            arguments,
            env={**os.environ, **ports, **{f'KASSAFLOW_{name.upper()}': value for name, value in settings.items()}},
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def test_no_key_repeats_what_stands_in_it(self):
        for service in SERVICES:
            _, defaults = self.run_service(service, 'print-default-config')
            keys = re.findall(r'^(?:# )?([a-z_0-9]+):(?: .*)?$', defaults, re.MULTILINE)
            self.assertIn('log_level', keys)
            for key in keys:
                if key == 'postgres':
                    continue
                with self.subTest(service, key=key):
                    code, said = self.run_service(service, 'check-config', **{key: URI})
                    self.assertNotIn('CANARY', said)
                    self.assertEqual(code, 1, said)
                    self.assertIn(key.removesuffix('_file').split('_')[0], said.lower())

    def test_a_connection_string_is_never_quoted(self):
        for service in STORES:
            for uri in SLIPS:
                with self.subTest(service, uri=uri):
                    for verb in ('check-config', 'serve'):
                        code, said = self.run_service(service, verb, postgres=uri)
                        self.assertNotIn('CANARY', said)
                        self.assertEqual(code, 1, said)
                        self.assertIn('postgres', said)

    def test_a_server_that_is_away_is_named_without_the_password(self):
        for service in STORES:
            with self.subTest(service):
                code, said = self.run_service(service, 'serve', postgres=URI)
                self.assertNotIn('CANARY', said)
                self.assertEqual(code, 1, said)
                self.assertIn('127.0.0.1', said)

    def test_nor_are_the_files_of_tls(self):
        for key in ('kafka_ssl_ca_location', 'kafka_ssl_certificate_location', 'kafka_ssl_key_location'):
            files = dict.fromkeys(('kafka_ssl_certificate_location', 'kafka_ssl_key_location'), '/dev/null')
            with self.subTest(key):
                code, said = self.run_service('ingress', 'serve', kafka_security_protocol='ssl', **{**files, key: URI})
                self.assertNotIn('CANARY', said)
                self.assertEqual(code, 1, said)
                self.assertIn(key, said)


if __name__ == '__main__':
    unittest.main()
