#!/usr/bin/python3
"""What registers cost that do nothing, and how fast a receipt is printed beside them.

For each number of registers (BIT drivers that answer at once, ten to a tenant): how long the configuration takes to be
applied and the registers to be up; processor time, transactions, connections and memory of an idle minute; from a
shop's post to DONE at a steady 20 receipts a second over 200 pools; one changed document; a second fiscalizer joining.
Then idle and printing once more with a journal full of history.
"""

from __future__ import annotations

import os
import pathlib
import sys
import time
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'functional'))

from harness.waiting import eventually

from support.instant import InstantRegisters
from support.load import Poster
from support.report import arguments, table, write
from support.stack import BenchStack, Shop, cpu_s

PROCESSES = ('fiscalizer', 'status', 'ingress', 'registry', 'postgres')
BUSY_POOLS = 200
POOLS_OF_A_TENANT = 10
PER_SECOND = 20
CONNECTIONS = 4
AT_ONCE = 10_000  # documents: more kassactl does not take
WITHIN_S = 900.0
SHARDS = 1024
HISTORY = pathlib.Path(__file__).with_name('support') / 'history.sql'
Row = dict[str, Any]


class Scale:
    def __init__(self, stack: BenchStack, url: str, idle_s: int, receipts: int) -> None:
        self.stack, self.url, self.idle_s, self.receipts = stack, url, idle_s, receipts
        self.busy = Shop('busy')
        self.poster = Poster(self.busy.token, BUSY_POOLS)

    def measure(self, registers: int, history: int) -> list[Row]:
        row: Row = {'registers': registers, 'history': 0}
        row |= self._configure(registers)
        row |= self._idle() | self._print()
        row['apply_one_s'] = self._apply_one()
        row |= self._second_fiscalizer()
        if not history:
            return [row]
        self.stack.sql(HISTORY.read_text().replace(':receipts', str(history)))
        return [row, {'registers': registers, 'history': history} | self._idle() | self._print()]

    def _configure(self, registers: int) -> Row:
        began = time.monotonic()
        documents = self.stack.pools(BUSY_POOLS, 1, self.url, self.busy)
        for number in range((registers - BUSY_POOLS) // POOLS_OF_A_TENANT):
            shop = Shop(f'idle{number:04d}', 1 + BUSY_POOLS + number * POOLS_OF_A_TENANT)
            of_shop = self.stack.pools(POOLS_OF_A_TENANT, 1, self.url, shop)
            if len(documents) + len(of_shop) > AT_ONCE:
                self.stack.apply(documents)
                documents = []
            documents += of_shop
        self.stack.apply(documents)
        applied = time.monotonic()
        eventually(lambda: self._up() >= registers, 'all registers are up', WITHIN_S, seen=self._up)
        return {'apply_s': applied - began, 'up_s': time.monotonic() - applied}

    def _up(self) -> int:
        log = self.stack.state_dir / 'log' / 'fiscalizer.log'
        return log.read_bytes().count(b'"event":"register.up"')

    def _idle(self) -> Row:
        """After a while in which the pauses between probes have grown."""
        time.sleep(self.idle_s)
        before = self._used()
        time.sleep(self.idle_s)
        after = self._used()
        per_second = {f'{name}_per_s': (after[name] - before[name]) / self.idle_s for name in before}
        return per_second | {f'{name}_mib': self._resident_mib(name) for name in PROCESSES if name != 'postgres'}

    def _used(self) -> dict[str, float]:
        [[commits]] = self.stack.sql('select xact_commit from pg_stat_database where datname = current_database()')
        opened = [line.split() for line in pathlib.Path('/proc/net/snmp').read_text().splitlines() if 'Tcp:' in line]
        connections = int(opened[1][opened[0].index('ActiveOpens')])
        used = {f'{name}_cpu': cpu_s(self.stack.pid(name)) for name in PROCESSES}
        return used | {'transactions': float(commits), 'connections': float(connections)}

    def _resident_mib(self, name: str) -> float:
        status = pathlib.Path(f'/proc/{self.stack.pid(name)}/status').read_text()
        [line] = [line for line in status.splitlines() if line.startswith('VmRSS')]
        return int(line.split()[1]) / 1024

    def _print(self) -> Row:
        [[since]] = self.stack.sql('select now()')
        pause_ms = CONNECTIONS * 1000 / PER_SECOND
        seconds = self.receipts / PER_SECOND
        posted = self.poster.run(
            self.stack.print_url('INGRESS', self.busy), CONNECTIONS, seconds, pause_ms, limit=self.receipts
        )
        if posted.failures:
            raise AssertionError(f'{posted.failures} posts failed')
        ended = f"from fiscalizer.receipts where accepted_at > '{since}' and state = 'done'"
        eventually(
            lambda: int(self.stack.sql(f'select count(*) {ended}')[0][0]) >= posted.requests, 'all are done', WITHIN_S
        )
        waits = 'extract(epoch from finished_at - accepted_at) * 1000'
        [[p50, p99]] = self.stack.sql(
            f'select percentile_cont(0.5) within group (order by {waits}), '
            f'percentile_cont(0.99) within group (order by {waits}) {ended}'
        )
        return {'p50_ms': float(p50), 'p99_ms': float(p99)}

    def _apply_one(self) -> float:
        began = time.monotonic()
        self.stack.apply([{'kind': 'Tenant', 'id': 'busy', 'name': f'ООО «Замер {time.time():.0f}»'}])
        return time.monotonic() - began

    def _second_fiscalizer(self) -> Row:
        """Until each has its half, and holds it for a lease; then it goes again."""
        began = time.monotonic()
        self.stack.up(fiscalizers=2)
        eventually(lambda: self._held() == [SHARDS / 2] * 2, 'each holds its half', WITHIN_S, seen=self._held)
        settled = time.monotonic() - began
        taken = self._taken()
        time.sleep(self.idle_s)
        robbed = self._taken() - taken
        began = time.monotonic()
        self.stack.stop('fiscalizer-2')
        stopped = time.monotonic() - began
        eventually(lambda: self._held()[:1] == [SHARDS], 'the first holds all again', WITHIN_S, seen=self._held)
        return {'second_s': settled, 'taken_over_later': robbed, 'stop_s': stopped}

    def _of_each(self, series: str) -> list[float]:
        return [self.stack.figure(name, series) for name in ('fiscalizer', 'fiscalizer-2') if self.stack.runs(name)]

    def _held(self) -> list[float]:
        return self._of_each('kassaflow_leases_held')

    def _taken(self) -> float:
        ways = ('released', 'expired')
        return sum(sum(self._of_each(f'kassaflow_lease_takeovers_total{{how="{how}"}}')) for how in ways)


FIGURES = {
    'registers': 'registers',
    'history': 'receipts in the journal',
    'apply_s': 'apply of all, s',
    'up_s': 'until all are up, s',
    'fiscalizer_cpu_per_s': 'idle: fiscalizer, cores',
    'status_cpu_per_s': 'idle: status, cores',
    'ingress_cpu_per_s': 'idle: ingress, cores',
    'registry_cpu_per_s': 'idle: registry, cores',
    'postgres_cpu_per_s': 'idle: PostgreSQL, cores',
    'transactions_per_s': 'idle: transactions a second',
    'connections_per_s': 'idle: new connections a second',
    'fiscalizer_mib': 'fiscalizer, MiB',
    'status_mib': 'status, MiB',
    'ingress_mib': 'ingress, MiB',
    'registry_mib': 'registry, MiB',
    'p50_ms': 'accepted → DONE p50, ms',
    'p99_ms': 'accepted → DONE p99, ms',
    'apply_one_s': 'apply of one change, s',
    'second_s': 'second fiscalizer has its half, s',
    'taken_over_later': 'shards taken over after that',
    'stop_s': 'its stop, s',
}


def show(rows: list[Row]) -> None:
    def text(row: Row, name: str) -> str:
        if name not in row:
            return ''
        return f'{row[name]:,.0f}' if row[name] >= 100 else f'{row[name]:.3g}'

    names, registers = list(FIGURES)[1:], 'registers'
    header = (FIGURES[registers], *(text(row, registers) for row in rows))
    print(table(header, [(FIGURES[name], *(text(row, name) for row in rows)) for name in names]))


def main() -> None:
    asked = arguments(__doc__, rounds=1)
    asked.add_argument('--registers', type=int, nargs='+', default=[1000, 10000, 50000])
    asked.add_argument('--history', type=int, default=1_000_000, help='receipts put into the journal; 0: none')
    asked.add_argument('--receipts', type=int, default=2000, help='printed in one go')
    asked.add_argument('--idle-s', type=int, default=60)
    options = asked.parse_args()
    load_before = os.getloadavg()[0]

    rows: list[Row] = []
    for registers in options.registers:
        with (
            BenchStack(options.bin_dir.resolve(), register_health='10s') as stack,
            InstantRegisters(stack.build) as instant,
        ):
            found = Scale(stack, instant.url, options.idle_s, options.receipts).measure(registers, options.history)
            rows += found
            show(found)
    results: Row = {
        'benchmark': 'scale',
        'what': __doc__,
        'load_before': load_before,
        'settings': vars(options),
        'rounds': rows,
    }
    write(options.results, results)
    show(rows)


if __name__ == '__main__':
    main()
