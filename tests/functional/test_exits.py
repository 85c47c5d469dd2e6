#!/usr/bin/python3
"""Every state has an exit: refusals end, shifts do not spin, a person's word counts in any state."""

import unittest
from datetime import datetime, timedelta, timezone

from harness.case import StackTest
from harness.stack import REFUSALS_BEFORE_HELD
from harness.waiting import eventually
from harness.wire import call

RECEIPT = {'type': 'kktReceiptFiscalization'}
GIFT = {
    'items[0][price]': '0',
    'items[0][base_price]': '0',
    'items[0][sum]': '0',
    'payments[0][sum]': '0',
    'total_sum': '0',
}
ZERO_TOTAL = 'Не удалось закрыть чек ( 142-ККТ: Нулевой итог чека )'


class Refusals(StackTest):
    def test_a_gift_the_register_refuses_each_time_is_held_and_the_queue_goes_on(self):
        till = self.bit_till()
        store = self.shop(till)
        store.accepted().reaches('done')
        till.arm('error', count=None, match={**RECEIPT, 'total': 0}, text=ZERO_TOTAL)
        gift = store.accepted(**GIFT)
        for posts in (1, 2):  # each document after a quiet time proves one refusal
            eventually(lambda: len(gift.requests()) == posts, 'the register refuses it')
            gift.reaches('uncertain')
            store.accepted().reaches('done')
        gift.reaches('held')
        self.assertEqual(len(gift.requests()), 2)
        self.assertIn('Нулевой итог', gift.show()['error'])
        self.alarm('receipt_refused', receipt=gift.uuid)
        store.accepted().reaches('done')
        self.assertEqual(gift.check_url()['STATUS'], 'WAIT')
        code, _, err = gift.person('fail', '--reason', 'Подарок чеком не оформляется', '--yes')
        self.assertEqual(code, 0, err)
        self.assertIn('Подарок', gift.reaches('failed')['error'])
        self.assertIn('Подарок', gift.portal_says('E')['error'])

    def test_a_receipt_refused_again_and_again_is_held_with_the_words(self):
        till = self.itkassa_till()
        store = self.shop(till)
        till.arm('fn_full', count=None)
        sale = store.accepted()
        self.assertIn('Архив ФН переполнен', sale.reaches('held')['error'])
        self.assertEqual(len(sale.requests()), REFUSALS_BEFORE_HELD)
        self.backs_off(sale.requests())
        self.alarm('receipt_refused', receipt=sale.uuid)
        till.disarm()
        store.accepted().reaches('done')
        code, _, err = sale.person('retry')
        self.assertEqual(code, 0, err)
        sale.reaches('done')

    def test_a_shift_that_never_opens_is_alarmed_and_tried_once_a_back_off(self):
        till = self.bit_till()
        store = self.shop(till)
        self.set_delay(till, 0)
        till.arm('error', count=None, match=RECEIPT, text='Смена закрыта')
        store.accepted()
        self.alarm('shift', register=till.id)
        before = len(till.shift_commands())
        commands = eventually(lambda: len(till.shift_commands()) >= before + 3 and till.shift_commands(), 'three more')
        self.backs_off(commands[before - 1 :])
        self.assertEqual(self.alarms('shift', register=till.id), 1)

    def test_a_shift_that_cannot_be_closed_is_tried_no_faster_than_the_back_off(self):
        till = self.bit_till()
        store = self.shop(till)
        store.accepted().reaches('done')
        self.set_delay(till, 0)
        till.change_shift(age_hours=25)
        till.arm('error', count=None, match={'type': 'kktCloseShift'}, text='Смена превысила 24 часа')
        sale = store.accepted()
        self.alarm('shift', register=till.id)
        before = len(till.shift_commands())
        commands = eventually(lambda: len(till.shift_commands()) >= before + 3 and till.shift_commands(), 'three more')
        self.backs_off(commands[before - 1 :])
        till.disarm()
        sale.reaches('done')

    def set_delay(self, till, seconds):
        """Of the simulator, so that only a back-off can hold commands apart."""
        call('POST', f'{till.base}/_sim/settings', {'exec_delay_s': seconds})
        self.addCleanup(call, 'POST', f'{till.base}/_sim/settings', {'exec_delay_s': 0.05})


