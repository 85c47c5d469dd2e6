#!/usr/bin/python3
"""What a service may do in the stores is what it needs: who has one service's password has no other's data."""

import pathlib
import socket
import ssl
import subprocess
import unittest

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic
from harness.case import StackTest
from harness.postgres import Postgres
from harness.stack import ROOT
from harness.waiting import eventually

import acls

SERVICES = ('registry', 'fiscalizer', 'status')
WITHIN_S = 30
DENIED = ('permission denied', 'must be', 'only roles with')  # how PostgreSQL begins or words a refusal


class Database(StackTest):
    postgres: Postgres

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.postgres = Postgres(cls.stack)

    def rows(self, statement: str) -> list[str]:
        return self.postgres.sql(statement).splitlines()

    def tried(self, uri: str, statement: str) -> str:
        """Why it failed; empty: it did not. Whatever it did is taken back."""
        done = subprocess.run(
            ['psql', '-X', '-q', '-w', '-v', 'ON_ERROR_STOP=1', '-d', uri],
            input=f'begin; {statement}; rollback;',
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        return done.stderr.strip() if done.returncode else ''

    def refused(self, service: str, statement: str) -> None:
        with self.subTest(service, statement=statement):
            said = self.tried(self.stack.setting(service, 'postgres'), statement)
            self.assertTrue(any(word in said for word in DENIED), said or 'it was done')

    def test_each_has_its_own_schema_and_nothing_of_the_others(self):
        for owner in SERVICES:
            tables = self.rows(f"select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = '{owner}'")
            self.assertGreater(len(tables), 3)
            self.assertEqual(self.tried(self.stack.setting(owner, 'postgres'), f'select count(*) from {tables[0]}'), '')
            for service in set(SERVICES) - {owner}:
                for table in tables:
                    self.refused(service, f'select * from {table}')
                    self.refused(service, f'delete from {table}')
                self.refused(service, f'create table {owner}.mine (n int)')
                self.refused(service, f'drop schema {owner} cascade')
                self.refused(service, f'set role kassaflow_{owner}')
                self.refused(service, f'alter role kassaflow_{owner} password null')
        self.refused('status', 'select fiscalizer.life()')

    def test_none_rules_the_server(self):
        for service in SERVICES:
            for statement in (
                'create role mine',
                'create schema mine',
                'create temporary table mine (n int)',
                'create table public.mine (n int)',
                f'alter role kassaflow_{service} superuser',
                f'alter role kassaflow_{service} bypassrls',
                'set session_replication_role = replica',
                'set role kassaflow',
                'select * from pg_authid',
                "select pg_read_file('postgresql.conf')",
                f"copy {service}.offsets to program 'cat'" if service != 'registry' else "copy registry.claims to program 'cat'",
                "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'kassaflow'",
                'select pg_switch_wal()',
            ):
                self.refused(service, statement)
            for alone in ('create database mine', 'alter system set fsync = off'):  # not in a transaction
                self.refused(service, f'commit; {alone}')

    def test_they_come_in_by_tls_only_and_to_their_database_only(self):
        for service in SERVICES:
            uri = self.stack.setting(service, 'postgres')
            for wrong in (
                uri.replace('sslmode=verify-full', 'sslmode=disable'),
                uri.replace('/kassaflow?', '/postgres?'),
                uri.replace('/kassaflow?', '/template1?'),
            ):
                self.assertNotEqual(wrong, uri)
                with self.subTest(service, uri=wrong):
                    self.assertIn('no pg_hba.conf entry', self.tried(wrong, 'select 1'))

    def test_the_server_proves_who_it_is(self):
        uri = self.stack.setting('status', 'postgres')
        self.assertIn('does not match host name', self.tried(uri.replace('@postgres.', '@registry.'), 'select 1'))
        another = self.stack.setting('status', 'tls_certificate_file')
        said = self.tried(uri.replace(self.stack.setting('status', 'tls_authority_file'), another), 'select 1')
        self.assertIn('certificate verify failed', said)

    def test_the_whole_stack_runs_on_them(self):
        shop = self.shop(self.bit_till(), self.itkassa_till())
        self.all_done([shop.accepted() for _ in range(4)])
        served = self.rows(
            'select distinct usename, ssl from pg_stat_activity join pg_stat_ssl using (pid) '
            "where datname = 'kassaflow' and pid <> pg_backend_pid() and application_name <> 'psql'"
        )
        self.assertEqual(sorted(served), sorted(f'kassaflow_{service}|t' for service in SERVICES))

    def test_what_belonged_to_the_superuser_is_taken_over(self):
        """A stack that was made before there were roles."""
        foreign = (
            "select relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where nspname in ('registry', 'fiscalizer', "
            "'status') and relowner::regrole::text <> 'kassaflow_' || nspname"
        )
        self.assertEqual(self.rows(foreign), [])
        self.rows('alter table status.portals owner to kassaflow')
        self.rows('alter function fiscalizer.life owner to kassaflow')
        self.rows('alter schema fiscalizer owner to kassaflow')
        self.assertNotEqual(self.rows(foreign), [])
        self.stack.up()
        self.assertEqual(self.rows(foreign), [])
        owners = (
            "select nspowner::regrole from pg_namespace where nspname = 'fiscalizer' union all "
            "select proowner::regrole from pg_proc where proname = 'life'"
        )
        self.assertEqual(self.rows(owners), ['kassaflow_fiscalizer'] * 2)


RECEIPTS, CALLBACKS, OUTCOMES, DEAD = (f'kassaflow.{name}' for name in ('receipts', 'callbacks', 'outcomes', 'dead-letters'))
TOPICS = {RECEIPTS, CALLBACKS, OUTCOMES, DEAD}
WRITES = {'ingress': {RECEIPTS, CALLBACKS}, 'fiscalizer': {OUTCOMES, DEAD}, 'status': {DEAD}}
READS = {'ingress': set(), 'fiscalizer': {RECEIPTS, CALLBACKS, OUTCOMES}, 'status': {RECEIPTS, OUTCOMES}}
GROUPS = {'fiscalizer': 'kassaflow-fiscalizer', 'status': 'kassaflow-status'}
TOPIC_REFUSED, GROUP_REFUSED = KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED


class Brokers(StackTest):
    """That each may do what it needs is what the rest of the tests show; nothing is written or read here."""

    def of(self, service: str, **changed: str) -> dict[str, str]:
        """Its properties."""
        return {
            **self.stack.kafka_properties(),
            'sasl.username': service,
            'sasl.password': pathlib.Path(self.stack.setting(service, 'kafka_sasl_password_file')).read_text(),
            'log_level': '0',
            **{name.replace('_', '.'): value for name, value in changed.items()},
        }

    def written(self, service: str, topic: str) -> int:
        """The error's code."""
        codes: list[int] = []
        producer = Producer({**self.of(service), 'enable.idempotence': True})
        producer.produce(topic, b'', on_delivery=lambda error, _: codes.append(error.code() if error else 0))
        producer.flush(WITHIN_S)
        self.assertEqual(len(codes), 1, f'{service} was not answered about {topic}')
        return codes[0]

    def reading_is(self, refused: int, service: str, topic: str, group: str) -> None:
        """Refused for the topic or for the group; some are for both."""
        consumer = Consumer({**self.of(service), 'group.id': group})
        self.addCleanup(consumer.close)
        consumer.assign([TopicPartition(topic, 0, 0)])

        def told() -> bool:
            message = consumer.poll(1)
            return bool(message and message.error() and message.error().code() == refused)

        eventually(told, f'{service} is refused {topic} in group {group}', WITHIN_S)

    def test_none_writes_to_a_topic_of_anothers(self):
        for service, own in WRITES.items():
            for topic in TOPICS - own:
                with self.subTest(service, topic=topic):
                    self.assertEqual(self.written(service, topic), TOPIC_REFUSED)

    def test_none_reads_a_topic_that_is_not_for_it(self):
        for service, own in READS.items():
            known = AdminClient(self.of(service)).list_topics(timeout=WITHIN_S).topics.keys()
            self.assertEqual(known, own | WRITES[service])
            for topic in known - own:
                with self.subTest(service, topic=topic):
                    self.reading_is(TOPIC_REFUSED, service, topic, GROUPS.get(service, 'any'))

    def test_none_takes_part_in_anothers_group(self):
        for service in READS:
            for group in {'any', *GROUPS.values()} - {GROUPS.get(service)}:
                with self.subTest(service, group=group):
                    self.reading_is(GROUP_REFUSED, service, RECEIPTS, group)

    def test_none_rules_the_cluster(self):
        for service in WRITES:
            admin = AdminClient(self.of(service))
            for what, asked in {
                'makes a topic': lambda: admin.create_topics([NewTopic('kassaflow.mine', 1, 1)]),
                'deletes a topic': lambda: admin.delete_topics([RECEIPTS]),
                'changes a topic': lambda: admin.alter_configs(
                    [ConfigResource(ConfigResource.Type.TOPIC, RECEIPTS, {'retention.ms': '1'})]
                ),
            }.items():
                with self.subTest(service, what=what), self.assertRaises(KafkaException) as refused:
                    next(iter(asked().values())).result(WITHIN_S)
                self.assertIn(
                    refused.exception.args[0].code(), (TOPIC_REFUSED, KafkaError.CLUSTER_AUTHORIZATION_FAILED), refused.exception
                )

    def test_nobody_comes_in_without_tls_and_a_password(self):
        plain = {'bootstrap.servers': self.stack.env['KAFKA'], 'log_level': '0'}
        authority = self.stack.kafka_properties()['ssl.ca.location']
        self.assertIn(RECEIPTS, AdminClient(self.of('ingress')).list_topics(timeout=WITHIN_S).topics)
        for what, wrong in {
            'plain': plain,
            'TLS alone': {**plain, 'security.protocol': 'ssl', 'ssl.ca.location': authority},
            "another's password": self.of('ingress', sasl_username='admin'),
            'nobody': self.of('ingress', sasl_username='nobody'),
            'another authority': self.of('ingress', ssl_ca_location=self.stack.setting('ingress', 'tls_certificate_file')),
        }.items():
            with self.subTest(what), self.assertRaises(KafkaException):
                AdminClient(wrong).list_topics(timeout=3)

    def test_the_controller_wants_a_certificate(self):
        ports = dict(line.split('=') for line in (self.stack.state_dir / 'ports').read_text().split())
        context = ssl.create_default_context(cafile=self.stack.kafka_properties()['ssl.ca.location'])
        with (
            socket.create_connection(('127.0.0.1', int(ports['kafka_controller'])), WITHIN_S) as raw,
            self.assertRaisesRegex(ssl.SSLError, 'certificate'),
            context.wrap_socket(raw, server_hostname='kafka.kassaflow.internal') as secured,
        ):
            secured.recv(1)  # with TLS 1.3 the refusal comes after our side is done

    def test_a_right_that_is_not_written_down_is_taken_away(self):
        brokers = acls.Brokers(self.stack.kafka_properties())
        written = acls.written(ROOT / 'deploy/kafka/acls.txt')
        self.assertEqual(brokers.rights(), written)
        more = next(right for right in written if right.principal == b'User:ingress')._replace(principal=b'User:status')
        brokers.give({more})
        eventually(lambda: more in brokers.rights(), 'the right is there')
        self.stack.up()
        self.assertEqual(brokers.rights(), written)


if __name__ == '__main__':
    unittest.main()
