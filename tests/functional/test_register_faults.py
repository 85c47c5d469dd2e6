#!/usr/bin/python3
"""Registers that certainly did not print: the receipt waits, moves on or fails, and is never printed twice."""

import unittest

from harness.case import StackTest
from harness.waiting import eventually
from harness.wire import call


class RegisterFaults(StackTest):
    def test_a_driver_that_refuses_connections_gets_the_receipt_when_it_is_back(self):
        till = self.bit_till()
        port = call('POST', f'{till.base}/_sim/ports', {'port': 0})['port']
        till.endpoint = f'http://127.0.0.1:{port}'
        shop = self.shop(till)
        shop.accepted().reaches('done')
        call('DELETE', f'{till.base}/_sim/ports/{port}')
        sale = shop.accepted()
        eventually(lambda: not self.stack.register_is_up(till.id), 'the register is known to be down')
        self.assertEqual((sale.state(), sale.requests()), ('queued', []))
        call('POST', f'{till.base}/_sim/ports', {'port': port})
        sale.reaches('done')

    def test_a_wrong_token_stops_the_register_and_keeps_the_receipt(self):
        till = self.bit_till()
        shop = self.shop(till)
        till.arm('result_false', count=2, text='Неверный токен ККТ (BIT_KKT_TOKEN)')
        sale = shop.accepted()
        sale.reaches('done')
        self.assertTrue(all(attempt['outcome'] != 'unknown' for attempt in sale.show()['attempts']))

    def test_a_refused_api_key_keeps_the_receipt(self):
        till = self.itkassa_till()
        shop = self.shop(till)
        till.arm('wrong_token', count=2)
        shop.accepted().reaches('done')

    def test_data_the_register_refuses_fail_the_receipt_and_the_portal_is_told(self):
        till = self.bit_till()
        shop = self.shop(till)
        shop.accepted().reaches('done')
        till.arm('error', match={'type': 'kktReceiptFiscalization'}, text='Недопустимое значение ставки НДС')
        sale = shop.accepted()
        self.assertIn('НДС', sale.reaches('failed')['error'])
        self.assertIn('НДС', sale.portal_says('E')['error'])
        self.assertEqual(sale.check_url()['STATUS'], 'ERROR')
        first_uuid = sale.uuid
        sale.print_again()
        self.assertEqual(sale.uuid, first_uuid)
        sale.reaches('done')
        sale.portal_says('Y')
        self.assertEqual(len({row['key'] for row in sale.requests()}), 2, 'a new generation has a key of its own')

    def test_what_the_protocol_cannot_express_fails_and_nothing_is_sent(self):
        till = self.itkassa_till()
        shop = self.shop(till, vat={'2': '22'})
        sale = shop.accepted('sell-two-goods-discount-delivery')
        shown = sale.reaches('failed')
        self.assertIn('22', shown['error'])
        self.assertEqual(till.rows('request'), [])
        sale.portal_says('E')

    def test_a_shift_is_opened_when_closed_and_renewed_when_too_long(self):
        till = self.bit_till()
        shop = self.shop(till)
        shop.accepted().reaches('done')
        self.assertEqual([row['kind'] for row in till.rows('document')], ['open_shift', 'receipt'])
        till.change_shift(open=False)
        shop.accepted().reaches('done')
        till.change_shift(age_hours=25)
        shop.accepted().reaches('done')
        kinds = [row['kind'] for row in till.rows('document')]
        self.assertEqual(
            kinds,
            ['open_shift', 'receipt', 'close_shift', 'open_shift', 'receipt', 'close_shift', 'open_shift', 'receipt'],
        )

    def test_a_shift_opened_by_a_person_is_fine(self):
        till = self.bit_till()
        shop = self.shop(till)
        till.change_shift(open=True)
        shop.accepted().reaches('done')

    def test_an_expired_shift_of_the_cloud_is_closed(self):
        till = self.itkassa_till()
        shop = self.shop(till)
        till.arm('shift_expired')
        shop.accepted().reaches('done')
        self.assertIn('close_shift', [row['kind'] for row in till.rows('document')])

    def test_an_offline_register_of_the_cloud_keeps_its_receipt_and_prints_it_later(self):
        till, spare = self.itkassa_till(), self.itkassa_till()
        shop = self.shop(till)
        till.arm('slow_execution', delay_s=5)  # the register is off before that
        sale = shop.accepted()
        eventually(sale.requests, 'the cloud has it')
        till.arm('offline', count=None)
        eventually(lambda: not till.receipts() and sale.state() == 'printing', 'it waits in the queue of the cloud')
        till.disarm()
        sale.reaches('done')
        self.assertEqual(spare.receipts(), [])

    def test_a_receipt_waits_for_no_register_that_is_down_when_the_pool_has_another(self):
        down, good = self.itkassa_till(), self.itkassa_till()
        down.arm('offline', count=None)
        shop = self.shop(down, good)
        self.all_done([shop.accepted() for _ in range(4)])
        self.assertEqual(len(good.receipts()), 4)


if __name__ == '__main__':
    unittest.main()
