"""The base of functional and chaos tests: one running stack, shops judged when the test ends."""

from __future__ import annotations

import secrets
import unittest
from collections.abc import Sequence
from typing import Any

from harness.registers import BitTill, ItkassaTill, Till
from harness.shop import Shop
from harness.stack import Stack


class StackTest(unittest.TestCase):
    stack: Stack
    fiscalizers = 1

    @classmethod
    def setUpClass(cls) -> None:
        cls.stack = Stack.of_this_test()
        cls.stack.up(cls.fiscalizers)

    def bit_till(self) -> BitTill:
        till = BitTill(self.stack, f'bit-{secrets.token_hex(4)}')
        self.addCleanup(till.disarm)
        return till

    def itkassa_till(self) -> ItkassaTill:
        till = ItkassaTill(self.stack, f'cloud-{secrets.token_hex(4)}')
        self.addCleanup(till.disarm)
        return till

    def till(self, protocol: str) -> Till:
        return self.bit_till() if protocol == 'bit' else self.itkassa_till()

    def shop(self, *tills: Till, ffd: str = '', **settings: Any) -> Shop:
        """With the registers given, and judged by their ledgers when the test is over, however it ends."""
        version = ffd or ('1.2' if all(till.protocol == 'bit' for till in tills) else '1.05')
        shop = Shop(self.stack, tills, ffd=version, **settings)
        self.addCleanup(shop.judge)
        return shop

    def all_done(self, sales: Sequence, within_s: float = 120.0) -> None:
        for sale in sales:
            sale.reaches('done', within_s)
