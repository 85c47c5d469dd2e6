"""Who lives in the shops while things go wrong: merchants, the portals' own agent, cashiers, and the clerk who answers what
waits for a person, truthfully, from the registers' journals. Knows no fault and no verdict."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

from harness.registers import Row, Till
from harness.shop import Sale, Shop
from harness.stack import BIT_QUIET_S, REPOST_GRACE_S, Stack
from harness.wire import call

# Known to both protocols, and what only a pool of BIT registers can print (test_happy_path).
FIXTURES = ('sell-cash', 'sellreturn', 'advancepayment', 'fullprepayment', 'credit', 'sell-from-deal-odd-kopecks')
BIT_FIXTURES = (*FIXTURES, 'advancereturn', 'creditreturn', 'prepayment-scaled-lines', 'sell-two-goods-discount-delivery')
TWICE = {'items[0][quantity]': '4', 'items[0][sum]': '900', 'payments[0][sum]': '900', 'total_sum': '900'}
ONCE = {'items[0][quantity]': '2', 'items[0][sum]': '450', 'payments[0][sum]': '450', 'total_sum': '450'}
BETWEEN_CHECKS_S = 2.0  # of one shop, on average
OPEN_AT_ONCE = 6  # a shop does not sell on and on while its checks hang
AGENT_EVERY_S, CLERK_EVERY_S, CASHIER_EVERY_S = 2.0, 1.0, 8.0
# What nothing else has answered by then is for a person: the quiet time, the grace and a probe are over.
PATIENCE_S = 2 * (BIT_QUIET_S + REPOST_GRACE_S)


class Person(threading.Thread):
    """Does one thing after another until it is told to stop; the first exception is kept and ends it."""

    def __init__(self, name: str, seed: str, pause_s: float) -> None:
        super().__init__(name=name, daemon=True)
        self.random = random.Random(f'{seed}/{name}')
        self.failure: Exception | None = None
        self._pause_s, self._stop_wanted = pause_s, threading.Event()

    def run(self) -> None:
        try:
            while not self._stop_wanted.wait(self.random.uniform(0.2, 1.8) * self._pause_s):
                self.act()
        except Exception as failure:  # whatever it is, the run must hear of it
            self.failure = failure

    def act(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        self._stop_wanted.set()


class Merchant(Person):
    def __init__(self, shop: Shop, seed: str) -> None:
        super().__init__(f'merchant of {shop.name}', seed, BETWEEN_CHECKS_S)
        self.shop = shop
        self.sells = True
        self._open: list[Sale] = []
        self._contents: dict[str, bool] = {}  # sold twice the goods; by unique_id, of sell-cash only
        self._fixtures = BIT_FIXTURES if all(till.protocol == 'bit' for till in shop.tills) else FIXTURES

    def act(self) -> None:
        self._look_after()
        if not self.sells:
            return
        if self._open and self.random.random() < 0.2:
            sale = self.random.choice(self._open)
            call('POST', f'{self.shop.portal}/_sim/checks/{self.shop.name}/{sale.unique_id}/post-again', {})
        if len(self._open) >= OPEN_AT_ONCE:
            return
        for _ in range(self.random.choice((1, 1, 1, 1, 3))):
            fixture = self.random.choice(self._fixtures)
            buyer = f'{self.random.getrandbits(48):012x}@{self.shop.name}.example'
            sale = self.shop.sell(fixture, client_email=buyer)
            if fixture == 'sell-cash':
                self._contents[sale.unique_id] = False
            self._open.append(sale)

    def _look_after(self) -> None:
        """What became E is printed again: the same, or corrected."""
        for sale in list(self._open):
            now = sale.at_portal()
            if now['state'] == 'Y':
                self._open.remove(sale)
            elif now['state'] == 'E':
                self._print_again(sale)

    def _print_again(self, sale: Sale) -> None:
        try:
            sale.print_again(**self._correction(sale))
        except AssertionError as refused:
            if 'only E can be printed again' not in str(refused):  # the portal was told otherwise meanwhile
                raise

    def _correction(self, sale: Sale) -> dict[str, str | None]:
        """Some check in error is corrected; the next refusal undoes it."""
        if sale.unique_id not in self._contents or self.random.random() < 0.5:
            return {}
        self._contents[sale.unique_id] = not self._contents[sale.unique_id]
        return dict(TWICE if self._contents[sale.unique_id] else ONCE)


class Agent(Person):
    """The portals' agent: asks CHECK_URL about some checks of each portal."""

    def __init__(self, shops: list[Shop], seed: str) -> None:
        super().__init__('agent', seed, AGENT_EVERY_S)
        self._shops = shops

    def act(self) -> None:
        shop = self.random.choice(self._shops)
        call('POST', f'{shop.portal}/_sim/poll', {'portal': shop.name})