class People(StackTest):
    def delete(self, till):
        return self.stack.kassactl('delete', 'register', till.id)

    def says(self, sale, verb, *words):
        """"Not printed" is believed once no answer can come any more: until then it is said again."""

        def accepted():
            code, out, err = sale.person(verb, *words)
            self.assertTrue(code == 0 or 'may still be answered' in err, out + err)
            return code == 0

        eventually(accepted, f'{verb} is accepted')

    def is_deleted(self, till):
        eventually(lambda: self.delete(till)[0] == 0, 'the register is deleted', seen=lambda: self.delete(till))

    def stuck_sale(self, till, **stuck):
        till.arm('stuck', **stuck)
        sale = self.shop(till).accepted()
        eventually(lambda: till.rows('task'), 'the cloud has it')
        return sale

    def test_a_document_queued_for_ever_at_a_dead_register_is_printed_elsewhere_and_the_register_deleted(self):
        dead, good = self.itkassa_till(), self.itkassa_till()
        good.arm('offline', count=None)
        store = self.shop(dead, good)
        dead.arm('stuck')
        sale = store.accepted()
        eventually(lambda: dead.rows('task'), 'the cloud has it')
        dead.arm('dead', count=None)
        code, _, err = self.delete(dead)
        self.assertEqual(code, 1)
        self.assertIn(sale.uuid, err)
        self.says(sale, 'resolve', '--attempt', '1', '--not-printed', '--yes')
        good.disarm()  # it is online from now on, and every other fault is lifted, too
        dead.arm('dead', count=None)
        sale.reaches('done')
        self.assertEqual((len(good.receipts()), len(dead.receipts())), (1, 0))
        self.is_deleted(dead)

    def test_a_lost_answer_of_a_register_that_is_gone_is_settled_and_the_register_deleted(self):
        gone = self.bit_till()
        store = self.shop(gone)
        store.accepted().reaches('done')
        gone.arm('hang', count=None, match=RECEIPT, print=False)
        sale = store.accepted()
        sale.reaches('uncertain')
        self.assertEqual(self.delete(gone)[0], 1)
        self.says(sale, 'fail', '--reason', 'Касса сломана', '--not-printed', '--yes')
        self.assertIn('Касса сломана', sale.reaches('failed')['error'])
        sale.portal_says('E')
        self.is_deleted(gone)

    def test_a_queued_receipt_is_held_retried_and_failed(self):
        till = self.itkassa_till()
        till.arm('offline', count=None)
        store = self.shop(till)
        first, second = store.accepted(), store.accepted()
        for sale in (first, second):
            eventually(lambda: sale.state() == 'queued', 'it is queued')
            self.says(sale, 'hold', '--reason', 'Проверяем сумму')
            self.assertEqual(sale.reaches('held')['holdReason'], 'Проверяем сумму')
        self.says(first, 'fail', '--reason', 'Ошибка продавца', '--yes')
        first.portal_says('E')
        self.says(second, 'retry')
        second.reaches('queued')
        till.disarm()
        second.reaches('done')
        self.assertEqual((first.state(), first.requests()), ('failed', []))

    def test_a_receipt_that_is_printing_is_not_failed_without_a_word_on_its_attempt(self):
        till = self.itkassa_till()
        sale = self.stuck_sale(till)
        code, _, _ = sale.person('fail', '--reason', 'Отмена', '--yes')
        self.assertNotEqual(code, 0, 'the attempt may print it')
        till.release()
        sale.reaches('done')

    def test_a_document_that_was_printed_and_is_called_queued_is_resolved_and_the_register_deleted(self):
        till = self.itkassa_till()
        sale = self.stuck_sale(till, printed=True)
        signed = sale.printed()
        named = ('--fn', signed['fn'], '--fd', str(signed['fd']), '--fp', signed['fp'])
        self.says(sale, 'resolve', '--attempt', '1', '--printed', *named, '--yes')
        told = sale.portal_says('Y')['attributes']
        self.assertEqual(told['FISCAL_DOC_ATTR'], signed['fp'])
        self.assertNotIn('PRINT_END_TIME', sale.check_url())  # nobody knows it
        self.is_deleted(till)
        self.assertEqual((sale.state(), len(sale.requests())), ('done', 1))

    def test_a_time_by_the_registers_clock_is_told_to_the_portal(self):
        till = self.itkassa_till()
        sale = self.stuck_sale(till, printed=True)
        signed = sale.printed()
        named = ('--fn', signed['fn'], '--fd', str(signed['fd']), '--fp', signed['fp'])
        clock = datetime.fromtimestamp(signed['printed_at'], timezone(timedelta(hours=3)))  # Moscow
        self.says(sale, 'resolve', '--printed', *named, '--at', f'{clock:%Y-%m-%dT%H:%M:%S}', '--yes')
        self.assertEqual(sale.portal_says('Y')['attributes']['PRINT_END_TIME'], signed['printed_at'])

    def test_a_document_queued_for_ever_is_failed_by_a_persons_word_and_the_register_deleted(self):
        till = self.itkassa_till()
        sale = self.stuck_sale(till)
        self.assertEqual(self.delete(till)[0], 1)
        self.says(sale, 'fail', '--reason', 'Касса отключена', '--not-printed', '--yes')
        self.assertIn('Касса отключена', sale.portal_says('E')['error'])
        self.is_deleted(till)

    def test_a_receipt_held_while_it_prints_is_held_when_that_ended_and_printed_when_retried(self):
        till = self.itkassa_till()
        sale = self.stuck_sale(till)
        self.says(sale, 'hold', '--reason', 'Покупатель передумал')
        self.says(sale, 'resolve', '--not-printed', '--yes')
        sale.reaches('held')
        self.says(sale, 'retry')
        sale.reaches('done')
        self.assertEqual((len(sale.requests()), len(till.receipts())), (2, 1))

    def test_a_re_print_with_a_corrected_cashbox_prints_on_that_companys_register(self):
        wrong, right = self.itkassa_till(), self.itkassa_till()
        store = self.shop(wrong)
        store.open_branch('box-2', '7708709686', right)
        wrong.arm('critical_error', creErrorId='16', creErrorText='Недопустимая цена')
        sale = store.accepted()
        sale.reaches('failed')
        sale.portal_says('E')
        sale.print_again(number_kkm='box-2')
        shown = sale.reaches('done')
        self.assertEqual((len(right.receipts()), len(wrong.receipts())), (1, 0))
        self.assertEqual((shown['pool'], shown['cashbox']), (f'{store.name}-box-2-pool', f'{store.name}-box-2'))
        self.assertEqual(sale.portal_says('Y')['attributes']['FN_NUMBER'], right.receipts()[0]['fn'])


if __name__ == '__main__':
    unittest.main()
