#!/usr/bin/python3
"""Lost answers of itkassa are asked for by key; the same key is posted again only after clean negatives (rule 7)."""

import http.client
import json
import unittest
import urllib.parse
from typing import Any

from harness.case import StackTest
from harness.stack import REPOST_GRACE_S
from harness.waiting import eventually


class LostAnswersItkassa(StackTest):
    def setUp(self):
        self.till = self.itkassa_till()
        self.store = self.shop(self.till)

    def posts_of_one_key(self, sale, count):
        posts = sale.requests()
        self.assertEqual([row['key'] for row in posts], [posts[0]['key']] * count)
        self.assertEqual(len({row['request'] for row in posts}), 1, 'the stored bytes')
        return posts

    def test_an_answer_that_was_lost_is_found_by_its_key(self):
        faults: dict[str, dict[str, Any]] = {
            'lose_answer': {},
            'lose_answer by reset': {'reset': True},
            'malformed_body': {},
            'cut_body': {},
            'http_status': {'status': 502},
            'slow_answer': {'delay_s': 30},
        }
        for fault, parameters in faults.items():
            with self.subTest(fault):
                self.till.arm(fault.partition(' ')[0], **parameters)
                sale = self.store.accepted()
                sale.reaches('done')
                self.posts_of_one_key(sale, 1)
                sale.portal_says('Y')

    def test_a_swallowed_request_is_posted_again_with_the_same_key_after_the_grace(self):
        for fault, parameters in {'swallow_request': {}, 'http_status': {'status': 503, 'process': False}}.items():
            with self.subTest(fault):
                self.till.arm(fault, **parameters)
                sale = self.store.accepted()
                following = self.store.accepted()
                self.all_done([sale, following])
                first, second = self.posts_of_one_key(sale, 2)
                self.assertGreaterEqual(second['time'] - first['time'], REPOST_GRACE_S)
                between = [row for row in self.till.requests() if first['row'] < row['row'] < second['row']]
                self.assertEqual(between, [], 'nothing else goes to that register meanwhile')

    def test_bytes_that_arrive_late_within_the_grace_are_found_and_not_posted_again(self):
        self.till.arm('late', delay_s=REPOST_GRACE_S / 4)
        sale = self.store.accepted()
        sale.reaches('done')
        self.posts_of_one_key(sale, 1)

    def test_bytes_that_arrive_after_the_second_post_meet_the_clouds_deduplication(self):
        self.till.arm('late')
        sale = self.store.accepted()
        sale.reaches('done')
        self.posts_of_one_key(sale, 2)
        self.till.release()
        eventually(lambda: self.till.rows('duplicate'), 'the late post was ignored')
        self.store.accepted().reaches('done')

    def test_questions_that_fail_are_no_negatives(self):
        self.till.arm('http_status', count=None, match={'operation': 'query_by_key'}, status=503)
        self.till.arm('swallow_request')
        sale = self.store.accepted()
        eventually(
            lambda: len(sale.requests()) == 1 and sale.state() in ('uncertain', 'printing'), 'it waits for an answer'
        )
        # Another shop's receipt goes the whole way of a grace meanwhile.
        other_till = self.itkassa_till()
        other = self.shop(other_till)
        other_till.arm('swallow_request')
        other.accepted()
        eventually(other_till.requests, 'the other one was posted')
        self.assertEqual(len(sale.requests()), 1)
        self.till.disarm()
        sale.reaches('done')

    def test_a_question_that_fails_begins_the_grace_anew(self):
        def questions(status):
            return [row for row in self.till.rows('question') if row['status'] == status]

        self.till.arm('swallow_request')
        sale = self.store.accepted()
        eventually(lambda: questions(404), 'the cloud does not know it')
        self.till.arm('http_status', match={'operation': 'query_by_key'}, status=503)
        failed = eventually(lambda: questions(503), 'a question failed')[0]
        sale.reaches('done')
        _, second = self.posts_of_one_key(sale, 2)
        self.assertGreaterEqual(second['time'] - failed['time'], REPOST_GRACE_S)

    def test_a_refusal_that_proves_nothing_is_repeated_once_and_then_a_person_looks(self):
        self.till.arm('refusal', count=None)
        sale = self.store.accepted()
        eventually(lambda: len(sale.requests()) == 2, 'posted again after the grace')
        self.till.disarm()
        self.store.accepted().reaches('done')  # the register is free again: it has its final word on the first
        self.assertEqual(sale.state(), 'uncertain')
        self.assertIn('попробуйте позже', sale.show()['error'])
        self.posts_of_one_key(sale, 2)
        self.assertEqual(sale.check_url()['STATUS'], 'WAIT')

    def test_a_shared_register_is_never_posted_to_again(self):
        shared = self.itkassa_till()
        shared.exclusive = False
        store = self.shop(shared)
        shared.arm('swallow_request')
        sale = store.accepted()
        sale.reaches('uncertain')
        following = store.accepted()
        following.reaches('done')
        self.assertEqual((sale.state(), len(sale.requests())), ('uncertain', 1))
        self.assertEqual(sale.check_url()['STATUS'], 'WAIT')

    def test_a_callback_before_the_answer_is_enough(self):
        self.till.call_back(self.stack)
        self.till.arm('callback_before_answer')
        sale = self.store.accepted()
        sale.reaches('done')
        self.posts_of_one_key(sale, 1)
        self.assertIn(200, [row['status'] for row in self.till.rows('callback')])

    def test_a_callback_settles_what_no_question_can(self):
        self.store.accepted().reaches('done')  # a callback binds no storage: the register itself has named it
        self.till.call_back(self.stack)
        for operation in ('query', 'query_by_key'):
            self.till.arm('http_status', count=None, match={'operation': operation}, status=503)
        self.till.arm('lose_answer')
        sale = self.store.accepted()
        sale.reaches('done')
        self.posts_of_one_key(sale, 1)

    def test_a_callback_that_is_not_ours_or_not_signed_changes_nothing(self):
        url = self.till.call_back(self.stack)
        other = self.itkassa_till()
        other_shop = self.shop(other)
        self.till.arm('slow_execution', delay_s=2)
        sale = self.store.accepted()
        accepted = eventually(lambda: self.till.rows('task'), 'the cloud has it')[-1]
        forged = {
            'id': accepted['id'],
            'idempKey': accepted['key'],
            'creItemId': self.till.key,
            'type': 'sale',
            'isFiscal': True,
            'queueItem': None,
            'checkNumber': '9',
            'fsNumber': '9' * 16,
            'checkSign': '1',
            'commands': accepted['document']['commands'],
            'resultItem': {'id': 'x', 'result': 'success', 'creErrorId': '0', 'printDocumentId': accepted['id']},
        }
        self.assertIn(self.post_callback(url, 'not the key', forged), (401, 403))
        foreign_url = self.stack.kassactl_json('get', 'register', other.id)['callbackUrl']
        self.assertIn(self.post_callback(foreign_url, other.callback_key, forged), (200, 401, 403, 404))
        shown = sale.reaches('done')
        self.assertNotEqual(shown['fiscal']['fn'], '9' * 16)
        self.assertEqual(other_shop.documents(), [])

    def post_callback(self, url, key, body):
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        self.addCleanup(connection.close)
        connection.request('POST', parts.path, json.dumps(body), {'Content-Type': 'application/json', 'X-Api-Key': key})
        return connection.getresponse().status

    def test_a_document_signed_in_spite_of_an_error_is_done(self):
        self.till.arm('critical_error', creErrorId='44', fiscal=True)
        sale = self.store.accepted()
        shown = sale.reaches('done')
        self.assertEqual(int(shown['fiscal']['fd']), sale.document()['fd'])
        self.posts_of_one_key(sale, 1)

    def test_no_paper_without_a_document_is_uncertain_and_not_repeated(self):
        self.till.arm('critical_error', creErrorId='44', fiscal=False)
        sale = self.store.accepted()
        sale.reaches('uncertain')
        self.assertEqual(sale.check_url()['STATUS'], 'WAIT')
        sale.resolve(None)
        sale.reaches('done')
        self.assertEqual(len({row['key'] for row in sale.requests()}), 2)

    def test_a_connection_is_never_used_for_a_second_receipt(self):
        self.till.arm('kept_alive_close', count=None)
        self.all_done([self.store.accepted() for _ in range(4)])
        self.assertEqual({row['connection_request'] for row in self.till.rows('request')}, {1})


if __name__ == '__main__':
    unittest.main()
