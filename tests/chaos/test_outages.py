#!/usr/bin/python3
"""Kafka, PostgreSQL or a service away: portals get answers they can live with, what was accepted drains (I2, I3)."""

import unittest

from chaos_case import ChaosTest
from harness.waiting import eventually
from harness.wire import portal_post


class Outages(ChaosTest):
    def setUp(self):
        super().setUp()
        self.store = self.shop(self.bit_till())
        self.done = self.store.accepted()
        self.done.reaches('done')

    def print_url_refuses(self):
        """ERRORS in the portal's form; the check can be printed again."""
        sale = self.store.sell()
        self.assertEqual((sale.first_answer['status'], sale.at_portal()['state']), (200, 'E'), sale.first_answer)
        return sale

    def check_url_waits_or_is_done(self, uuid, words):
        answer = self.store.check_url(uuid)
        self.assertEqual(answer.problem(), '', answer.raw)
        self.assertIn(answer.json()['STATUS'], words)

    def test_kafka_is_away(self):
        self.stack.kill('kafka')
        refused = self.print_url_refuses()
        self.check_url_waits_or_is_done(self.done.uuid, ('WAIT', 'DONE'))
        self.prints_after_all(refused)

    def test_services_that_start_while_kafka_is_away(self):
        self.stack.kill('kafka')
        for service in ('ingress', 'fiscalizer', 'status'):
            self.stack.kill(service)
            self.stack.start(service)
        eventually(
            lambda: 'очередь чеков недоступна' in str(self.store.sell().first_answer), 'ingress says itself what is wrong'
        )
        refused = self.print_url_refuses()
        self.prints_after_all(refused)

    def prints_after_all(self, refused):
        self.recover()
        eventually(lambda: self.print_again(refused)['state'] == 'P', 'printing works again')
        refused.reaches('done')
        refused.portal_says('Y')

    def print_again(self, sale):
        now = sale.at_portal()
        return sale.print_again() if now['state'] == 'E' else now

    def test_kafka_stands_still(self):
        self.pause('kafka')
        sale = self.store.sell()
        self.assertEqual(sale.first_answer['status'], 200)
        self.check_url_waits_or_is_done(self.done.uuid, ('WAIT', 'DONE'))
        self.stack.resume('kafka')
        # The ERRORS said that the result is unknown: the record may have got through.
        eventually(lambda: self.print_again(sale)['state'] in ('P', 'Y'), 'printing works again')
        sale.uuid = sale.at_portal()['uuid']
        sale.reaches('done')
        self.assertEqual(len(sale.requests()), 1)

    def test_postgresql_is_away(self):
        self.stack.kill('postgres')
        sales = [self.store.sell() for _ in range(3)]
        for sale in sales:
            self.assertEqual(sale.first_answer['status'], 200)
        self.check_url_waits_or_is_done(self.done.uuid, ('WAIT', 'DONE'))
        self.check_url_waits_or_is_done('11111111-2222-4333-8444-555555555555', ('WAIT',))
        self.recover()
        accepted = [sale for sale in sales if sale.uuid]
        self.assertTrue(accepted, 'Kafka was there: nothing of PostgreSQL is needed to accept')
        self.all_done(accepted)
        for sale in accepted:
            sale.portal_says('Y')

    def test_each_service_is_away(self):
        for service, refuses in {'ingress': True, 'status': False, 'fiscalizer': False, 'registry': False}.items():
            with self.subTest(service):
                self.stack.kill(service)
                answer = portal_post(self.store.url('print'), b'type=rubbish')
                self.assertEqual(answer.problem(), '', answer.raw)
                self.assertTrue(answer.json()['ERRORS'])
                self.check_url_waits_or_is_done(self.done.uuid, ('WAIT',) if service == 'status' else ('WAIT', 'DONE'))
                sale = self.print_url_refuses() if refuses else self.store.accepted()
                self.recover()
                if refuses:
                    sale.print_again()
                sale.reaches('done')

    def test_the_edge_comes_back(self):
        self.stack.kill('edge')
        sale = self.store.sell()
        self.assertEqual(sale.at_portal()['state'], 'E')  # refused connection: the manager prints again
        self.recover()
        sale.print_again()
        sale.reaches('done')


if __name__ == '__main__':
    unittest.main()
