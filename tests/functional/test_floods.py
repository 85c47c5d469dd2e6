#!/usr/bin/python3
"""One tenant, portal, cloud or stranger who floods is refused for a time; a shop beside it sells as ever (I7)."""

import contextlib
import http.client
import json
import resource
import secrets
import socket
import unittest
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

from harness.case import StackTest
from harness.postgres import Postgres
from harness.waiting import eventually
from harness.wire import portal_post
from test_portal_answers import body_of

# Small, so that a test reaches them; what is asserted does not depend on how fast it is.
LIMITS = {
    'installation_posts_per_second': '4',
    'tenant_posts_per_second': '40',
    'receipt_posts_per_hour': '10',
    'token_callbacks_per_second': '1',
    'tenant_callbacks_per_second': '40',
}
AT_ONCE = 8


class Floods(StackTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stack.restart('ingress', **LIMITS)
        cls.addClassCleanup(cls.stack.up)
        cls.addClassCleanup(cls.stack.kill, 'ingress')

    def setUp(self):
        self.victim = self.shop(self.bit_till())

    def victim_is_served(self):
        self.victim.accepted().reaches('done')

    def flood(self, post, times):
        """All answers, and the victim sells in the midst of it."""
        with ThreadPoolExecutor(AT_ONCE) as attackers:
            answers = attackers.map(post, range(times))
            self.victim_is_served()
            return list(answers)

    def limited(self, limit):
        """How often it was reached so far."""
        return self.stack.figure('ingress', f'kassaflow_limited_total{{limit="{limit}"}}')

    def warnings(self, name):
        return [line for line in self.stack.log('ingress').splitlines() if '"limit.reached"' in line and f'"{name}"' in line]

    def refused(self, answers):
        """The texts of those that were."""
        for answer in answers:
            self.assertEqual(answer.problem(), '', answer.raw)
        return [answer.json()['ERRORS'][0] for answer in answers if 'ERRORS' in answer.json()]

    def test_a_portal_that_posts_too_much_is_refused_for_a_time(self):
        shop, before = self.shop(self.bit_till()), self.limited('installation')
        sales = self.flood(lambda _: shop.sell(), 100)
        texts = [json.loads(sale.first_answer['body'])['ERRORS'][0] for sale in sales if not sale.uuid]
        self.assertTrue(texts)
        self.assertEqual({'ещё раз через минуту' in text for text in texts}, {True}, set(texts))
        self.assertEqual(self.limited('installation') - before, len(texts))
        self.assertEqual(len(self.warnings(f'{shop.name}-main')), 1)

    def test_posts_of_one_check_are_bounded_and_it_is_printed_once(self):
        shop, before = self.shop(till := self.bit_till()), self.limited('receipt')
        sale = shop.accepted()
        answers = self.flood(lambda _: sale.post_again(), 30)
        taken = [answer for answer in answers if answer == {'UUID': sale.uuid}]
        texts = [answer['ERRORS'][0] for answer in answers if 'ERRORS' in answer]
        self.assertEqual((len(taken), len(texts)), (9, 21), 'one of ten was the sale')
        self.assertEqual({'не создавайте новый' in text for text in texts}, {True}, texts)
        self.assertEqual(self.limited('receipt') - before, 21)
        sale.reaches('done')
        sale.portal_says('Y')
        self.assertEqual(len(till.receipts()), 1)
        posts = Postgres(self.stack).sql(f"select count(*) from fiscalizer.posts where receipt = '{sale.uuid}'")
        self.assertEqual(posts.strip(), '10', 'what was refused is not in the journal')

    def test_a_cloud_that_calls_too_much_is_told_to_come_again(self):
        till = self.itkassa_till()
        self.shop(till)
        url, before = till.call_back(self.stack), self.limited('callback_token')
        body = json.dumps({'id': 'x', 'idempKey': 'of-nobody', 'creItemId': till.key, 'commands': 'x' * 240_000}).encode()
        self.assertEqual(self.call_back(url, till.callback_key, body), (200, ''))
        answers = self.flood(lambda _: self.call_back(url, till.callback_key, body), 60)
        waits = [int(wait) for status, wait in answers if status == 429]
        self.assertGreaterEqual(len(waits), 30)
        self.assertGreater(min(waits), 0)
        self.assertEqual(self.limited('callback_token') - before, len(waits))
        self.assertEqual(self.call_back(url, till.callback_key, bytes(300_000))[0], 413)

    def call_back(self, url, key, body) -> tuple[int, str]:
        """The status, and when to come again."""
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or '', parts.port, timeout=60)
        with contextlib.closing(connection):
            connection.request('POST', parts.path, body, {'X-Api-Key': key, 'Content-Type': 'application/json'})
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.getheader('Retry-After') or ''

    def test_who_tries_secrets_learns_nothing_and_holds_up_nobody(self):
        wrong = body_of('sell-cash', self.victim, **{'cashbox_params%5BGATEWAY%5D%5BTOKEN%5D': 'wrong'})
        unknown = self.victim.url('print', secret=secrets.token_hex(8))
        for body in (wrong, body_of('sell-cash', self.victim, number_kkm='box-2'), b'items%5B0%5D=%zz', b''):
            answers = [portal_post(url, body).body for url in (self.victim.url('print'), unknown)]
            self.assertEqual(answers[0], answers[1])
        answers = self.flood(lambda _: portal_post(self.victim.url('print', secret=secrets.token_hex(8)), wrong), 100)
        self.assertEqual(len(self.refused(answers)), 100)
        self.assertGreater(self.limited('installation'), 0)

    def test_half_sent_requests_at_the_edge_hold_up_nobody(self):
        """As many headers as once shut everybody out; bodies count for their address, which is the victim's as well here."""
        edge = urllib.parse.urlsplit(self.stack.url('EDGE'))
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
        with contextlib.ExitStack() as held:
            for number in range(8400):
                connection = held.enter_context(socket.create_connection((edge.hostname, edge.port)))
                head = f'POST /b24/{secrets.token_hex(8)}/print HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n'
                connection.sendall(head.encode() + (b'\r\ntype=' if number % 20 == 0 else b''))
            self.victim_is_served()

    def test_answers_to_head_are_taken_for_no_others(self):
        """Their bodies, were there any, would stand before the next answer on the edge's connection to ingress."""
        url = urllib.parse.urlsplit(self.victim.url('print', secret=secrets.token_hex(8)))

        def ask(_):
            connection = http.client.HTTPConnection(url.hostname or '', url.port, timeout=60)
            with contextlib.closing(connection):
                connection.request('HEAD', url.path)
                return connection.getresponse().status

        self.assertEqual(set(self.flood(ask, 200)), {200})
        for _ in range(5):
            self.assertTrue(self.victim.sell().uuid)
        eventually(lambda: all(sale.state() == 'done' for sale in self.victim.sales), 'all are done')


if __name__ == '__main__':
    unittest.main()
