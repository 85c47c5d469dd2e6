#!/usr/bin/python3
"""What a register's words may prove: a document that may exist is never printed again."""

import json
import unittest

from harness.case import StackTest
from harness.waiting import eventually

RECEIPT = {'type': 'kktReceiptFiscalization'}
WORDS_OF_A_DOCUMENT = (
    'Чек сформирован, но не отправлен в ОФД',
    'Срок действия ФН истекает через 28 дней',
    'Чек пробит. Внимание: смена истекает через 15 минут',
    'Чек пробит. Ошибка отправки копии на email: неверный адрес',
    'Документ № 17 зарегистрирован, архив ФН переполнен',
)


class CloudWords(StackTest):
    def setUp(self):
        self.till = self.itkassa_till()
        self.store = self.shop(self.till)

    def test_a_printers_number_proves_nothing_and_late_attributes_settle_the_receipt(self):
        for code, text in (
            ('113', 'Ошибка отрезчика'),
            ('119', 'Ошибка принтера: нет сигнала с датчиков'),
            ('44', 'Нет бумаги'),
        ):
            with self.subTest(code):
                self.till.arm('critical_error', creErrorId=code, creErrorText=text, fiscal=True, attributes_after=None)
                sale = self.store.accepted()
                shown = sale.reaches('uncertain')
                self.assertEqual([attempt['outcome'] for attempt in shown['attempts']], ['unknown'])
                self.store.accepted().reaches('done')  # the register goes on
                key = sale.requests()[0]['key']
                asked = len(self.till.questions(key))
                eventually(lambda: len(self.till.questions(key)) >= asked + 2, 'it is asked about on')
                self.assertEqual((sale.state(), sale.check_url()['STATUS']), ('uncertain', 'WAIT'))
                self.till.release()
                fiscal = sale.reaches('done')['fiscal']
                signed = sale.document()
                self.assertEqual((fiscal['fn'], int(fiscal['fd'])), (signed['fn'], signed['fd']))
                self.assertEqual(len(sale.requests()), 1)
                sale.portal_says('Y')

    def test_a_document_queued_for_too_long_is_uncertain_with_an_alarm_and_done_when_printed(self):
        self.stack.restart('fiscalizer', pending_limit='1s')
        self.addCleanup(self.stack.restart, 'fiscalizer')
        self.till.arm('stuck')
        sale = self.store.accepted()
        sale.reaches('uncertain')
        self.alarm('pending_too_long', receipt=sale.uuid)
        self.assertEqual((sale.check_url()['STATUS'], len(sale.requests())), ('WAIT', 1))
        self.till.release()
        sale.reaches('done')
        self.assertEqual((len(sale.requests()), self.alarms('pending_too_long', receipt=sale.uuid)), (1, 1))


