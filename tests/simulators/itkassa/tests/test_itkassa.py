import http.client
import json
import threading
import uuid

from common.http_server import HttpServer, json_answer
from common.testing import SimulatorTest
from itkassa.itkassa_simulator import API, SAMPLE_REGISTER, ItkassaSimulator

KEY = {'X-Api-Key': 'shop-key'}


def sale(key=None, total='1000.00', **changes):
    line = {
        'title': 'Кружка',
        'price': '500.00',
        'quantity': '2',
        'total': total,
        'tax': 'vat_none',
        'ppr': 'goods',
        'psr': 'full_settle',
    }
    line |= {name: changes.pop(name) for name in list(changes) if name in line}
    command = {
        'type': 'sale',
        'isPrintable': False,
        'sno': 'sno_osn',
        'tagClientContact': 'a@b.ru',
        'lines': [line],
        'amountElectronic': '1000.00',
        **changes,
    }
    return {'creItemId': SAMPLE_REGISTER, 'idempKey': key or str(uuid.uuid4()), 'commands': [command]}


def shift(command):
    return {'creItemId': SAMPLE_REGISTER, 'idempKey': str(uuid.uuid4()), 'commands': [{'type': command}]}


class ItkassaTest(SimulatorTest):
    create = ItkassaSimulator

    def setUp(self):
        super().setUp()
        self.call('POST', '/_sim/settings', {'exec_delay_s': 0.001, 'callback_pause_s': 0.001})

    def post(self, document, **more):
        return self.call('POST', f'{API}/print-documents', document, KEY, **more)

    def post_and_lose(self, document):
        with self.assertRaises((http.client.HTTPException, ConnectionError)):
            self.post(document)

    def by_key(self, document):
        return self.call('GET', f'{API}/print-documents/{document["idempKey"]}/idempotent', None, KEY)

    def finished(self, document):
        def look():
            status, said = self.by_key(document)
            return said['object'] if status == 200 and said['object']['resultItem'] else None

        return self.wait_for(look)

    def receipts(self):
        return self.rows('document', kind='receipt')

    def test_prints_and_tells_the_storages_attributes(self):
        document = sale()
        status, said = self.post(document)
        self.assertEqual((status, said['code'], said['object']['resultItem']), (200, 0, None))
        done = self.finished(document)
        (printed,) = self.receipts()
        self.assertEqual(
            (done['resultItem']['result'], done['checkNumber'], done['fsNumber'], done['checkSign'], done['checkUrl']),
            ('success', str(printed['fd']), printed['fn'], printed['fp'], printed['qr']),
        )
        self.assertEqual(
            (printed['total'], printed['payments'], printed['key'], printed['sign']),
            (100000, {'1081': 100000}, document['idempKey'], 1),
        )
        self.assertEqual(printed['fd'], 2)  # 1 is the shift, opened by the cloud
        status, said = self.call('GET', f'{API}/print-documents/{done["id"]}', None, KEY)
        self.assertEqual((status, said['object']['id']), (200, done['id']))

    def test_a_key_is_only_compared_with_the_previous_task(self):
        first, second = sale(), sale()
        ids = [self.post(each)[1]['object']['id'] for each in (first, first, second, first)]
        self.assertEqual(ids[0], ids[1])
        self.assertNotEqual(ids[0], ids[3])
        self.wait_for(lambda: len(self.rows('result')) == 3)
        self.assertEqual(
            [each['key'] for each in self.receipts()], [first['idempKey'], second['idempKey'], first['idempKey']]
        )

    def test_a_document_of_another_key_holder_is_not_found(self):
        document = sale()
        self.post(document)
        status, _ = self.call(
            'GET', f'{API}/print-documents/{document["idempKey"]}/idempotent', None, {'X-Api-Key': 'another'}
        )
        self.assertEqual(status, 404)
        self.finished(document)

    def test_bad_keys_are_refused(self):
        for headers in ({'X-Api-Key': 'wrong-1'}, {}):
            self.assertEqual(self.call('POST', f'{API}/print-documents', sale(), headers)[0], 401)
        self.call('POST', '/_sim/registers', {'register': 'b' * 36, 'api_key': 'its-own'})
        self.assertEqual(self.post({**sale(), 'creItemId': 'b' * 36})[0], 401)
        self.assertEqual(self.receipts(), [])

    def test_validation_fails_the_document_and_nothing_is_signed(self):
        for name, document in {
            'sum': sale(amountElectronic='999.99'),
            'tax': sale(tax='vat_22'),
            'price': sale(price='400.00'),
            'sno': sale(sno='osn'),
            'contact': sale(tagClientContact=''),
            'over': sale(amountElectronic='1000.01'),
            'a gift': sale(price='0', total='0', amountElectronic='0'),
        }.items():
            with self.subTest(name):
                self.post(document)
                done = self.finished(document)
                self.assertEqual((done['resultItem']['result'], done['checkNumber']), ('critical_error', None))
                self.assertTrue(done['result_description'])
        self.assertEqual(self.receipts(), [])

    def test_cash_may_exceed_and_the_change_is_not_recorded(self):
        self.post(document := sale(amountElectronic=None, amountCash='1500.00'))
        self.finished(document)
        self.assertEqual(self.receipts()[0]['payments'], {'1031': 100000})

    def test_lost_answers_print_and_swallowed_requests_do_not(self):
        cases = {'lose_answer': 1, 'swallow_request': 0, 'malformed_body': 1, 'cut_body': 1}
        for fault, printed in cases.items():
            with self.subTest(fault):
                before = len(self.receipts())
                self.arm(fault)
                document = sale()
                with self.assertRaises((http.client.HTTPException, ConnectionError, ValueError)):
                    self.post(document)
                if printed:
                    self.finished(document)
                else:
                    self.assertEqual(self.by_key(document)[0], 404)
                self.assertEqual(len(self.receipts()) - before, printed)

    def test_a_late_document_is_unknown_until_released(self):
        self.arm('late')
        self.post_and_lose(document := sale())
        self.assertEqual(self.by_key(document)[0], 404)
        self.call('POST', '/_sim/release')
        self.finished(document)

    def test_only_a_reused_connection_meets_the_kept_alive_close(self):
        self.arm('kept_alive_close', count=None)
        connection = self.connect()
        self.assertEqual(self.post(sale(), connection=connection)[0], 200)
        with self.assertRaises((http.client.HTTPException, ConnectionError)):
            self.post(sale(), connection=connection)
        self.wait_for(lambda: len(self.receipts()) == 2)

    def test_register_errors_with_and_without_a_signed_document(self):
        for fiscal in (False, True):
            with self.subTest(fiscal=fiscal):
                self.arm('critical_error', creErrorId=44, fiscal=fiscal)
                self.post(document := sale())
                done = self.finished(document)
                self.assertEqual((done['resultItem']['creErrorId'], done['checkNumber'] is not None), ('44', fiscal))
        self.assertEqual(len(self.receipts()), 1)

    def result(self, document):
        self.post(document)
        return self.finished(document)['resultItem']

    def test_a_shift_left_to_us_refuses_every_receipt_until_its_command_came(self):
        for fault, code, command in (
            ('shift_expired', '68', 'closeSession'),
            ('shift_expired', '141', 'closeSession'),
            ('shift_closed', '73', 'openSession'),
        ):
            with self.subTest(fault, code=code):
                self.arm(fault, creErrorId=code)
                self.assertEqual([self.result(sale())['creErrorId'] for _ in range(2)], [code, code])
                self.assertEqual(self.result(shift(command))['result'], 'success')
                self.assertEqual(self.result(sale())['result'], 'success')

    def test_a_full_storage_refuses_until_the_fault_is_lifted(self):
        self.arm('fn_full', count=None)
        for _ in range(2):
            result = self.result(sale())
            self.assertEqual((result['creErrorId'], result['result']), ('137', 'critical_error'))
            self.assertIn('Архив ФН переполнен', result['creErrorText'])
        self.call('DELETE', '/_sim/faults')
        self.assertEqual(self.result(sale())['result'], 'success')
        self.assertEqual(len(self.receipts()), 1)

    def test_attributes_appear_after_questions_or_a_release(self):
        self.arm('critical_error', creErrorId=113, creErrorText='Ошибка отрезчика', fiscal=True, attributes_after=3)
        self.post(document := sale())
        self.wait_for(lambda: self.rows('result'))
        numbers = [self.by_key(document)[1]['object']['checkNumber'] for _ in range(5)]
        self.assertEqual(numbers, [None, None, None, '2', '2'])
        self.arm('critical_error', fiscal=True, attributes_after=None)
        self.post(document := sale())
        for _ in range(5):
            self.assertIsNone(self.finished(document)['checkNumber'])
        self.assertEqual(self.call('POST', '/_sim/release')[1], {'released': 1})
        self.assertEqual(self.finished(document)['checkNumber'], '3')

    def test_any_answer_at_all_in_the_place_of_a_documents(self):
        body = '{"object": {"id": "DOCUMENT", "idempKey": "KEY", "creItemId": "REGISTER", "resultItem": {"x": 1}}}'
        self.arm('answer', body=body)
        self.post(document := sale())
        done = self.finished(document)
        self.assertEqual((done['idempKey'], done['creItemId']), (document['idempKey'], SAMPLE_REGISTER))
        self.assertEqual(done['resultItem'], {'x': 1})
        self.assertEqual(len(self.receipts()), 1)

    def test_a_stuck_document_is_queued_until_released_and_keeps_nobody_waiting(self):
        for printed in (False, True):
            with self.subTest(printed=printed):
                before = len(self.receipts())
                self.arm('stuck', printed=printed)
                self.post(stuck := sale())
                self.assertEqual(self.result(sale())['result'], 'success')
                self.assertIsNone(self.by_key(stuck)[1]['object']['resultItem'])
                self.assertEqual(len(self.receipts()) - before, 1 + printed)
                self.call('POST', '/_sim/release')
                self.assertEqual(self.finished(stuck)['checkNumber'] is not None, True)
                self.assertEqual(len(self.receipts()) - before, 2)

    def test_a_dead_register_says_nothing_to_anybody(self):
        self.post(document := sale())
        self.finished(document)
        self.arm('dead', count=None, match={'register': SAMPLE_REGISTER})
        for method, path, body in (
            ('POST', 'print-documents', sale()),
            ('GET', f'print-documents/{document["idempKey"]}/idempotent', None),
            ('GET', 'cre/items/', None),
        ):
            with self.subTest(path), self.assertRaises(TimeoutError):
                connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=0.2)
                self.addCleanup(connection.close)
                self.call(method, f'{API}/{path}', body, KEY, connection=connection)
        self.assertEqual(len(self.receipts()), 1)

    def test_a_test_register_names_no_document(self):
        register = 'c' * 36
        self.call('POST', '/_sim/registers', {'register': register, 'api_key': KEY['X-Api-Key'], 'test': True})
        document = {**sale(), 'creItemId': register}
        self.post(document)
        done = self.finished(document)
        self.assertEqual((done['resultItem']['result'], done['checkNumber'], done['fsNumber']), ('success', '0', None))
        self.assertIn('fp=0000000000', done['checkUrl'])
        listed = self.call('GET', f'{API}/cre/items/', None, KEY)[1]['list'][0]
        self.assertIsNone(listed['fiscalizationNumber'])
        self.assertRegex(listed['fsNumber'], '^9999')

    def test_offline_holds_the_queue(self):
        self.arm('offline', count=None)
        self.post(document := sale())
        _, said = self.call('GET', f'{API}/cre/items/', None, KEY)
        self.assertEqual(said['list'][0]['state']['isOnline'], 0)
        self.assertEqual(self.rows('result'), [])
        self.call('DELETE', '/_sim/faults')
        self.finished(document)

    def test_calls_back_until_answered_with_200(self):
        calls = []
        answered = threading.Semaphore(0)

        def receive(request):
            calls.append(request)
            answered.release()
            return json_answer({}, 200 if len(calls) == 3 else 503)

        server = HttpServer(receive)
        self.addCleanup(server.close)
        url = f'http://127.0.0.1:{server.listen()}/hook'
        self.call('POST', f'{API}/organization/settings', {'printResultUrl': url, 'callbackApiKey': 'c' * 32}, KEY)
        self.arm('callback_before_answer')
        document = sale()
        _, said = self.post(document)
        self.assertEqual(len(calls), 3)
        self.assertEqual(json.loads(calls[0].body)['idempKey'], document['idempKey'])
        self.assertEqual(
            (calls[0].headers['x-api-key'], calls[0].headers['x-organization-id']),
            ('c' * 32, said['object']['organizationId']),
        )
        self.assertIsNotNone(said['object']['resultItem'])

    def test_a_callback_may_come_before_an_answer_that_still_says_queued_or_is_lost(self):
        server = HttpServer(lambda request: json_answer({}))
        self.addCleanup(server.close)
        url = f'http://127.0.0.1:{server.listen()}/hook'
        self.call('POST', '/_sim/callback', {'url': url, 'key': 'k'})
        self.arm('callback_before_answer', count=None, queued=True)
        _, said = self.post(sale())
        self.assertIsNone(said['object']['resultItem'])
        self.assertEqual(len(self.rows('callback')), 1)
        self.arm('lose_answer')
        self.post_and_lose(sale())
        self.assertEqual([row['status'] for row in self.rows('callback')], [200, 200])

    def test_a_queue_survives_a_crash(self):
        self.arm('offline', count=None)
        self.post(document := sale())
        self.restart()
        self.finished(document)
        self.assertEqual([each['key'] for each in self.receipts()], [document['idempKey']])
