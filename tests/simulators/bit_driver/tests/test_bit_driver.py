import http.client
import json
import re

from bit_driver.bit_driver_simulator import SAMPLE, BitDriverSimulator
from common.testing import SimulatorTest

TOKEN = SAMPLE['register']


def receipt(amount=1000.00, paid=1000.00, **changes):
    data = {
        '1059': [
            {
                'productName_1030': 'Кружка',
                'price_1079': 500.00,
                'qty_1023': 2,
                'amount_1043': amount,
                'unit_2108': 0,
                'paymentFormCode_1214': 4,
                'productTypeCode_1212': 1,
                'tax_1199': 6,
            }
        ],
        'payments': {'cash_1031': 0, 'ecash_1081': paid},
        'taxationType_1055': 1,
        'receiptType_1054': 1,
        'sendToEmail_1008': 'a@b.ru',
    }
    return [{'name': 'receipt', 'type': 'kktReceiptFiscalization', 'showMode': 4, 'data': data | changes}]


OPEN, CLOSE = [{'name': 'open', 'type': 'kktOpenShift', 'data': {}}], [
    {'name': 'close', 'type': 'kktCloseShift', 'data': {}}
]


class BitDriverTest(SimulatorTest):
    create = BitDriverSimulator

    def setUp(self):
        super().setUp()
        self.call('POST', '/_sim/settings', {'exec_delay_s': 0})
        self.order = 0

    def send(self, packet, order='', token=TOKEN, **more):
        self.order += 1
        headers = {'Action': 'command_list', 'BIT_ORDER_ID': order or str(self.order), 'BIT_KKT_TOKEN': token}
        return self.call('POST', '/', packet, headers, **more)[1]

    def lose(self, packet, order=''):
        with self.assertRaises((http.client.HTTPException, ConnectionError, ValueError)):
            self.send(packet, order)

    def printed(self):
        return self.rows('document', kind='receipt')

    def test_prints_and_tells_the_storages_attributes(self):
        self.send(OPEN)
        (entry,) = self.send(receipt(), order='700123')
        (document,) = self.printed()
        told = (
            entry['name'],
            entry['fiscalDocumentNumber_1040'],
            entry['fnNumber_1041'],
            entry['fiscalSign_1077'],
            entry['receiptNumber_1042'],
            entry['shiftNumber_1038'],
            entry['kktRegistrationNumber_1037'],
            entry['qrCode_1196'],
        )
        self.assertEqual(
            told, ('receipt', 2, document['fn'], document['fp'], 1, 1, SAMPLE['registration_number'], document['qr'])
        )
        self.assertEqual(
            (document['total'], document['payments'], document['contact'], document['key']),
            (100000, {'1081': 100000}, 'a@b.ru', '700123'),
        )

    def test_shift_rules_are_told_in_russian(self):
        self.assertEqual(self.send(receipt())[0]['error'], 'Смена закрыта')
        self.send(OPEN)
        self.assertEqual(self.send(OPEN)[0]['error'], 'Смена уже открыта')
        self.call('POST', f'/_sim/registers/{TOKEN}/shift', {'age_hours': 25})
        self.assertEqual(self.send(receipt())[0]['error'], 'Смена превысила 24 часа')
        self.assertIn('success', self.send(CLOSE)[0])
        self.assertEqual(self.send(CLOSE)[0]['error'], 'Смена закрыта')

    def test_a_packet_ends_at_the_first_error(self):
        entries = self.send(OPEN + receipt(paid=999.99) + CLOSE)
        self.assertEqual([sorted(each) for each in entries][1], ['error', 'name'])
        self.assertEqual(len(entries), 2)

    def test_wrong_receipts_are_refused(self):
        self.send(OPEN)
        for name, packet in {
            'sum': receipt(paid=1000.01),
            'line': receipt(amount=900.00, paid=900.00),
            'two tax bits': receipt(taxationType_1055=5),
            'sign': receipt(receiptType_1054=5),
            'no lines': receipt(**{'1059': []}),
        }.items():
            with self.subTest(name):
                self.assertIn('Ошибка данных', self.send(packet)[0]['error'])
        self.assertEqual(self.printed(), [])

    def test_packets_that_are_no_packets_are_refused_as_a_whole(self):
        self.assertEqual(self.send(OPEN, token='wrong')['result'], False)
        self.assertEqual(self.send({'no': 'list'})['result'], False)
        self.assertEqual(self.send(OPEN, order='с кириллицей'.encode().decode('latin-1'))['result'], False)

    def test_what_is_lost_and_what_is_printed(self):
        self.send(OPEN)
        for fault, count in {'lose_answer': 1, 'swallow': 0, 'malformed': 1, 'cut_body': 1}.items():
            with self.subTest(fault):
                before = len(self.printed())
                self.arm(fault)
                self.lose(receipt())
                self.assertEqual(len(self.printed()) - before, count)

    def test_a_late_document_is_printed_when_released(self):
        self.send(OPEN)
        self.arm('late_print', match={'type': 'kktReceiptFiscalization'})
        self.lose(receipt(), order='5')
        self.assertEqual(self.printed(), [])
        self.assertEqual(self.call('POST', '/_sim/release')[1], {'released': 1})
        self.assertEqual([(each['key'], each['late']) for each in self.printed()], [('5', True)])

    def test_an_error_may_hide_a_printed_document(self):
        self.send(OPEN)
        for printed in (False, True):
            self.arm('error', text='Нет бумаги', printed=printed)
            self.assertEqual(self.send(receipt())[0]['error'], 'Нет бумаги')
            self.assertEqual(len(self.printed()), int(printed))

    def test_only_a_reused_connection_meets_the_kept_alive_close(self):
        self.arm('kept_alive_close')
        connection = self.connect()
        self.send(OPEN, connection=connection)
        with self.assertRaises((http.client.HTTPException, ConnectionError)):
            self.send(receipt(), connection=connection)
        self.assertEqual(len(self.printed()), 1)

    def test_order_ids_are_deduplicated_only_when_told_so_also_after_a_restart(self):
        self.send(OPEN)
        for _ in range(2):
            self.send(receipt(), order='7')
        self.assertEqual(len(self.printed()), 2)
        self.call('POST', '/_sim/settings', {'deduplication': True})
        self.restart()
        self.assertEqual(self.send(receipt(), order='7')[0]['fiscalDocumentNumber_1040'], 3)
        self.assertEqual(len(self.printed()), 2)

    def test_shapes_of_the_answer(self):
        self.send(OPEN)
        for shape, has in {
            'object': lambda said: said['receipt']['fiscalDocumentNumber_1040'],
            'no_attributes': lambda said: sorted(said[0]) == ['name', 'success'],
            'qr_only': lambda said: 'fn=' in said[0]['success'],
        }.items():
            with self.subTest(shape):
                self.call('POST', '/_sim/settings', {'shape': shape})
                self.assertTrue(has(self.send(receipt())))
        self.call('POST', '/_sim/settings', {'shape': 'windows_1251'})
        connection = self.connect()
        connection.request(
            'POST', '/', json.dumps(receipt()), {'Action': 'command_list', 'BIT_ORDER_ID': '9', 'BIT_KKT_TOKEN': TOKEN}
        )
        self.assertIn('Команда', connection.getresponse().read().decode('cp1251'))

    def test_other_forms_tell_the_signed_documents_own_attributes(self):
        self.send(OPEN)
        for shape, sign_of in {
            'signed_sign': lambda entry: entry['fiscalSign_1077'] % 2**32,
            'floats': lambda entry: int(entry['fiscalSign_1077']),
            'tag_dump': lambda entry: int(re.findall('1077,ФП ДОКУМЕНТА:([0-9]{10})', entry['printedText'])[0]),
        }.items():
            with self.subTest(shape):
                self.arm('shape', shape=shape)
                (entry,) = self.send(receipt())
                self.assertEqual(sign_of(entry), int(self.printed()[-1]['fp']))
        self.assertIn('fiscalSign_1077', self.send(receipt())[0])  # only the next one was told otherwise

    def test_any_answer_at_all_whatever_was_printed(self):
        self.send(OPEN)
        for printed in (True, False):
            with self.subTest(printed=printed):
                before = len(self.printed())
                self.arm('answer', body='[{"name":"receipt-KEY","error":"\u0427ек пробит"}]', printed=printed)
                self.assertEqual(self.send(receipt(), order='77'), [{'name': 'receipt-77', 'error': 'Чек пробит'}])
                self.assertEqual(len(self.printed()) - before, int(printed))

    def test_a_gift_is_refused_each_time_and_others_are_printed(self):
        self.send(OPEN)
        text = 'Не удалось закрыть чек ( 142-ККТ: Нулевой итог чека )'
        self.arm('error', count=None, match={'total': 0}, text=text)
        gift = receipt(amount=0, paid=0)
        gift[0]['data']['1059'][0]['price_1079'] = 0
        for _ in range(2):
            self.assertEqual(self.send(gift)[0]['error'], text)
        self.assertEqual(self.printed(), [])
        self.assertIn('success', self.send(receipt())[0])

    def test_a_test_register_has_an_emulators_storage(self):
        token = 'f' * 32
        self.call('POST', '/_sim/registers', {'register': token, 'test': True})
        self.send(OPEN, token=token)
        self.assertRegex(self.send(receipt(), token=token)[0]['fnNumber_1041'], '^9999[0-9]{12}$')

    def test_a_port_can_be_refused_while_the_other_serves(self):
        port = self.call('POST', '/_sim/ports', {'port': 0})[1]['port']
        self.call('DELETE', f'/_sim/ports/{port}')
        with self.assertRaises(ConnectionRefusedError):
            http.client.HTTPConnection('127.0.0.1', port, timeout=5).connect()

    def test_a_cashiers_receipt_takes_a_number(self):
        self.send(OPEN)
        self.call('POST', f'/_sim/registers/{TOKEN}/foreign', {'total': 500})
        self.assertEqual(self.send(receipt())[0]['fiscalDocumentNumber_1040'], 3)
