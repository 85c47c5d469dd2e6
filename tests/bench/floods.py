#!/usr/bin/python3
"""How long a shop's check takes from the post to DONE while another floods, beside what it takes alone.

The shop sells one check after the other through the edge, on registers that answer at once, and asks CHECK_URL until it
says DONE. In each round every attacker has its turn at full speed, each after a turn of the shop alone: the two are
compared. All limits are those of production, and each attacker has spent what he may at once before his turn is
measured. Attacker, gateway, Kafka and PostgreSQL share the cores, so the attacker's own work counts as well.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import secrets
import sys
import time
import urllib.parse
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from statistics import median, quantiles
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'functional'))

from harness.wire import portal_post

from support import attackers
from support.instant import InstantRegisters
from support.load import IDS_PER_RUN, body_template
from support.report import arguments, table, write
from support.stack import BenchStack, Shop

GOAL = 2.0
ASK_EVERY_S = 0.02  # 50 a second, half of what the edge allows a portal
DONE_WITHIN_S = 60.0
CALLBACK_BYTES, LARGE_BYTES = 240_000, 4_000_000
Row = dict[str, Any]
Attack = Callable[[], AbstractContextManager[None]]


class Floods:
    def __init__(self, stack: BenchStack, options: argparse.Namespace) -> None:
        self.stack, self.options = stack, options
        self.shop, self.attacker = Shop('bench-shop'), Shop('bench-attacker', first_register=1001)
        self.number = 0  # of the last check
        self.rows: list[Row] = []

    def prepare(self, registers: str) -> None:
        for shop in (self.shop, self.attacker):
            self.stack.apply_pools(1, 2, registers, shop)
        self.callback_key, self.cloud = secrets.token_hex(16), str(uuid.uuid4())
        pool = {'id': 'bench-cloud', 'tenant': self.attacker.tenant, 'inn': '7701234567', 'taxation': 'osn', 'ffd': '1.05'}
        company = {'paymentAddress': 'https://shop.example.ru', 'timezone': 'Europe/Moscow', 'cashier': {'name': 'Иванова А.А.'}}
        cloud = {'creItemId': self.cloud, 'apiKey': secrets.token_hex(16), 'callbackKey': self.callback_key}
        endpoint = 'http://127.0.0.1:9/open/api/v1'
        register = {'id': 'bench-cloud-kkt', 'pool': 'bench-cloud', 'protocol': 'itkassa', 'endpoint': endpoint, 'itkassa': cloud}
        self.stack.apply([{'kind': 'Pool', **pool, **company}, {'kind': 'Register', **register}])

    def attacks(self) -> dict[str, Attack]:
        url, many = self.stack.print_url('EDGE', self.attacker), self.options.connections
        template = body_template(self.attacker.token)
        one = template.replace('@ID@', '1').replace('@BOX@', '00').encode()
        nobody = f'{self.stack.url("EDGE")}/b24/{secrets.token_hex(8)}/print'
        callback = json.dumps({'id': 'x', 'idempKey': 'x', 'creItemId': self.cloud, 'commands': 'x' * CALLBACK_BYTES}).encode()
        told = urllib.parse.urlsplit(self.stack.kassactl_json('get', 'register', 'bench-cloud-kkt')['callbackUrl']).path
        callbacks = self.stack.url('EDGE') + told
        headers = (f'X-Api-Key: {self.callback_key}', 'Content-Type: application/json')
        half = f'POST {urllib.parse.urlsplit(nobody).path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n'.encode()
        same = attackers.same_request
        return {
            'checks of one portal': lambda: attackers.different_checks(url, many, template, 1, self._first_id()),
            'posts of one check': lambda: same(url, many, one),
            'posts of one check, to ingress itself': lambda: same(self.stack.print_url('INGRESS', self.attacker), many, one),
            'callbacks of 240 KB': lambda: same(callbacks, many, callback, *headers),
            'posts with a secret of nobody': lambda: same(nobody, many, one),
            'bodies of 4 MB of nobody': lambda: same(nobody, many, b'type=' + b'x' * LARGE_BYTES),
            'half-sent headers': lambda: attackers.half_sent(nobody, self.options.half_sent, half),
            'half-sent bodies': lambda: attackers.half_sent(nobody, self.options.half_sent // 4, half + b'\r\ntype='),
        }

    def _first_id(self) -> int:
        return (len(self.rows) + 1) * IDS_PER_RUN

    def round(self, number: int) -> None:
        for name, attack in self.attacks().items():
            if self.options.only and self.options.only not in name:
                continue
            alone = self._sell()
            with attack():
                self._sell_for(self.options.spend)
                before = self._edge_log()
                beside = self._sell()
                after = self._edge_log()
            row = {'round': number, 'attack': name, 'alone_ms': alone, 'beside_ms': beside}
            row |= {figure: after[figure] - before[figure] for figure in before}
            self.rows.append(row)
            print(f'  {name}: {median(alone):.0f} ms alone, {median(beside):.0f} ms beside', flush=True)

    def _sell(self) -> list[float]:
        return [self._sale_ms() for _ in range(self.options.sales)]

    def _sell_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._sale_ms()

    def _sale_ms(self) -> float:
        self.number += 1
        body = body_template(self.shop.token).replace('@ID@', str(self.number)).replace('@BOX@', '00').encode()
        started = time.monotonic()
        answer = portal_post(self.stack.print_url('EDGE', self.shop), body).json()
        if 'UUID' not in answer:
            raise AssertionError(f'the shop was refused: {answer}')
        question = f'uuid={answer["UUID"]}'.encode()
        while portal_post(f'{self.stack.url("EDGE")}/b24/{self.shop.secret}/check', question).json()['STATUS'] != 'DONE':
            if time.monotonic() - started > DONE_WITHIN_S:
                raise AssertionError(f'check {self.number} of the shop is not DONE within {DONE_WITHIN_S:g} s')
            time.sleep(ASK_EVERY_S)
        return (time.monotonic() - started) * 1e3

    def _edge_log(self) -> dict[str, int]:
        """Requests so far, those the edge let wait, and those it refused."""
        with open(self.stack.state_dir / 'log' / 'edge.log', 'rb') as log:
            lines = log.read()
        return {'answered': lines.count(b'\n'), 'waited_at_edge': lines.count(b'DELAYED'), 'refused_at_edge': lines.count(b'REJECTED')}


def summarize(rows: list[Row]) -> list[Row]:
    summary = []
    for attack in dict.fromkeys(row['attack'] for row in rows):
        mine = [row for row in rows if row['attack'] == attack]
        alone = [ms for row in mine for ms in row['alone_ms']]
        beside = [ms for row in mine for ms in row['beside_ms']]
        summary.append(
            {
                'attack': attack,
                'alone_p50_ms': round(median(alone), 1),
                'beside_p50_ms': round(median(beside), 1),
                'alone_p95_ms': round(quantiles(alone, n=20)[-1], 1),
                'beside_p95_ms': round(quantiles(beside, n=20)[-1], 1),
                'times': round(median(median(row['beside_ms']) / median(row['alone_ms']) for row in mine), 2),
                'answered': sum(row['answered'] for row in mine),
                'waited_at_edge': sum(row['waited_at_edge'] for row in mine),
                'refused_at_edge': sum(row['refused_at_edge'] for row in mine),
            }
        )
    return summary


def show(summary: list[Row]) -> None:
    latencies = ('accept to DONE, ms', 'alone', 'beside', 'times', 'p95 alone', 'p95 beside')
    header = (*latencies, 'requests at the edge', 'waited there', 'refused there')
    milliseconds = ('alone_p50_ms', 'beside_p50_ms', 'times', 'alone_p95_ms', 'beside_p95_ms')
    figures = (*milliseconds, 'answered', 'waited_at_edge', 'refused_at_edge')
    print(table(header, [(row['attack'], *(f'{row[figure]:g}' for figure in figures)) for row in summary]))
    worst = max(summary, key=lambda row: row['times'])
    print(f'the worst is {worst["times"]} times what it is alone, beside {worst["attack"]} (goal {GOAL:g})')


def main() -> None:
    asked = arguments(__doc__, rounds=3)
    asked.add_argument('--sales', type=int, default=20, help='of each turn')
    asked.add_argument('--spend', type=float, default=8, help='seconds until an attacker has spent what he may at once')
    asked.add_argument('--connections', type=int, default=64, help='of an attacker')
    asked.add_argument('--half-sent', type=int, default=8400, help='connections')
    asked.add_argument('--only', default='', help='attacks with these words in their name')
    options = asked.parse_args()
    load_before = os.getloadavg()[0]

    build = options.bin_dir.resolve()
    with BenchStack(build, unlimited=False) as stack, InstantRegisters(build) as registers:
        floods = Floods(stack, options)
        floods.prepare(registers.url)
        floods._sale_ms()  # the first waits for the registers
        for number in range(1, options.rounds + 1):
            print(f'round {number} of {options.rounds}', flush=True)
            floods.round(number)

    summary = summarize(floods.rows)
    results: Row = {
        'benchmark': 'floods',
        'what': __doc__,
        'load_before': load_before,
        'settings': vars(options),
        'summary': summary,
        'rounds': floods.rows,
    }
    write(options.results, results)
    show(summary)


if __name__ == '__main__':
    main()
