#!/usr/bin/python3
"""What TLS costs, beside the same without it.

Services speak by TLS only, so what they speak to is asked both ways: an nginx that answers posts (the edge in production,
and the look-ups between services), the broker by the bare producer, PostgreSQL by pgbench. Broker and PostgreSQL are those
of the stack; the broker gets a second door that is plain. Connections are kept, as the services keep theirs; the last
line opens a new one for each request. Rounds are interleaved; told are medians, and processor time of both sides a request.
"""

from __future__ import annotations

import os
import pathlib
import re
import resource
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'functional'))

from harness.waiting import eventually

from support import bare_journal
from support.load import Poster, produce
from support.raw_http import RawHttp, listens
from support.report import arguments, middle, table, write
from support.stack import BenchStack, cpu_with_ended_s

TOPIC = 'bench.tls'
CONNECTIONS = 64
Row = dict[str, Any]


@dataclass
class Way:
    """One thing that is asked both ways. `run`: the door and seconds; how many requests a second."""

    what: str
    pid: int
    doors: dict[str, str]
    run: Callable[[str, float], float]


def plain_broker(stack: BenchStack) -> dict[str, str]:
    """The properties of clients for either door."""
    stack.remember('kafka')
    stack.kill('kafka')
    port = stack.free_port()
    file = stack.state_dir / 'run' / 'server.properties'
    text = file.read_text()
    for key, more in {
        'listeners': f',PLAIN://127.0.0.1:{port}',
        'advertised.listeners': f',PLAIN://127.0.0.1:{port}',
        'listener.security.protocol.map': ',PLAIN:PLAINTEXT',
        'super.users': ';User:ANONYMOUS',
    }.items():
        text, found = re.subn(rf'(?m)^({re.escape(key)}=.*)$', rf'\1{more}', text)
        assert found, key
    file.write_text(text)
    stack.start_again('kafka')
    eventually(lambda: listens(port), 'the broker listens')
    plain = stack.state_dir / 'run' / 'plain.properties'
    plain.write_text(f'bootstrap.servers=127.0.0.1:{port}\n')
    eventually(lambda: TOPIC in topics(stack), 'the topic is there')
    return {'tls': stack.env['KAFKA_CONFIG'], 'plain': str(plain)}


def topics(stack: BenchStack) -> set[str]:
    try:
        stack.make_topic(TOPIC)
    except Exception as error:  # it starts, or has it already
        return {TOPIC} if 'ALREADY_EXISTS' in str(error) else set()
    return {TOPIC}


def ways(stack: BenchStack, raw: RawHttp) -> list[Way]:
    poster = Poster(stack.token, 1)
    binary = stack.build / 'bench' / 'produce_bare'
    broker = plain_broker(stack)
    authority = stack.setting('status', 'tls_authority_file')
    uri = stack.env['POSTGRES']  # the superuser of the local stack may come in either way
    postgres = {'tls': f'{uri}?sslmode=verify-ca&sslrootcert={authority}', 'plain': f'{uri}?sslmode=disable'}
    with tempfile.NamedTemporaryFile('w', suffix='.sql', delete=False) as trip:
        trip.write('select 1;\n')

    def send(door: str, seconds: float) -> float:
        return produce(binary, broker[door], TOPIC, in_flight=CONNECTIONS, seconds=seconds, warm_up=0.0).per_second

    def ask(door: str, seconds: float, *more: str) -> float:
        return bare_journal.pgbench(postgres[door], trip.name, 4, seconds, *more)

    def receipt(door: str, seconds: float) -> float:
        return bare_journal.measure(stack, 'alone', int(seconds), postgres[door])

    urls = {'tls': raw.tls_url, 'plain': raw.url}
    kafka_pid, postgres_pid = stack.pid('kafka'), stack.pid('postgres')
    return [
        Way('a post of 1 KiB answered by nginx', raw.process.pid, urls, lambda d, s: poster.run(urls[d], CONNECTIONS, s).per_second),
        Way('a record of 1 KiB in Kafka', kafka_pid, broker, send),
        Way('a statement of PostgreSQL', postgres_pid, postgres, ask),
        Way('a receipt as PostgreSQL writes it', postgres_pid, postgres, receipt),
        Way('a statement, each on a new connection', postgres_pid, postgres, lambda d, s: ask(d, s, '-C')),
    ]


def load_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(way: Way, door: str, seconds: float, number: int) -> Row:
    before = load_cpu_s(), cpu_with_ended_s(way.pid)
    per_second = way.run(door, seconds)
    load, server = load_cpu_s() - before[0], cpu_with_ended_s(way.pid) - before[1]
    print(f'  {way.what}, {door}: {per_second:.0f}/s', flush=True)
    requests = per_second * seconds
    row: Row = {'round': number, 'what': way.what, 'door': door, 'per_second': per_second}
    return row | {'load_us': load / requests * 1e6, 'server_us': server / requests * 1e6}


def summarize(rows: list[Row]) -> list[Row]:
    summary = []
    for what in dict.fromkeys(row['what'] for row in rows):
        line: Row = {'what': what}
        for door in ('plain', 'tls'):
            mine = [row for row in rows if (row['what'], row['door']) == (what, door)]
            for figure in ('per_second', 'load_us', 'server_us'):
                line[f'{door}_{figure}'] = round(middle(mine, figure), 1)
        for side in ('load', 'server'):
            line[f'more_{side}_us'] = round(line[f'tls_{side}_us'] - line[f'plain_{side}_us'], 1)
        summary.append(line)
    return summary


def show(summary: list[Row]) -> None:
    header = ('processor time, us', 'client plain', 'by TLS', 'server plain', 'by TLS', 'TLS costs both', 'a second plain', 'by TLS')
    figures = ('plain_load_us', 'tls_load_us', 'plain_server_us', 'tls_server_us')
    rows = []
    for line in summary:
        costs = line['more_load_us'] + line['more_server_us']
        rates = (f'{line["plain_per_second"]:.0f}', f'{line["tls_per_second"]:.0f}')
        rows.append((line['what'], *(f'{line[figure]:.1f}' for figure in figures), f'{costs:+.1f}', *rates))
    print(table(header, rows))


def main() -> None:
    asked = arguments(__doc__, rounds=3)
    asked.add_argument('--seconds', type=float, default=4)
    options = asked.parse_args()
    load_before = os.getloadavg()[0]
    rows: list[Row] = []
    with BenchStack(options.bin_dir.resolve()) as stack:
        certificate, key = (stack.setting('ingress', f'tls_{name}_file') for name in ('certificate', 'key'))
        with RawHttp(certificate, key) as raw:
            bare_journal.prepare(stack)
            for service in ('ingress', 'fiscalizer', 'status'):  # they would share the cores
                stack.stop(service)
            asked_both_ways = ways(stack, raw)
            for way in asked_both_ways:  # the broker's compilers, and caches
                measure(way, 'tls', options.seconds, 0)
            for number in range(1, options.rounds + 1):
                print(f'round {number} of {options.rounds}', flush=True)
                rows += [measure(way, door, options.seconds, number) for way in asked_both_ways for door in ('plain', 'tls')]
    summary = summarize(rows)
    write(
        options.results,
        {
            'benchmark': 'tls',
            'what': __doc__,
            'load_before': load_before,
            'settings': vars(options),
            'summary': summary,
            'rounds': rows,
        },
    )
    show(summary)


if __name__ == '__main__':
    main()
