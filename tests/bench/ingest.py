#!/usr/bin/python3
"""How fast ingress makes posts durable, beside what this machine can at most (design.md 4.8).

One run, interleaved: raw HTTP answers, a bare closed-loop producer, ingress directly, ingress through the edge; then
ingress and the bare producer at half of that load. Everything shares the cores, so bound = 1 / (1/raw + 1/bare), of
each round by itself: a machine that is busy in one round is so for all its figures. The same by processor time, of
everybody who works for a post, is told beside it: it suffers less from a busy machine. What is told is the median.
Ingress, registry, Kafka and PostgreSQL run as in production; status answers the question of ingress but reads no
Kafka, the fiscalizer is stopped. The last figure is taken with both at work.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import resource
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'functional'))

from support.instant import InstantRegisters
from support.load import Figures, Poster, produce
from support.raw_http import RawHttp
from support.report import arguments, middle, table, write
from support.stack import TENANT, BenchStack, compiler_cpu_s, cpu_s

POOLS = 64
BARE_TOPIC = 'bench.bare'
GOAL_RATIO, GOAL_P99_US = 0.75, 2000
WARM_SHARE, WARM_LIMIT = 0.05, 8  # of a core, for the compilers of the broker's JVM; times all loads
KINDS = {
    'raw': 'raw HTTP answers',
    'bare': 'bare producer',
    'ingress': 'ingress',
    'edge': 'ingress through the edge',
    'bare_half': 'bare producer, half load',
    'ingress_half': 'ingress, half load',
    'all_up': 'ingress, all services at work',
}
# Whose processor time is told; `load` is wrk or the bare producer.
SERVING = ('ingress', 'kafka', 'status', 'postgres')
WORKERS = {'raw': ('nginx',), 'bare': ('kafka',), 'ingress': SERVING, 'edge': ('edge', *SERVING)}
Row = dict[str, Any]


class Ingest:
    def __init__(self, stack: BenchStack, raw: RawHttp, options: argparse.Namespace) -> None:
        self.stack, self.raw, self.options = stack, raw, options
        self.poster = Poster(stack.token, POOLS)
        self.rows: list[Row] = []
        self.number = 0  # of the round; what runs after them is compared with the last
        self.uuids = 0  # that ingress answered

    def measure(self, kind: str, connections: int, load: Callable[[float], Figures]) -> Row:
        """The warm-up is a run of its own, so that its answers do not count."""
        load(self.options.warm_up)
        before = self._cpu(kind)
        figures = load(self.options.seconds)
        row: Row = {'round': self.number, 'kind': kind, 'connections': connections, **figures.json()}
        used = {name: now - before[name] for name, now in self._cpu(kind).items()}
        row['cpu_us'] = {name: round(seconds / figures.requests * 1e6, 1) for name, seconds in used.items()}
        self.rows.append(row)
        print(f'  {KINDS[kind]}, {connections}: {row["per_second"]:.0f}/s', flush=True)
        return row

    def warm_broker(self) -> None:
        """Until its JVM has compiled what runs often: else its compilers work beside the first rounds."""
        broker, share = self.stack.pid('kafka'), 1.0
        for _ in range(WARM_LIMIT):
            before, started = compiler_cpu_s(broker), time.monotonic()
            for connections in self.options.connections:
                self._produce(connections, self.options.warm_broker)
                self._post('INGRESS', connections, self.options.warm_broker)
            share = (compiler_cpu_s(broker) - before) / (time.monotonic() - started)
            if share < WARM_SHARE:
                break
        print(f"the broker's compilers use {share:.0%} of a core", flush=True)

    def round(self, number: int, connections: int) -> None:
        self.number = number
        self.measure('raw', connections, lambda seconds: self.poster.run(self.raw.url, connections, seconds))
        self.measure('bare', connections, lambda seconds: self._produce(connections, seconds))
        ingress = self.measure('ingress', connections, lambda seconds: self._post('INGRESS', connections, seconds))
        self.measure('edge', connections, lambda seconds: self._post('EDGE', connections, seconds))
        pause_ms = self._rest_that_gives(ingress['per_second'] / 2, connections, ingress['p50_us'])
        half = self.measure(
            'ingress_half', connections, lambda seconds: self._post('INGRESS', connections, seconds, pause_ms)
        )
        rate = half['per_second']
        self.measure('bare_half', connections, lambda seconds: self._produce(connections, seconds, rate=rate))

    def all_up(self, connections: int) -> None:
        self.measure('all_up', connections, lambda seconds: self._post('INGRESS', connections, seconds))

    def _rest_that_gives(self, rate: float, connections: int, answer_us: float) -> float:
        """Milliseconds of rest between two posts of a connection: a guess, corrected by what it gave."""
        guess_ms = 1e3 * connections / rate - answer_us / 2e3
        trial = self._post('INGRESS', connections, self.options.warm_up, guess_ms)
        return max(1.0, guess_ms + 1e3 * connections * (1 / rate - 1 / trial.per_second))

    def _post(self, through: str, connections: int, seconds: float, pause_ms: float = 0.0) -> Figures:
        figures = self.poster.run(self.stack.print_url(through), connections, seconds, pause_ms)
        self.uuids += figures.requests
        return figures

    def _produce(self, in_flight: int, seconds: float, **more: float) -> Figures:
        binary = self.stack.build / 'bench' / 'produce_bare'
        settings = {'in_flight': in_flight, 'seconds': seconds, 'warm_up': 0.5, 'keys': POOLS, **more}
        return produce(binary, self.stack.env['KAFKA_CONFIG'], BARE_TOPIC, key_prefix=f'{TENANT}-', **settings)

    def _cpu(self, kind: str) -> dict[str, float]:
        if kind not in WORKERS:
            return {}
        load = resource.getrusage(resource.RUSAGE_CHILDREN)
        pids = {name: self.raw.process.pid if name == 'nginx' else self.stack.pid(name) for name in WORKERS[kind]}
        return {'load': load.ru_utime + load.ru_stime} | {name: cpu_s(pid) for name, pid in pids.items()}


def cpu_us(row: Row) -> float:
    return sum(row['cpu_us'].values())


def summarize(rows: list[Row]) -> list[Row]:
    """Medians by kind and connections, with each bound."""
    summary: list[Row] = []
    for connections in dict.fromkeys(row['connections'] for row in rows):
        mine: dict[str, dict[int, Row]] = {kind: {} for kind in KINDS}
        for row in rows:
            if row['connections'] == connections:
                mine[row['kind']][row['round']] = row
        bounds, bounds_cpu_us = {}, {}
        for at, raw in mine['raw'].items():
            bare = mine['bare'][at]
            bounds[at] = 1 / (1 / raw['per_second'] + 1 / bare['per_second'])
            bounds_cpu_us[at] = cpu_us(raw) + cpu_us(bare)
        for kind, runs in mine.items():
            if not runs:
                continue
            these = list(runs.values())
            row = {'kind': kind, 'connections': connections, 'runs': len(runs), 'bound': round(median(bounds.values()))}
            row |= {figure: middle(these, figure) for figure in ('per_second', 'p50_us', 'p99_us')}
            row['cpu_us'] = {name: middle([run['cpu_us'] for run in these], name) for name in these[0]['cpu_us']}
            row['of_bounds'] = [round(run['per_second'] / bounds[at], 2) for at, run in runs.items()]
            row['of_bound'] = round(median(row['of_bounds']), 2)
            if row['cpu_us']:
                row['of_bound_by_cpu'] = round(median(bounds_cpu_us[at] / cpu_us(run) for at, run in runs.items()), 2)
            summary.append(row)
    return summary


def show(summary: list[Row]) -> None:
    rows = [
        (
            KINDS[row['kind']],
            f'{row["connections"]}',
            f'{row["per_second"]:.0f}',
            f'{row["of_bound"]:.2f}',
            f'{row["p50_us"] / 1000:.2f}',
            f'{row["p99_us"] / 1000:.2f}',
            f'{row["of_bound_by_cpu"]:.2f}' if row['cpu_us'] else '',
            ' '.join(f'{name} {used:.0f}' for name, used in row['cpu_us'].items()),
        )
        for row in summary
    ]
    header = ('', 'connections', 'per second', 'of bound', 'p50 ms', 'p99 ms', 'of bound by cpu', 'cpu µs a post')
    print(table(header, rows))
    for connections in dict.fromkeys(row['connections'] for row in summary):
        mine = {row['kind']: row for row in summary if row['connections'] == connections}
        above_us = mine['ingress_half']['p99_us'] - mine['bare_half']['p99_us']
        print(
            f'{connections} connections: bound {mine["ingress"]["bound"]}/s, ingress reaches '
            f'{mine["ingress"]["of_bound"]:.2f} of it (goal {GOAL_RATIO}; rounds: '
            f'{" ".join(f"{ratio:.2f}" for ratio in mine["ingress"]["of_bounds"])}); at half load its p99 is '
            f'{above_us / 1000:.1f} ms above a bare produce (goal {GOAL_P99_US / 1000:.1f})'
        )


def main() -> None:
    asked = arguments(__doc__, rounds=5)
    asked.add_argument('--seconds', type=float, default=5, help='of one measurement')
    asked.add_argument('--warm-up', type=float, default=1, help='before each')
    asked.add_argument('--warm-broker', type=float, default=4, help='seconds of each load, over and over, until the broker is warm')
    asked.add_argument('--connections', type=int, nargs='+', default=[64, 256])
    options = asked.parse_args()
    load_before = os.getloadavg()[0]

    build = options.bin_dir.resolve()
    with BenchStack(build) as stack, RawHttp() as raw, InstantRegisters(build) as registers:
        stack.apply_pools(POOLS, 2, registers.url)
        stack.stop('fiscalizer')
        stack.mute_status()
        stack.make_topic(BARE_TOPIC)
        ingest = Ingest(stack, raw, options)
        ingest.warm_broker()
        for number in range(1, options.rounds + 1):
            print(f'round {number} of {options.rounds}', flush=True)
            for connections in options.connections:
                ingest.round(number, connections)
        stack.all_up()
        for connections in options.connections:
            ingest.all_up(connections)
        records = stack.records()

    summary = summarize(ingest.rows)
    failures = sum(row['failures'] for row in ingest.rows)
    results: Row = {
        'benchmark': 'ingest',
        'what': __doc__,
        'load_before': load_before,
        'settings': {'body_bytes': ingest.poster.body_bytes, 'pools': POOLS, **vars(options)},
        'summary': summary,
        'rounds': ingest.rows,
        'failures': failures,
        'uuids': ingest.uuids,
        'records': records,
    }
    write(options.results, results)
    show(summary)
    if failures:
        sys.exit(f'{failures} posts or records failed')
    if records < ingest.uuids:
        sys.exit(f'{ingest.uuids} posts were answered with a UUID, but Kafka has {records} records')


if __name__ == '__main__':
    main()
