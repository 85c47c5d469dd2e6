#!/usr/bin/python3
"""How fast a fiscalizer takes receipts in and prints them on registers that answer at once.

Each round posts receipts while the fiscalizer is stopped. Intake: it starts without registers, records a second from
Kafka into the journal. Printing: the registers appear, receipts a second from the first done to the last. Beside it,
in the same run, what the same PostgreSQL makes of the bare writes of a receipt (support/bare_journal.py). Status is
stopped; outcomes are published as always.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import sys
import time
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'functional'))

from harness.waiting import eventually

from support import bare_journal
from support.instant import InstantRegisters
from support.load import Poster
from support.report import arguments, middle, table, write
from support.stack import BenchStack, cpu_s

INTAKE_WITHIN_S = 300
STANDSTILL_S = 60.0
CONNECTIONS = 64
FIRST_DOCUMENTS = 10**6  # apart between rounds: a register never gives a number twice
FIGURES = {
    'intake': 'intake, records',
    'print': 'printing',
    'print_middle': 'printing, middle 80 %',
    'alone': 'bare writes, one receipt at a time',
    'batched': f'bare writes, {bare_journal.BATCH} receipts at a time',
}
# Waits in the database: a look from outside, twenty times a second, would cost more than the intake.
AWAIT_INTAKE = '''
do $$ begin
  while (select coalesce(sum(next_offset), 0) from fiscalizer.offsets where topic = 'kassaflow.receipts') < {wanted} loop
    if clock_timestamp() > now() + interval '{within_s} s' then raise 'not all is taken in'; end if;
    perform pg_sleep(0.1);
  end loop;
end $$;
'''
Row = dict[str, Any]


class Fiscalizer:
    def __init__(self, stack: BenchStack, port: int, options: argparse.Namespace) -> None:
        self.stack, self.port, self.options = stack, port, options
        self.poster = Poster(stack.token, options.pools)
        self.rows: list[Row] = []

    def round(self) -> Row:
        stack = self.stack
        row: Row = {}
        for way in bare_journal.CLIENTS:
            row[way] = bare_journal.measure(stack, way, self.options.seconds)
        already = stack.records()
        self._post(already + self.options.receipts)
        row['receipts'] = stack.records() - already
        row['intake'] = self._intake(row['receipts'])
        row |= self._print(row['receipts'])
        stack.stop('fiscalizer')
        self.rows.append(row)
        return row

    def _post(self, wanted: int) -> None:
        """Until Kafka has so many records, or a few more: posts on their way when wrk stops are accepted as well."""
        while (missing := wanted - self.stack.records()) > 0:
            posted = self.poster.run(self.stack.print_url('INGRESS'), CONNECTIONS, seconds=1, limit=missing)
            if posted.failures:
                raise AssertionError(f'{posted.failures} posts failed')

    def _intake(self, receipts: int) -> float:
        """By the journal's own clock: when the first and the last receipt of this round were stored."""
        self.stack.start('fiscalizer')
        self.stack.sql(AWAIT_INTAKE.format(wanted=self.stack.records(), within_s=INTAKE_WITHIN_S))
        [[count, seconds]] = self.stack.sql(
            'with late as (select taken_in_at from fiscalizer.posts order by taken_in_at desc '
            f'limit {receipts}) '
            'select count(*), extract(epoch from max(taken_in_at) - min(taken_in_at)) from late'
        )
        return int(count) / float(seconds)

    def _print(self, receipts: int) -> Row:
        self.stack.await_ready('fiscalizer')
        used_s, (commits, deadlocks) = cpu_s(self.stack.pid('fiscalizer')), self._transactions()
        with InstantRegisters(self.stack.build, self.port, 1 + len(self.rows) * FIRST_DOCUMENTS) as registers:
            self._await_printed(registers, receipts)
            eventually(lambda: self._states() == {'done'}, 'all receipts are done', STANDSTILL_S, seen=self._states)
            if registers.printed() != receipts:
                raise AssertionError(f'{receipts} receipts, but the registers printed {registers.printed()}')
        [[whole, middle_part]] = self.stack.sql(
            'with late as (select changed_at from fiscalizer.receipts order by changed_at desc '
            f'limit {receipts}), span as (select min(changed_at) a, max(changed_at) z, '
            'percentile_disc(0.1) within group (order by changed_at) b, '
            'percentile_disc(0.9) within group (order by changed_at) y from late) '
            'select extract(epoch from z - a), extract(epoch from y - b) from span'
        )
        commits_after, deadlocks_after = self._transactions()
        return {
            'print': receipts / float(whole),
            'print_middle': 0.8 * receipts / float(middle_part),
            'cpu_us': (cpu_s(self.stack.pid('fiscalizer')) - used_s) / receipts * 1e6,
            'commits_per_receipt': (commits_after - commits) / receipts,
            'deadlocks': deadlocks_after - deadlocks,
        }

    def _await_printed(self, registers: InstantRegisters, receipts: int) -> None:
        """However long it takes, as long as it goes on."""
        seen, since = -1, time.monotonic()

        def all_printed() -> bool:
            nonlocal seen, since
            if (printed := registers.printed()) != seen:
                seen, since = printed, time.monotonic()
            if time.monotonic() - since > STANDSTILL_S:
                raise AssertionError(f'{printed} of {receipts} were printed, then none for {STANDSTILL_S:g} s')
            return printed >= receipts

        eventually(all_printed, 'all receipts are printed', float('inf'))

    def _states(self) -> set[str]:
        return {state for [state] in self.stack.sql('select distinct state from fiscalizer.receipts')}

    def _transactions(self) -> tuple[int, int]:
        """Committed, and ended by a deadlock."""
        told = self.stack.sql('select xact_commit, deadlocks from pg_stat_database where datname = current_database()')
        return int(told[0][0]), int(told[0][1])


