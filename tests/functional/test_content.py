#!/usr/bin/python3
"""One check, several posts: the journal decides about content (exactly-once.md 12, 13; bitrix24.md §5.9)."""

import unittest

from harness.case import StackTest
from harness.waiting import eventually
from harness.wire import call, portal_post


class Content(StackTest):
    def post_changed(self, sale, **changes):
        """The check's form with other values, as a manager's print-again would send it; the decoded answer."""
        body = sale.at_portal()['body']
        for key, value in changes.items():
            before = next(pair for pair in body.split('&') if pair.startswith(f'{key}='))
            body = body.replace(before, f'{key}={value}')
        answer = portal_post(sale.shop.url('print'), body.encode('latin-1'))
        self.assertEqual(answer.problem(), '', answer.raw)
        return answer.json()

    def other_sum(self, sale):
        """Twice the goods, a second later."""
        date = int(
            next(pair for pair in sale.at_portal()['body'].split('&') if pair.startswith('date_create=')).partition(
                '='
            )[2]
        )
        return {
            'items%5B0%5D%5Bquantity%5D': '4',
            'items%5B0%5D%5Bsum%5D': '900',
            'payments%5B0%5D%5Bsum%5D': '900',
            'total_sum': '900',
            'date_create': str(date + 1),
        }

    def test_a_printed_check_with_other_content_is_refused(self):
        shop = self.shop(till := self.bit_till())
        sale = shop.accepted()
        sale.reaches('done')
        said = self.post_changed(sale, **self.other_sum(sale))
        self.assertTrue(said.get('ERRORS'), said)
        shop.accepted().reaches('done')
        self.assertEqual(len(till.receipts(contact=sale.contact)), 1)

    def test_the_newest_content_of_a_check_never_attempted_is_printed(self):
        till = self.itkassa_till()
        till.arm('offline', count=None)
        shop = self.shop(till)
        sale = shop.accepted()
        self.assertEqual(eventually(lambda: sale.show(), 'it is known')['state'], 'queued')
        self.assertEqual(self.post_changed(sale, **self.other_sum(sale)), {'UUID': sale.uuid})
        sale.total_kopecks = 90000
        till.disarm()
        sale.reaches('done')

    def test_an_older_post_that_comes_late_replaces_nothing(self):
        till = self.itkassa_till()
        till.arm('offline', count=None)
        shop = self.shop(till)
        sale = shop.accepted()
        self.assertEqual(
            self.post_changed(sale, **(self.other_sum(sale) | {'date_create': '1000000000'})), {'UUID': sale.uuid}
        )
        till.disarm()
        sale.reaches('done')

    def test_a_new_time_alone_is_the_same_check(self):
        shop = self.shop(self.bit_till())
        sale = shop.accepted()
        sale.reaches('done')
        said = self.post_changed(sale, date_create='1999999999', uuid='check%7Canother')
        self.assertEqual(said, {'UUID': sale.uuid})
        self.assertEqual(sale.check_url()['STATUS'], 'DONE')

    def test_content_that_changes_while_it_prints_is_kept_as_a_conflict_and_not_printed(self):
        shop = self.shop(till := self.bit_till())
        shop.accepted().reaches('done')
        till.arm('lose_answer', match={'type': 'kktReceiptFiscalization'})
        sale = shop.accepted()
        sale.reaches('uncertain')
        self.post_changed(sale, **self.other_sum(sale))
        shop.accepted().reaches('done')
        self.assertEqual((len(till.receipts(contact=sale.contact)), len(sale.requests())), (1, 1))
        self.assertEqual(sale.check_url()['STATUS'], 'WAIT')

    def test_a_followed_redirect_posts_the_same_check_twice(self):
        shop = self.shop(self.bit_till())
        body = shop.accepted().at_portal()['body'].encode('latin-1')
        answers = {portal_post(shop.url('print'), body).body for _ in range(5)}
        self.assertEqual(len(answers), 1)
        call('POST', f'{shop.portal}/_sim/poll', {'portal': shop.name})


if __name__ == '__main__':
    unittest.main()
