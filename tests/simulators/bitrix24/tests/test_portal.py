import json
import unittest
import urllib.parse

from bitrix24 import effects, form
from bitrix24.portal_client import Reply, request_bytes
from bitrix24.portal_simulator import PortalSimulator
from bitrix24.rest import LeakyBucket
from common.http_server import HANG_UP, Answer, HttpServer, json_answer
from common.testing import SimulatorTest

APPLY = '/rest/1/demo/sale.cashbox.check.apply'


class EffectsTest(unittest.TestCase):
    def test_print_url_answers(self):
        table = {
            b'{"UUID":"x"}': ('P', 'x'),
            b'{"uuid":7}': ('P', '7'),
            b'{"ERRORS":["a","b"]}': ('E', None),
            b'{"ERRORS":["a"],"UUID":"x"}': ('E', None),
            b'{"ERRORS":[],"UUID":"x"}': ('P', 'x'),
            b'{"ERRORS":"a"}': ('P', ''),
            b'{}': ('P', None),
            b'[]': ('P', None),
            b'': ('E', None),
            b'<html>': ('E', None),
            b'\xef\xbb\xbf{"UUID":"x"}': ('E', None),
            b'{"ERRORS":{"1":"a"}}': ('E', None),
        }
        for body, expected in table.items():
            with self.subTest(body):
                effect = effects.of_print(Reply(200, body, 0), '')
                self.assertEqual((effect.state, effect.uuid), expected)
        self.assertEqual(effects.of_print(Reply(503, b'{"ERRORS":["a"]}', 0), '').state, 'P')
        self.assertEqual(effects.of_print(None, 'refused').state, 'E')
        for body in (b'null', b'1', b'"x"', b'true'):
            with self.subTest(body), self.assertRaises(effects.PortalTypeError):
                effects.of_print(Reply(200, body, 0), '')

    def test_check_url_answers(self):
        table = {
            b'{"STATUS":"WAIT"}': ('P', False),
            b'{"STATUS":"ERROR"}': ('E', False),
            b'{"status":"DONE","PRINT_END_TIME":1}': ('Y', False),
            b'{"STATUS":"wait"}': ('Y', True),
            b'{}': ('Y', True),
            b'': ('Y', True),
            b'[]': ('Y', True),
        }
        for body, expected in table.items():
            with self.subTest(body):
                effect = effects.of_check(Reply(200, body, 0))
                self.assertEqual((effect.state, effect.malfunction), expected)
        for reply in (None, Reply(500, b'{"STATUS":"WAIT"}', 0), Reply(102, b'', 0)):
            self.assertTrue(effects.of_check(reply).malfunction)
        with self.assertRaises(effects.PortalTypeError):
            effects.of_check(Reply(200, b'{"STATUS":"DONE","PRINT_END_TIME":"2026-01-01"}', 0))


class FormTest(unittest.TestCase):
    def test_one_pair_is_replaced_and_every_other_byte_kept(self):
        body = form.fixture('sell-marked-two-units')
        changed = form.replaced(body, {'unique_id': '7', 'token': 'новый'})
        self.assertEqual(form.value_of(changed, 'unique_id'), '7')
        self.assertEqual(form.value_of(changed, 'cashbox_params[GATEWAY][TOKEN]'), 'новый')
        self.assertEqual(form.replaced(changed, {'unique_id': form.value_of(body, 'unique_id'), 'token': 'kx'}), body)
        self.assertNotIn(b'client_email', form.replaced(body, {'client_email': None}))

    def test_the_request_is_the_portals(self):
        fixture = form.FIXTURES / 'sell-cash.http'
        body = form.fixture('sell-cash')
        self.assertEqual(
            request_bytes('POST', 'http://gateway.example.ru/b24/SECRET/print', body), fixture.read_bytes()
        )


class BucketTest(unittest.TestCase):
    def test_drains_two_a_second_and_refuses_above_fifty(self):
        bucket = LeakyBucket()
        taken = [bucket.take('p', 'a', 0) for _ in range(51)]
        self.assertEqual(taken.count(True), 50)
        self.assertTrue(bucket.take('other', 'a', 0))
        self.assertEqual([bucket.take('p', 'a', 1) for _ in range(3)], [True, True, False])