def show(summary: Row) -> None:
    ratios = {way: f'{summary["print"] / summary[way]:.2f}' for way in bare_journal.CLIENTS}
    rows = [(FIGURES[name], f'{summary[name]:.0f}', ratios.get(name, '')) for name in FIGURES]
    print(table(('', 'per second', 'printing : it'), rows))
    print(
        f'the fiscalizer used {summary["cpu_us"]:.0f} µs of a core and '
        f'{summary["commits_per_receipt"]:.2f} transactions a receipt; {summary["deadlocks"]:.0f} deadlocks a round'
    )


def main() -> None:
    asked = arguments(__doc__, rounds=3)
    asked.add_argument('--receipts', type=int, default=20000, help='of one round')
    asked.add_argument('--pools', type=int, default=64)
    asked.add_argument('--registers-per-pool', type=int, default=2)
    asked.add_argument('--seconds', type=int, default=5, help='of one run of pgbench')
    options = asked.parse_args()
    load_before = os.getloadavg()[0]

    with BenchStack(options.bin_dir.resolve()) as stack:
        port = stack.free_port()
        stack.apply_pools(options.pools, options.registers_per_pool, f'http://127.0.0.1:{port}')
        stack.stop('fiscalizer')
        stack.stop('status')
        bare_journal.prepare(stack)
        bench = Fiscalizer(stack, port, options)
        for number in range(options.rounds):
            row = bench.round()
            figures = ', '.join(f'{FIGURES[name]} {row[name]:.0f}/s' for name in FIGURES)
            print(f'round {number + 1} of {options.rounds}: {figures}', flush=True)

    names = [*FIGURES, 'cpu_us', 'commits_per_receipt', 'deadlocks']
    summary = {name: round(middle(bench.rows, name), 2) for name in names}
    results: Row = {
        'benchmark': 'fiscalizer',
        'what': __doc__,
        'load_before': load_before,
        'settings': vars(options),
        'summary': summary,
        'rounds': bench.rows,
    }
    write(options.results, results)
    show(summary)


if __name__ == '__main__':
    main()