class Cashier(Person):
    """Prints by hand, and opens and closes shifts as it pleases."""

    def __init__(self, tills: list[Till], seed: str) -> None:
        super().__init__('cashier', seed, CASHIER_EVERY_S)
        self._tills = tills

    def act(self) -> None:
        till = self.random.choice(self._tills)
        wishes: list[Callable[[], Any]] = [
            till.print_by_hand,
            lambda: till.change_shift(open=False),
            lambda: till.change_shift(age_hours=25),
        ]
        try:
            self.random.choices(wishes, (2, 1, 1))[0]()
        except AssertionError as refused:
            if 'ShiftError' not in str(refused):  # the shift is closed, or has to be
                raise


class Clerk(Person):
    """Answers what only a person can: by the register's own journal, and only when nothing can arrive there any more."""

    def __init__(self, stack: Stack, shops: list[Shop], seed: str) -> None:
        super().__init__('clerk', seed, CLERK_EVERY_S)
        self._stack = stack
        self._shops = {shop.name: shop for shop in shops}
        self._seen: dict[tuple[str, int], float] = {}  # (receipt, attempts) -> since when it is uncertain
        self.answers: list[Row] = []  # what waited, and what was said

    def act(self) -> None:
        self._answer_uncertain()
        for shown in self._listed('held'):
            verb = self.random.choice(('retry', 'retry', 'fail'))
            self._say(shown, verb, *(('--reason', 'заказ отменён') if verb == 'fail' else ()))

    def _listed(self, state: str) -> list[Row]:
        listed = self._stack.kassactl_json('receipts', 'list', '--state', state) or []
        return [shown for shown in listed if shown['tenant'] in self._shops]

    def _answer_uncertain(self) -> None:
        uncertain = self._listed('uncertain')
        if not uncertain:
            return
        registers = self._stack.kassactl_json('registers', 'list') or []
        standing = {each['register'] for each in registers if 'two uncertain' in each['detail']}
        now = time.monotonic()
        for shown in uncertain:
            since = self._seen.setdefault((shown['id'], len(shown['attempts'])), now)
            asked = 'Проверьте документы' in (shown['error'] or '') or 'возможно, документ есть' in (shown['error'] or '')
            stands = any(attempt['register'] in standing for attempt in self._unanswered(shown))
            if asked or stands or now - since > PATIENCE_S:
                self._answer(shown)

    @staticmethod
    def _unanswered(shown: Row) -> list[Row]:
        return [each for each in shown['attempts'] if each['outcome'] in ('open', 'unknown')]

    def _answer(self, shown: Row) -> None:
        shop = self._shops[shown['tenant']]
        sale = next((each for each in shop.sales if each.unique_id == shown['uniqueId']), None)
        unanswered = self._unanswered(shown)
        if sale is None or not unanswered:
            return
        attempt = unanswered[0]
        till = next(each for each in shop.tills if each.id == attempt['register'])
        sent = [row for row in till.requests() if sale.contact in row['request']]
        # What was sent may arrive until the quiet time is over; a document in the cloud's queue is still on its way.
        if sent and time.time() - sent[-1]['time'] < BIT_QUIET_S + REPOST_GRACE_S:
            return
        document = next((row for row in till.receipts(contact=sale.contact)), None)
        if document is None and till.protocol == 'itkassa' and self._in_queue(till, sent):
            return
        number = ('--attempt', str(attempt['number']))
        if document:
            typed = ('--fn', document['fn'], '--fd', str(document['fd']), '--fp', document['fp'])
            self._say(shown, 'resolve', '--printed', *typed, *number)
        else:
            self._say(shown, 'resolve', '--not-printed', *number)

    @staticmethod
    def _in_queue(till: Till, sent: list[Row]) -> bool:
        keys = {row['key'] for row in sent}
        accepted = sum(row['key'] in keys for row in till.rows('task'))
        return accepted > sum(row['key'] in keys for row in till.rows('result'))

    def _say(self, shown: Row, verb: str, *words: str) -> None:
        code, out, err = self._stack.kassactl('receipts', verb, shown['id'], *words)
        self.answers.append(
            {
                'receipt': shown['id'],
                'tenant': shown['tenant'],
                'unique_id': shown['uniqueId'],
                'state': shown['state'],
                'error': shown['error'],
                'said': [verb, *words],
                'taken': code == 0,
                'answer': (out or err).strip(),
                'time': round(time.time(), 3),
            }
        )


class Workload:
    def __init__(self, stack: Stack, shops: list[Shop], seed: str) -> None:
        tills = [till for shop in shops for till in shop.tills]
        self.merchants = [Merchant(shop, seed) for shop in shops]
        self.clerk = Clerk(stack, shops, seed)
        self._people: list[Person] = [*self.merchants, Agent(shops, seed), Cashier(tills, seed), self.clerk]

    def start(self) -> None:
        for person in self._people:
            person.start()

    def close_the_shops(self) -> None:
        """Nothing more is sold; what is open is looked after."""
        for merchant in self.merchants:
            merchant.sells = False

    def stop(self) -> None:
        for person in self._people:
            person.stop()
        for person in self._people:
            person.join()

    def check(self) -> None:
        """Raises what ended anybody's work."""
        for person in self._people:
            if person.failure:
                raise AssertionError(f'the {person.name} could not go on') from person.failure
