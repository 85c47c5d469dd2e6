#!/usr/bin/python3
"""What the misfortune of one tenant costs the others.

A shop with few checks (the quiet one) and a tenant with twenty busy pools (the neighbours) sell at a steady rate on
registers that answer at once: alone, and beside a tenant that has 100 times the quiet one's load on one register, one
whose registers take the bytes and never answer, one whose registers' names nobody knows, and one whose portal never
answers a push. Of the neighbours counts what was DONE in the time, of the quiet shop how long the slowest of a hundred
checks took from being accepted to DONE. Limits are off: they would keep the flood away.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'functional'))

from harness.waiting import eventually

from support.instant import InstantRegisters
from support.load import Poster
from support.report import arguments, middle, table, write
from support.silent import Silent
from support.stack import BenchStack, Shop

GOAL_THROUGHPUT, GOAL_WAIT = 0.95, 2.0
QUIET_PER_S, NEIGHBOURS_PER_S, NEIGHBOURS_POOLS = 4, 40, 20
CONNECTIONS = 4
DONE_WITHIN_S = 120.0
Row = dict[str, Any]


class Load:
    """A tenant that sells at a steady rate, spread over its pools."""

    def __init__(self, stack: BenchStack, shop: Shop, pools: int, per_second: float) -> None:
        self.stack, self.shop, self.per_second = stack, shop, per_second
        self.poster = Poster(shop.token, pools)

    def sell(self, seconds: float) -> None:
        posted = self.poster.run(
            self.stack.print_url('INGRESS', self.shop), CONNECTIONS, seconds, CONNECTIONS * 1000 / self.per_second
        )
        if posted.failures:
            raise AssertionError(f'{posted.failures} posts of {self.shop.tenant} failed')


class Fairness:
    def __init__(self, stack: BenchStack, options: argparse.Namespace, instant: str, silent: str) -> None:
        self.stack, self.options, self.first_register = stack, options, 1
        self.quiet = self._tenant('quiet', 1, 2, instant, QUIET_PER_S)
        self.neighbours = self._tenant('neighbours', NEIGHBOURS_POOLS, 1, instant, NEIGHBOURS_PER_S)
        self.misfortunes = {
            '100 times the load on one register': self._tenant('crowd', 1, 1, instant, 100 * QUIET_PER_S),
            'registers that never answer, a fifth of all': self._tenant('hung', 6, 1, silent, NEIGHBOURS_PER_S),
            '200 registers with names nobody knows': self._tenant('nameless', 200, 1, 'http://no-such-host.invalid:80', NEIGHBOURS_PER_S),
            'a portal that never answers': self._tenant('deaf', 1, 1, instant, NEIGHBOURS_PER_S, portal=silent),
        }
        self.rows: list[Row] = []

    def _tenant(self, name: str, pools: int, registers: int, endpoint: str, per_second: float, portal: str = '') -> Load:
        shop = Shop(name, self.first_register)
        self.first_register += pools * registers
        documents = self.stack.pools(pools, registers, endpoint, shop)
        for one in documents:
            if portal and one['kind'] == 'Installation':
                one['portal'] = {'webhook': f'{portal}/rest/1/{name}/'}
        self.stack.apply(documents)
        return Load(self.stack, shop, pools, per_second)

    def round(self, number: int) -> None:
        for name, misfortune in self.misfortunes.items():
            alone = self._measure(None)
            beside = self._measure(misfortune)
            self.rows.append(
                {
                    'round': number,
                    'misfortune': name,
                    'throughput': beside['done'] / alone['done'],
                    'wait': beside['p99_ms'] / alone['p99_ms'],
                    'alone': alone,
                    'beside': beside,
                }
            )
            print(f'  {name}: {alone} alone, {beside} beside', flush=True)

    def _measure(self, misfortune: Load | None) -> Row:
        seconds = self.options.seconds
        with ThreadPoolExecutor(3) as pool:
            [[since]] = self.stack.sql('select now()')
            loads = [self.quiet, self.neighbours, *([misfortune] if misfortune else [])]
            for running in [pool.submit(load.sell, seconds) for load in loads]:
                running.result()
        of = f"from fiscalizer.receipts where accepted_at >= '{since}' and tenant ="
        left = f"select count(*) {of} 'quiet' and state <> 'done'"
        eventually(lambda: self.stack.sql(left) == [['0']], 'the quiet shop has sold all', DONE_WITHIN_S)
        waits = 'extract(epoch from finished_at - accepted_at) * 1000'
        [[p99]] = self.stack.sql(f"select percentile_cont(0.99) within group (order by {waits}) {of} 'quiet'")
        [[done]] = self.stack.sql(f"select count(*) {of} 'neighbours' and finished_at < '{since}'::timestamptz + interval '{seconds} s'")
        return {'p99_ms': round(float(p99), 1), 'done': int(done)}


def show(rows: list[Row]) -> None:
    lines = []
    for name in dict.fromkeys(row['misfortune'] for row in rows):
        mine = [row for row in rows if row['misfortune'] == name]
        lines.append((name, f'{middle(mine, "throughput"):.2f}', f'{middle(mine, "wait"):.2f}'))
    print(table(('beside', 'neighbours: DONE', "quiet shop's p99: times"), lines))
    print(f'goals: at least {GOAL_THROUGHPUT:g}, at most {GOAL_WAIT:g}')


def main() -> None:
    asked = arguments(__doc__, rounds=3)
    asked.add_argument('--seconds', type=int, default=30, help='of one measurement')
    options = asked.parse_args()
    load_before = os.getloadavg()[0]

    build = options.bin_dir.resolve()
    with ExitStack() as parts:
        stack = parts.enter_context(BenchStack(build))
        instant, silent = parts.enter_context(InstantRegisters(build)), parts.enter_context(Silent())
        fairness = Fairness(stack, options, instant.url, silent.url)
        fairness.quiet.sell(2)  # the first wait for the registers
        for number in range(1, options.rounds + 1):
            print(f'round {number} of {options.rounds}', flush=True)
            fairness.round(number)
    results: Row = {
        'benchmark': 'fairness',
        'what': __doc__,
        'load_before': load_before,
        'settings': vars(options),
        'rounds': fairness.rows,
    }
    write(options.results, results)
    show(fairness.rows)


if __name__ == '__main__':
    main()
