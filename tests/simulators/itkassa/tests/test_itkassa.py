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

    def test_an_expired_shift_needs_closing(self):
        self.arm('shift_expired')
        self.post(first := sale())
        self.assertEqual(self.finished(first)['resultItem']['creErrorId'], '68')
        close = {'creItemId': SAMPLE_REGISTER, 'idempKey': str(uuid.uuid4()), 'commands': [{'type': 'closeSession'}]}
        self.post(close)
        self.assertEqual(self.finished(close)['resultItem']['result'], 'success')
        self.post(second := sale())
        self.assertEqual(self.finished(second)['resultItem']['result'], 'success')

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

    def test_a_queue_survives_a_crash(self):
        self.arm('offline', count=None)
        self.post(document := sale())
        self.restart()
        self.finished(document)
        self.assertEqual([each['key'] for each in self.receipts()], [document['idempKey']])
