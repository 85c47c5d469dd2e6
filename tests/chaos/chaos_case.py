"""The base of chaos tests: `tests/functional/harness`, and a stack that is whole again when a test ends."""

import os
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'functional'))

from harness.case import StackTest
from harness.waiting import eventually


class ChaosTest(StackTest):
    def setUp(self):
        seed = os.environ.get('KASSAFLOW_TEST_SEED') or str(random.SystemRandom().randrange(10**6))
        print(f'{self.id()} KASSAFLOW_TEST_SEED={seed}', flush=True)
        self.random = random.Random(seed)
        self.addCleanup(self.stack.up, self.fiscalizers)

    def pause(self, name):
        self.stack.pause(name)
        self.addCleanup(self.stack.resume, name)

    def recover(self):
        self.stack.up(self.fiscalizers)

    def ends_well(self, sales, within_s=180):
        """I2: done, or, where a driver's answer was lost with its worker, uncertain and shown; nothing is lost."""

        def states():
            return {sale.uuid: sale.state() for sale in sales}

        def rest():
            now = states()
            if self.person_answers([sale for sale in sales if now[sale.uuid] == 'uncertain']):
                return False
            return all(state in ('done', 'uncertain') for state in now.values())

        eventually(rest, 'every receipt has come to rest', within_s, seen=states)
        for sale in sales:
            if sale.state() == 'uncertain':
                protocols = {till.protocol for till in sale.shop.tills}
                self.assertEqual(protocols, {'bit'}, f'the cloud can be asked: {sale.show()}')
                self.assertEqual(sale.check_url()['STATUS'], 'WAIT')
            else:
                self.assertIsNotNone(sale.document(), f'done without a document: {sale.show()}')
                self.assertEqual(sale.show()['fiscal']['fn'], sale.document()['fn'])

    def person_answers(self, uncertain):
        """A register whose probe was lost, too, waits for a person (exactly-once.md 6); one who has the paper in hand.
        True when there was such a register."""
        for shop in {sale.shop for sale in uncertain}:
            lost = [sale for sale in uncertain if sale.shop is shop]
            if len(lost) > len(shop.tills):
                lost[0].resolve(lost[0].document(), unless_settled=True)
                return True
        return False


class Deaths:
    """One test for each service on a receipt's way; `survives_the_death_of` says what must hold after it."""

    def survives_the_death_of(self, service: str) -> None:
        raise NotImplementedError

    def test_ingress_is_killed(self):
        self.survives_the_death_of('ingress')

    def test_fiscalizer_is_killed(self):
        self.survives_the_death_of('fiscalizer')

    def test_status_is_killed(self):
        self.survives_the_death_of('status')
