"""The base of functional and chaos tests: one running stack, shops judged when the test ends."""

from __future__ import annotations

import itertools
import secrets
import unittest
from collections.abc import Sequence
from typing import Any

from harness.registers import BitTill, ItkassaTill, Till
from harness.shop import Shop
from harness.stack import SHORTEST_BACK_OFF_S, Stack
from harness.waiting import eventually


class StackTest(unittest.TestCase):
    stack: Stack
    fiscalizers = 1

    @classmethod
    def setUpClass(cls) -> None:
        cls.stack = Stack.of_this_test()
        cls.stack.up(cls.fiscalizers)

    def bit_till(self, **declared: Any) -> BitTill:
        till = BitTill(self.stack, f'bit-{secrets.token_hex(4)}', **declared)
        self.addCleanup(till.disarm)
        return till

    def itkassa_till(self, **declared: Any) -> ItkassaTill:
        till = ItkassaTill(self.stack, f'cloud-{secrets.token_hex(4)}', **declared)
        self.addCleanup(till.disarm)
        return till

    def new_till(self, protocol: str, **declared: Any) -> Till:
        return self.bit_till(**declared) if protocol == 'bit' else self.itkassa_till(**declared)

    def shop(self, *tills: Till, ffd: str = '', **settings: Any) -> Shop:
        """With the registers given, and judged by their ledgers when the test is over, however it ends."""
        version = ffd or ('1.2' if all(till.protocol == 'bit' for till in tills) else '1.05')
        shop = Shop(self.stack, tills, ffd=version, **settings)
        self.addCleanup(shop.judge)
        return shop

    def alarm(self, event: str, **fields: str) -> dict[str, Any]:
        """Waits for it."""
        return eventually(lambda: self.stack.events(f'alarm.{event}', **fields), f'the alarm {event} of {fields}')[0]

    def alarms(self, event: str, **fields: str) -> int:
        return len(self.stack.events(f'alarm.{event}', **fields))

    def backs_off(self, requests: Sequence[dict[str, Any]]) -> None:
        """Each at least a back-off after the one before it."""
        times = [row['time'] for row in requests]
        for earlier, later in itertools.pairwise(times):
            self.assertGreaterEqual(later - earlier, SHORTEST_BACK_OFF_S, times)

    def all_done(self, sales: Sequence, within_s: float = 120.0) -> None:
        for sale in sales:
            sale.reaches('done', within_s)
