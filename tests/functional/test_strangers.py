#!/usr/bin/python3
"""Records that a stranger writes into the topics: each is set aside, alarmed and visible, and nobody else waits (rule 18, I5, I7)."""

import json
import unittest

from harness import records
from harness.case import StackTest
from harness.postgres import Postgres
from harness.records import CALLBACKS, DONE, FAILED, OUTCOMES, RECEIPTS, accepted, message, owner, pool_of
from harness.waiting import eventually

MOST = 2**63 - 1


class Strangers(StackTest):
    def setUp(self):
        self.store, self.other = self.shop(self.bit_till()), self.shop(self.itkassa_till())
        self.writer = records.Writer(self.stack)
        self.postgres = Postgres(self.stack)

    # --- what is seen of a record that was set aside ---

    def counted(self, service, topic, why):
        return self.stack.figure(service, f'kassaflow_records_set_aside_total{{topic="{topic}",why="{why}"}}')

    def alarms_of(self, service, event):
        lines = self.stack.log(service).splitlines()
        return [json.loads(line) for line in lines if f'"event":"alarm.{event}"' in line and line.endswith('}')]

    def listed(self, service, topic, why):
        """As an operator is told of them; the newest 10,000 are all of a test stack."""
        rows = self.stack.kassactl_json('set-aside', 'list', '--limit', '10000')
        return sum((row['service'], row['topic'], row['why']) == (service, topic, why) and bool(row['toDo']) for row in rows)

    def sets_aside(self, service, topic, why, event, how_many, write):
        """`write` puts so many records into the topic that are set aside for that reason."""
        def seen():
            return (
                self.counted(service, topic, why),
                len(self.alarms_of(service, event)),
                self.listed(service, topic, why),
            )

        before = seen()
        write()
        wanted = tuple(number + how_many for number in before)
        eventually(lambda: seen() == wanted, f'{how_many} more of {topic} set aside as {why}', seen=seen)

    def held(self, shop):
        listed = self.stack.kassactl_json('receipts', 'list', '--tenant', shop.name, '--state', 'held') or []
        return {row['id'] for row in listed}

    def post(self, fields, key=None, with_owner=True):
        headers = {'owner': owner(fields)} if with_owner else None
        self.writer.write(RECEIPTS, pool_of(self.store) if key is None else key, message(fields), headers)

    # --- tests ---

    def test_posts_that_no_database_holds_keep_nobody_waiting(self):
        store = self.store
        hostile = [
            accepted(store, receipt={1: 1, 2: [{1: 'a\0b', 2: 100, 3: 1000, 4: 100, 5: 6, 6: 4, 7: 1}], 4: 100}),
            accepted(store, receipt={1: 1, 2: [{1: 'x' * 5000, 5: 6, 6: 4, 7: 1}], 4: 100}),
            accepted(store, accepted_at_ms=MOST),
            accepted(store, digest_version=2**32 - 1),
            accepted(store, pool='x' * 5000),
            accepted(store, cashbox='\x1b[2K'),
        ]
        sales = [store.accepted() for _ in range(3)]

        def write():
            for fields in hostile:
                self.post(fields)
            sales.extend(store.accepted() for _ in range(3))

        # Both readers of the topic refuse them.
        self.sets_aside(
            'status', RECEIPTS, 'out_of_limits', 'record_out_of_limits', len(hostile),
            lambda: self.sets_aside(
                'fiscalizer', RECEIPTS, 'out_of_limits', 'record_out_of_limits', len(hostile), write
            ),
        )  # fmt: skip
        self.all_done(sales)
        for sale in sales:
            sale.portal_says('Y')
        # Their headers say whose they are: a person finds them.
        eventually(lambda: {fields[1] for fields in hostile} <= self.held(store), 'they are held')
        shown = self.stack.kassactl_json('receipts', 'show', hostile[0][1])
        self.assertIn('отложен', shown['error'])

    def test_rubbish_is_set_aside_whatever_its_key_is(self):
        def write():
            for key in (b'\0', b'\xff\xff', b'x' * 5000, b'', pool_of(self.store).encode()):
                self.writer.write(RECEIPTS, key, b'\xff\xff')

        self.sets_aside('fiscalizer', RECEIPTS, 'unreadable', 'unreadable_record', 5, write)
        self.all_done([self.store.accepted()])

    def test_a_post_that_the_journal_refuses_is_held_and_taken_in_later(self):
        store = self.store
        self.postgres.sql(
            "alter table fiscalizer.receipts add constraint refused check (position('poison@'::bytea in content) = 0) not valid"
        )
        self.addCleanup(
            self.postgres.sql, 'alter table fiscalizer.receipts drop constraint if exists refused'
        )
        sales = [store.accepted()]

        def write():
            sales.extend(store.accepted() for _ in range(2))
            sales.append(store.accepted(client_email='poison@buyer.example'))
            sales.extend(store.accepted() for _ in range(3))

        self.sets_aside('fiscalizer', RECEIPTS, 'refused', 'refused_record', 1, write)
        poison = sales.pop(3)
        self.all_done(sales)
        poison.reaches('held')
        self.assertEqual(poison.check_url()['STATUS'], 'WAIT')
        self.postgres.sql('alter table fiscalizer.receipts drop constraint refused')
        code, _, err = poison.person('retry')
        self.assertEqual(code, 0, err)
        poison.reaches('done')
        poison.portal_says('Y')

    def test_what_another_tenant_says_of_a_shop_changes_nothing(self):
        sale = self.store.accepted()
        sale.reaches('done')
        theirs = [
            accepted(self.other, pool=pool_of(self.store)),
            accepted(self.other, installation=f'{self.store.name}-main'),
            accepted(self.other, receipt_id=sale.uuid),
        ]

        def write():
            for fields in theirs:
                self.post(fields)

        self.sets_aside('fiscalizer', RECEIPTS, 'foreign', 'foreign_record', len(theirs), write)
        shown = sale.show()
        self.assertEqual((shown['tenant'], shown['state'], shown['conflicts']), (self.store.name, 'done', 0))
        self.assertIsNone(self.stack.kassactl_json('receipts', 'show', theirs[0][1]), 'nothing of it is anybody\'s')
        self.assertEqual(self.held(self.other), set())
        self.all_done([self.store.accepted(), self.other.accepted()])

    def test_callbacks_that_are_poison_or_anothers_keep_nobody_waiting(self):
        register = self.other.tills[0].id
        poison = [
            records.callback(self.other, register, attempt_key='a\0b'),
            records.callback(self.other, register, remote_id='x' * 5000),
        ]
        foreign = [
            records.callback(self.store, register),
            records.callback(self.other, register, identity='itkassa:another'),
        ]

        def write(callbacks):
            for fields in callbacks:
                self.writer.write(CALLBACKS, pool_of(self.other), message(fields))

        self.sets_aside(
            'fiscalizer', CALLBACKS, 'out_of_limits', 'record_out_of_limits', len(poison), lambda: write(poison)
        )
        self.sets_aside('fiscalizer', CALLBACKS, 'foreign', 'foreign_record', len(foreign), lambda: write(foreign))
        self.all_done([self.other.accepted()])

    def test_outcomes_that_are_poison_or_anothers_keep_the_view_true_and_going(self):
        sale = self.store.accepted()
        sale.reaches('done')
        sale.portal_says('Y')
        poison = [
            records.outcome(self.store, records.new_uuid(), FAILED, error='a\0b'),
            records.outcome(self.store, records.new_uuid(), FAILED, revision=2**63),
            records.outcome(self.store, records.new_uuid(), FAILED, covered_post_ids=['1']),
            records.outcome(self.store, records.new_uuid(), FAILED, accepted_at_ms=MOST),
        ]
        foreign = [
            records.outcome(self.other, sale.uuid, FAILED),
            records.outcome(self.other, sale.uuid, DONE, pool=pool_of(self.store)),
        ]

        def write(outcomes):
            for fields in outcomes:
                self.writer.write(OUTCOMES, fields[1], message(fields))

        self.sets_aside(
            'status', OUTCOMES, 'out_of_limits', 'record_out_of_limits', len(poison), lambda: write(poison)
        )
        self.sets_aside('status', OUTCOMES, 'foreign', 'foreign_record', len(foreign), lambda: write(foreign))
        self.assertEqual(sale.check_url()['STATUS'], 'DONE')
        self.assertEqual(self.other.check_url(sale.uuid).json()['STATUS'], 'WAIT')
        after = self.store.accepted()
        after.reaches('done')
        after.portal_says('Y')
        for service in ('fiscalizer', 'status'):
            self.assertTrue(self.stack.is_ready(service))


if __name__ == '__main__':
    unittest.main()
