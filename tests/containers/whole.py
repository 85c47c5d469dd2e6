#!/usr/bin/python3
"""The whole system from images only, by docker-compose.yml: up, the demo through it, then shops sell while one container after the other
is killed, a broker is away and PostgreSQL fails over to its standby; then down and up again. The registers' ledgers and the portals'
books judge. Prints what was done and how long it took to heal; exit code 1 when a receipt was lost, printed twice or told wrongly."""

from __future__ import annotations

import argparse
import os
import pathlib
import sys
import tempfile
import time
from collections.abc import Callable

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / 'functional'), str(TESTS / 'chaos')]

from composed import PROJECT, Composed
from harness.registers import BitTill, ItkassaTill
from harness.shop import Shop
from harness.stack import ROOT
from harness.waiting import NeverHappened, eventually
from judge import Judge, Wrong
from workload import Workload

SHOPS = ('b', 'i', 'bi', 'ii')  # the registers of each
SETTLES_WITHIN_S = 300.0
SERVICES = ('registry', 'ingress', 'status', 'fiscalizer', 'edge')
SOLD_BEFORE = 10  # checks that are printed before anything breaks, and after each fault


class Run:
    def __init__(self, stack: Composed, seed: str) -> None:
        self.stack, self.seed = stack, seed
        self.rows: list[tuple[str, float, int]] = []
        self.begun = time.monotonic()
        self.edge_is_away = False
        self.unanswered = 0

    def note(self, what: str, seconds: float, checks: int = 0) -> None:
        self.rows.append((what, seconds, checks))
        print(f'{time.monotonic() - self.begun:7.0f} s  {what}: {seconds:.1f} s', flush=True)

    def timed(self, what: str, action: Callable[[], object]) -> None:
        began = time.monotonic()
        action()
        self.note(what, time.monotonic() - began)

    # --- the story ---

    def run(self) -> list[Wrong]:
        self.stack.down('-v')
        self.timed('up', lambda: self.stack.up(2))
        self.timed('the demo, 12 checks', self.demo)
        shops = [self.open_shop(number, letters) for number, letters in enumerate(SHOPS)]
        self.judge = Judge(self.stack.ledgers(), {shop.name for shop in shops})
        self.workload = Workload(self.stack, shops, self.seed)
        self.workload.start()
        try:
            self.sell_on()
            for name in self.to_kill():
                self.edge_is_away = name == 'edge'
                self.broken(f'{name} killed', lambda: self.killed(name))
                self.edge_is_away = False
            if self.stack.size == 'full':
                self.broken('a broker stopped, then back', self.broker_away)
                self.broken('failover of PostgreSQL', self.failover)
                self.broken('fiscalizer killed, after the failover', lambda: self.killed('fiscalizer'))
            self.workload.close_the_shops()
            self.settle(lambda: not self.judge.open_checks())
        finally:
            self.workload.stop()
        self.workload.check()
        wrong = self.judge.finish()
        return wrong or self.down_and_up(shops)

    def open_shop(self, number: int, letters: str) -> Shop:
        token = f'{int(time.time()):x}-{number}'
        kinds = [BitTill if letter == 'b' else ItkassaTill for letter in letters]
        tills = [kind(self.stack, f'till-{token}-{at}') for at, kind in enumerate(kinds)]
        shop = Shop(self.stack, tills, name=f'boxes-{token}', ffd='1.2' if set(letters) == {'b'} else '1.05')
        for till in tills:
            if isinstance(till, ItkassaTill):
                till.call_back(self.stack)
        return shop

    def to_kill(self) -> tuple[str, ...]:
        if self.stack.size == 'full':
            return (*SERVICES, 'kafka-1', 'kafka-2', 'kafka-3', 'postgres', 'postgres-standby')
        return (*SERVICES, 'kafka-1', 'postgres')

    def demo(self) -> None:
        self.stack.compose('up', '--no-deps', 'demo', within_s=600.0)
        code = self.stack.state('demo')['ExitCode']
        assert code == 0, self.stack.engine('logs', self.stack.container('demo'))

    # --- what breaks ---

    def broken(self, what: str, action: Callable[[], object]) -> None:
        """It breaks and heals, and all that was posted until then comes to its end; then more is sold."""
        began, checks = time.monotonic(), len(self.judge.checks)
        action()
        healed = time.time()
        self.settle(lambda: not self.judge.waiting(before=healed))
        self.note(what, time.monotonic() - began, len(self.judge.checks) - checks)
        self.sell_on()

    def killed(self, name: str) -> None:
        self.stack.kill(name)
        self.stack.settle(name)

    def broker_away(self) -> None:
        """Two of three go on: what is sold meanwhile is printed meanwhile."""
        self.stack.compose('stop', 'kafka-2')
        self.sell_on()
        self.stack.compose('start', 'kafka-2')
        self.stack.settle('kafka-2')

    def failover(self) -> None:
        self.stack.kill('postgres')  # it may be back before the failover begins, which must stop it then
        self.stack.failover('postgres', 'postgres-standby')
        self.stack.settle('postgres', 'postgres-standby', *SERVICES)

    # --- waiting ---

    def sell_on(self) -> None:
        wanted = self.judge.documents + SOLD_BEFORE
        self.settle(lambda: self.judge.documents >= wanted)

    def settle(self, is_settled: Callable[[], bool]) -> None:
        def look() -> bool:
            self.workload.check()
            self.judge.look()
            self.excuse()
            return bool(self.judge.wrong) or is_settled()

        eventually(look, 'all that was posted has come to its end', SETTLES_WITHIN_S, seen=self.waiting)
        if self.judge.wrong:
            raise AssertionError('\n'.join(map(str, self.judge.wrong)))

    def excuse(self) -> None:
        """There is one edge: while that is away nobody answers a portal. It is counted; what becomes of the checks is judged as ever."""
        if not self.edge_is_away:
            return
        nobodys = [each for each in self.judge.wrong if each.what == 'wrong answer' and "'status': None" in each.text]
        self.unanswered += len(nobodys)
        for each in nobodys:
            self.judge.wrong.remove(each)

    def waiting(self) -> list[str]:
        return [f'{check} {check.state}' for check in self.judge.open_checks()]

    # --- down and up ---

    def down_and_up(self, shops: list[Shop]) -> list[Wrong]:
        known = self.receipts()
        assert known, 'kassactl lists no receipt'
        self.timed('down', self.stack.down)
        self.timed('up again', lambda: self.stack.up(2))
        eventually(lambda: self.receipts() == known, 'every receipt is known as before')
        for shop in shops:
            for till in shop.tills:
                eventually(lambda: self.stack.register_is_up(till.id), f'{till.id} is up')
        began = time.monotonic()
        for shop in shops:
            shop.accepted(client_email=f'again@{shop.name}.example').reaches('done')
        self.note('a check of each shop, printed', time.monotonic() - began)
        self.settle(lambda: not self.judge.open_checks())
        return self.judge.finish()

    def receipts(self) -> dict[str, str]:
        """The newest, with their states."""
        return {row['id']: row['state'] for row in self.stack.kassactl_json('receipts', 'list') or []}

    def table(self) -> str:
        width = max((len(what) for what, _, _ in self.rows), default=4)
        lines = [f'{"WHAT":{width}}  SECONDS  CHECKS']
        lines += [f'{what:{width}}  {seconds:7.1f}  {checks or "":>6}' for what, seconds, checks in self.rows]
        return '\n'.join(lines)

    def figures(self) -> str:
        checks = self.judge.checks.values()
        return (
            f'{len(checks)} checks, {self.judge.documents} documents, {self.judge.answers} answers to portals, '
            f'{self.unanswered} without one while the edge was away; {len(self.workload.clerk.answers)} answers of a person'
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('size', choices=('small', 'full'))
    parser.add_argument('--seed', default=os.environ.get('KASSAFLOW_TEST_SEED') or str(int(time.time())))
    parser.add_argument('--keep', action='store_true', help='leave it running')
    options = parser.parse_args()
    print(f'{options.size}, seed {options.seed}', flush=True)
    with tempfile.TemporaryDirectory() as folder:
        stack = Composed(options.size, pathlib.Path(folder))
        run, failure, wrong = Run(stack, options.seed), '', []
        try:
            wrong = run.run()
        except (NeverHappened, AssertionError) as failed:
            failure = f'{failed}' + (f': {failed.__cause__!r}' if failed.__cause__ else '')
        print(f'\n{run.table()}')
        if hasattr(run, 'judge'):
            print(run.figures())
        if wrong or failure:
            kept = ROOT / 'build' / 'containers'
            stack.keep_logs(kept)
            print('\n'.join([*map(str, wrong), failure, f'logs are in {kept}; {PROJECT} still runs']))
            return 1
        print('0 lost, 0 double, 0 wrong DONE, 0 wrong ERROR, 0 wrong answers')
        if not options.keep:
            stack.down('-v')
    return 0


if __name__ == '__main__':
    sys.exit(main())