class DriverWords(StackTest):
    def setUp(self):
        self.till = self.bit_till()
        self.store = self.shop(self.till)
        self.store.accepted().reaches('done')  # the shift is open, a number of the storage is known

    def test_words_that_may_hide_a_document_are_uncertain_and_numbering_leaves_them_to_a_person(self):
        for text in WORDS_OF_A_DOCUMENT:
            with self.subTest(text):
                till = self.bit_till()
                store = self.shop(till)
                store.accepted().reaches('done')
                till.arm('error', match=RECEIPT, text=text, printed=True)
                sale = store.accepted()
                sale.reaches('uncertain')
                store.accepted().reaches('done')
                self.assertEqual((sale.state(), len(sale.requests())), ('uncertain', 1))
                sale.resolve(sale.document())
                sale.reaches('done')

    def test_the_same_words_without_a_document_are_proved_empty_and_printed_once(self):
        self.till.arm('error', match=RECEIPT, text=WORDS_OF_A_DOCUMENT[0], printed=False)
        sale = self.store.accepted()
        sale.reaches('uncertain')
        self.store.accepted().reaches('done')
        sale.reaches('done')
        self.assertEqual(len(sale.requests()), 2)

    def test_an_entry_under_another_name_is_not_ours(self):
        self.till.arm('answer', match=RECEIPT, body=json.dumps([{'name': 'other', 'success': 'ok'}]), printed=True)
        sale = self.store.accepted()
        sale.reaches('uncertain')
        self.assertEqual(len(sale.requests()), 1)

    def test_a_skipped_number_after_a_believed_refusal_is_an_alarm_and_a_question(self):
        self.till.arm('error', match=RECEIPT, text='Недопустимое значение ставки НДС', printed=True)
        sale = self.store.accepted()
        self.assertIn('НДС', sale.reaches('failed')['error'])  # believed: the words are of the closed list
        self.store.accepted().reaches('done')
        self.alarm('number_skipped', receipt=sale.uuid)
        shown = eventually(
            lambda: (now := sale.show())['attempts'][0]['outcome'] == 'unknown' and now,
            'the attempt is a question',
            seen=sale.show,
        )
        signed = sale.document()
        self.assertIn(str(signed['fd'] + 1), shown['attempts'][0]['detail'])
        sale.resolve(signed)
        fiscal = sale.reaches('done')['fiscal']
        self.assertEqual((fiscal['fn'], int(fiscal['fd'])), (signed['fn'], signed['fd']))
        self.assertEqual(len(sale.requests()), 1)

    def test_attributes_are_told_in_whatever_form_they_came(self):
        for shape in ('signed_sign', 'floats', 'tag_dump', 'qr_only'):
            with self.subTest(shape):
                self.till.arm('shape', match=RECEIPT, shape=shape)
                sale = self.store.accepted()
                sale.reaches('done')
                signed, told = sale.document(), sale.portal_says('Y')['attributes']
                self.assertEqual(
                    (told['FN_NUMBER'], told['FISCAL_DOC_NUMBER'], told['FISCAL_DOC_ATTR'], told['PRINT_END_TIME']),
                    (signed['fn'], str(signed['fd']), signed['fp'], signed['printed_at']),
                )
                if shape != 'qr_only':
                    self.assertEqual(
                        (told['SHIFT_NUMBER'], told['FISCAL_RECEIPT_NUMBER']),
                        (str(signed['shift']), str(signed['receipt_number'])),
                    )


class TestRegisters(StackTest):
    """Documents without legal force are told to nobody who did not ask for them."""

    def test_a_test_register_that_is_not_called_one_holds_the_receipt_and_stands(self):
        for protocol in ('itkassa', 'bit'):
            with self.subTest(protocol):
                till = self.new_till(protocol, test=True)
                store = self.shop(till)
                sale = store.accepted()
                self.alarm('test_register', register=till.id)
                eventually(lambda: 'test' in (self.stack.register(till.id).get('detail') or ''), 'it says why it stands')
                self.assertFalse(self.stack.register_is_up(till.id))
                eventually(lambda: sale.state() in ('queued', 'held'), 'nobody calls it done', seen=sale.show)
                self.assertNotEqual(sale.check_url()['STATUS'], 'DONE')
                self.assertNotEqual(sale.at_portal()['state'], 'Y')
                self.assertLessEqual(len(sale.requests()), 1)

    def test_a_document_without_legal_force_is_held_and_not_told(self):
        till = self.bit_till(test=True)
        till.change_shift(open=True)  # by hand: the first document of ours is the receipt itself
        sale = self.shop(till).accepted()
        sale.reaches('held')
        self.alarm('test_register', receipt=sale.uuid)
        eventually(lambda: not self.stack.register_is_up(till.id), 'it stands')
        self.assertEqual((sale.check_url()['STATUS'], sale.poll()['state'], len(sale.requests())), ('WAIT', 'P', 1))

    def test_a_test_register_that_is_called_one_prints_and_its_documents_are_marked(self):
        for protocol in ('itkassa', 'bit'):
            with self.subTest(protocol):
                till = self.new_till(protocol, test=True)
                till.test = True
                sale = self.shop(till).accepted()
                self.assertIs(sale.reaches('done')['fiscal']['test'], True)
                sale.portal_says('Y')

    def test_a_real_storage_that_is_called_a_test_register_is_refused_the_same_way(self):
        for protocol in ('itkassa', 'bit'):
            with self.subTest(protocol):
                till = self.new_till(protocol)
                till.test = True
                store = self.shop(till)
                sale = store.accepted()
                self.alarm('test_register', register=till.id)
                eventually(lambda: not self.stack.register_is_up(till.id), 'it stands')
                self.assertNotEqual(sale.state(), 'failed')

    def test_a_real_register_marks_nothing(self):
        sale = self.shop(self.bit_till()).accepted()
        self.assertIn(sale.reaches('done')['fiscal'].get('test'), (None, False))


if __name__ == '__main__':
    unittest.main()