class PortalTest(SimulatorTest):
    create = PortalSimulator

    def setUp(self):
        super().setUp()
        self.requests, self.answers = [], {
            '/b24/s/print': json_answer({'UUID': 'ab-1'}),
            '/b24/s/check': json_answer({'STATUS': 'WAIT'}),
        }
        self.gateway = HttpServer(self.receive)
        self.url = f'http://127.0.0.1:{self.gateway.listen()}/b24/s/print'
        self.addCleanup(self.gateway.close)

    def receive(self, request):
        self.requests.append(request)
        return self.answers[request.path]

    def check(self, **more):
        return self.call(
            'POST', '/_sim/checks', {'portal': 'demo', 'print_url': self.url, 'fixture': 'sell-cash', **more}
        )[1]

    def now(self, check):
        return self.call('GET', f'/_sim/checks/demo/{check["unique_id"]}')[1]

    def test_posts_a_check_and_is_told_by_push(self):
        check = self.check(overrides={'number_kkm': 'box-9'})
        self.assertEqual((check['state'], check['uuid']), ('P', 'ab-1'))
        sent = dict(urllib.parse.parse_qsl(self.requests[0].body.decode()))
        self.assertEqual((sent['unique_id'], sent['number_kkm']), (check['unique_id'], 'box-9'))
        self.assertEqual(sent['uuid'], f'check|demo.bitrix24.ru|{check["unique_id"]}|{sent["date_create"]}')
        self.assertEqual(
            self.call(
                'POST',
                APPLY,
                {'uuid': 'AB-1', 'FN_NUMBER': '9', 'PRINT_END_TIME': '5'},
                {'Content-Type': 'application/json'},
            )[0],
            200,
        )
        done = self.now(check)
        self.assertEqual(
            (done['state'], done['how'], done['attributes']['FN_NUMBER'], done['attributes']['PRINT_END_TIME']),
            ('Y', 'push', '9', 5),
        )
        self.call(
            'POST',
            APPLY + '.json',
            b'UUID=ab-1&FN_NUMBER=10&PRINT_END_TIME=6',
            {'Content-Type': 'application/x-www-form-urlencoded'},
        )
        self.assertEqual(self.now(check)['attributes']['FN_NUMBER'], '9')

    def test_polls_and_takes_any_malfunction_for_printed(self):
        check = self.check()
        self.assertEqual(self.call('POST', '/_sim/poll', {})[1][0]['state'], 'P')
        self.assertEqual(self.requests[-1].body, b'uuid=ab-1')
        self.answers['/b24/s/check'] = HANG_UP
        self.call('POST', '/_sim/poll', {'portal': 'demo'})
        done = self.now(check)
        self.assertEqual((done['state'], done['how'], set(done['attributes'].values())), ('Y', 'malfunction', {None}))

    def test_prints_again_only_from_an_error_and_with_another_uuid(self):
        self.answers['/b24/s/print'] = json_answer({'ERRORS': ['нет']})
        check = self.check()
        self.assertEqual((check['state'], check['error']), ('E', 'нет'))
        self.answers['/b24/s/print'] = json_answer({'UUID': 'ab-2'})
        again = self.call('POST', f'/_sim/checks/demo/{check["unique_id"]}/print-again', {})[1]
        self.assertEqual((again['state'], again['uuid'], again['sent']), ('P', 'ab-2', 2))
        first, second = (dict(urllib.parse.parse_qsl(each.body.decode())) for each in self.requests)
        self.assertEqual(first['unique_id'], second['unique_id'])
        self.assertLess(int(first['date_create']), int(second['date_create']))
        self.assertNotEqual(first['uuid'], second['uuid'])
        self.assertEqual(self.call('POST', f'/_sim/checks/demo/{check["unique_id"]}/print-again', {})[0], 409)

    def test_a_hanging_check_polls_with_an_empty_body_and_stays(self):
        self.answers['/b24/s/print'] = Answer(503, b'x')
        check = self.check()
        self.answers['/b24/s/check'] = HANG_UP
        self.call('POST', '/_sim/poll', {})
        self.assertEqual(self.requests[-1].body, b'')
        self.assertEqual(self.now(check)['state'], 'P')

    def test_follows_a_location_whatever_the_status(self):
        self.answers['/b24/s/print'] = Answer(200, headers=(('Location', '/b24/other'),))
        self.answers['/b24/other'] = json_answer({'UUID': 'ab-3'})
        self.assertEqual(self.check()['uuid'], 'ab-3')
        self.assertEqual(
            [(each.method, each.path) for each in self.requests], [('POST', '/b24/s/print'), ('POST', '/b24/other')]
        )

    def test_apply_errors(self):
        json_type = {'Content-Type': 'application/json'}
        self.assertEqual(self.call('POST', APPLY, {}, json_type)[1]['error'], 'ERROR_CHECK_FAILURE')
        self.assertEqual(self.call('POST', APPLY, {'UUID': 'no'}, json_type)[1]['error'], 'ERROR_CHECK_NOT_FOUND')
        check = self.check()
        self.assertEqual(self.call('POST', APPLY, {'UUID': 'ab-1', 'PRINT_END_TIME': 'x'}, json_type)[0], 500)
        status, said = self.call('POST', APPLY, {'UUID': 'ab-1', 'STATUS': 'ERROR', 'ERROR': 'ФН исчерпан'}, json_type)
        self.assertEqual((status, said['error']), (400, 'ERROR_CHECK_APPLY'))
        self.assertIn('ФН исчерпан', said['error_description'])
        self.assertEqual(self.now(check)['state'], 'E')
        other = '/rest/1/another/sale.cashbox.check.apply'
        self.assertEqual(self.call('POST', other, {'UUID': 'ab-1'}, json_type)[1]['error'], 'ERROR_CHECK_NOT_FOUND')

    def test_rest_faults(self):
        for fault, status in {
            'http_status': 500,
            'redirect': 302,
            'operation_time_limit': 429,
            'access_denied': 403,
            'expired_token': 401,
        }.items():
            with self.subTest(fault):
                self.arm(fault)
                connection = self.connect()
                connection.request('POST', APPLY, json.dumps({'UUID': 'x'}), {'Content-Type': 'application/json'})
                answer = connection.getresponse()
                answer.read()
                self.assertEqual(answer.status, status)

    def test_checks_survive_a_crash(self):
        check = self.check()
        self.restart()
        self.assertEqual(self.now(check)['uuid'], 'ab-1')
        self.assertGreater(int(self.check()['unique_id']), int(check['unique_id']))

    def test_vat_records(self):
        _, said = self.call('POST', '/rest/1/demo/catalog.vat.list', {}, {'Content-Type': 'application/json'})
        self.assertEqual([each['rate'] for each in said['result']['vats']], [None, 10, 22, 0])
