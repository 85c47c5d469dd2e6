#!/usr/bin/python3
"""Cycles of faults against three fiscalizers at work: something breaks, heals, and all that was posted until then must come to
its end. Prints the table of the cycles; exit code 1 and everything kept when a receipt was lost, printed twice or told wrongly."""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import random
import shutil
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'functional'))

import story
from faults import KINDS, Kind
from field import SERVICES, WORKERS, Field
from harness.registers import BitTill, ItkassaTill
from harness.shop import Shop
from harness.stack import LEASE_S, Stack
from harness.waiting import NeverHappened, eventually
from judge import Judge, Wrong
from workload import Workload

# The registers of each shop; every other shop mixes the protocols.
SHOPS = ('b', 'i', 'bi', 'bb', 'ii', 'bi', 'b', 'i', 'bbi')
SETTLES_WITHIN_S = 300.0
TWO_AT_ONCE = 0.25
GOAL_S = 2 * LEASE_S


@dataclass(frozen=True)
class Cycle:
    kinds: tuple[str, ...]
    settled_s: float  # after healing


class Run:
    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.random = random.Random(f'{seed}/faults')
        self.stack = Stack.of_this_test()
        self.field = Field(self.stack, self.random)
        shops = [self._open_shop(number, tills) for number, tills in enumerate(SHOPS)]
        self.judge = Judge(self.stack.state_dir, {shop.name for shop in shops})
        self.workload = Workload(self.stack, shops, seed)
        self.cycles: list[Cycle] = []
        self.begun_again = 0
        self._time_line = open(self.stack.state_dir / 'timeline.jsonl', 'w')  # noqa: SIM115  # as long as the run
        self._kinds = self._draw()

    def _open_shop(self, number: int, letters: str) -> Shop:
        token = f'{int(time.time()):x}-{number}'
        names = [f'till-{token}-{at}' for at in range(len(letters))]
        tills = [(BitTill if letter == 'b' else ItkassaTill)(self.stack, name) for letter, name in zip(letters, names)]
        for till in tills:
            self.field.detour(till)
        shop = Shop(self.stack, tills, name=f'chaos-{token}', ffd='1.2' if set(letters) == {'b'} else '1.05')
        for till in tills:
            if isinstance(till, ItkassaTill):
                till.call_back(self.stack)
        return shop

    def _draw(self) -> Iterator[Kind]:
        """Each kind once before any comes again."""
        while True:
            yield from self.random.sample(KINDS, len(KINDS))

    def run(self, cycles: int) -> list[Wrong]:
        self.workload.start()
        try:
            for number in range(1, cycles + 1):
                self._cycle(number)
                if self.judge.wrong:
                    return self.judge.wrong
            self.workload.close_the_shops()
            self._settle(lambda: not self.judge.open_checks())
        finally:
            self.workload.stop()
        self.workload.check()
        return self.judge.finish()

    def _cycle(self, number: int) -> None:
        kinds = [next(self._kinds)]
        if self.random.random() < TWO_AT_ONCE:
            other = self.random.choice([kind for kind in KINDS if kind.part != kinds[0].part])
            kinds.append(other)
        blows = [(kind, kind.strike(self.field)) for kind in kinds]
        lasts = 0.0
        for kind, blow in blows:
            seconds, what = next(blow)
            lasts = max(lasts, seconds)
            self._note(cycle=number, struck=kind.name, what=what, seconds=round(seconds, 1))
        time.sleep(lasts)  # how long a fault lasts is part of it
        for _, blow in sorted(blows, key=lambda each: each[0].part == 'workers'):
            next(blow, None)
        healed = time.time()
        self._note(cycle=number, healed=[kind.name for kind in kinds])
        self._settle(lambda: not self.judge.waiting(before=healed))
        settled = time.time() - healed
        self.cycles.append(Cycle(tuple(kind.name for kind in kinds), settled))
        self._note(cycle=number, settled_s=round(settled, 1))
        print(f'{number:4} {settled:6.1f} s  {" + ".join(kind.name for kind in kinds)}', flush=True)

    def _settle(self, is_settled) -> None:
        def look() -> bool:
            # As a platform does: who begins while PostgreSQL is still starting ends at once.
            self.begun_again += len(self.field.start(*SERVICES, *WORKERS))
            self.workload.check()
            self.judge.look()
            return bool(self.judge.wrong) or is_settled()

        eventually(look, 'all that was posted has come to its end', SETTLES_WITHIN_S)

    def _note(self, **what) -> None:
        self._time_line.write(json.dumps({'time': round(time.time(), 3), **what}, ensure_ascii=False) + '\n')
        self._time_line.flush()

    # --- what is told in the end ---

    def table(self) -> str:
        times: dict[str, list[float]] = defaultdict(list)
        for cycle in self.cycles:
            for name in cycle.kinds:
                times[name].append(cycle.settled_s)
        width = max(map(len, times), default=4)
        lines = [f'{"KIND":{width}}  CYCLES  MEDIAN S  WORST S']
        for name, settled in sorted(times.items()):
            lines.append(f'{name:{width}}  {len(settled):6}  {statistics.median(settled):8.1f}  {max(settled):7.1f}')
        every = [cycle.settled_s for cycle in self.cycles]
        if every:
            within = sum(settled <= GOAL_S for settled in every)
            lines.append(f'{"all":{width}}  {len(every):6}  {statistics.median(every):8.1f}  {max(every):7.1f}')
            lines.append(f'{within} of {len(every)} cycles settled within twice the lease ({GOAL_S:g} s)')
        return '\n'.join(lines)

    def figures(self) -> str:
        checks = self.judge.checks
        asked = {(each['tenant'], each['unique_id']) for each in self.workload.clerk.answers if each['taken']}
        never_sent = sum(checks[name].sent == 0 for name in asked if name in checks)
        return (
            f'{len(checks)} checks, {self.judge.documents} documents, {self.judge.answers} answers to portals; '
            f'at most {max((check.sent for check in checks.values()), default=0)} sendings of a check; '
            f'{len(asked)} checks waited for a person, {never_sent} of them never reached a register; '
            f'{self.begun_again} times a process that had ended by itself was started again'
        )

    def keep(self, problem: str) -> pathlib.Path:
        """Ledgers, logs and the time line, beside the state folder; the stack may go on or be wiped."""
        kept = self.stack.state_dir.parent / f'chaos-seed-{self.seed}'
        shutil.rmtree(kept, ignore_errors=True)
        for name in ('log', 'sim-portal', 'sim-bit', 'sim-itkassa'):
            shutil.copytree(self.stack.state_dir / name, kept / name)
        shutil.copy(self.stack.state_dir / 'timeline.jsonl', kept)
        (kept / 'problem.txt').write_text(problem)
        (kept / 'clerk.json').write_text(json.dumps(self.workload.clerk.answers, ensure_ascii=False, indent=1))
        return kept

    def stories(self, wrong: list[Wrong]) -> str:
        names = list(dict.fromkeys([each.check for each in wrong if each.check] or [each.name for each in self.judge.open_checks()]))
        told = [story.of(self.judge.checks[name], self.stack.state_dir, self.stack.env['POSTGRES']) for name in names[:3]]
        return '\n\n'.join(told)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seed', default=os.environ.get('KASSAFLOW_TEST_SEED') or str(random.SystemRandom().randrange(10**6)))
    parser.add_argument('--cycles', type=int, default=100)
    options = parser.parse_args(arguments)
    print(f'seed {options.seed}', flush=True)
    run = Run(options.seed)
    failure, wrong = '', []
    try:
        wrong = run.run(options.cycles)
    except (NeverHappened, AssertionError) as failed:
        failure = f'{failed}' + (f': {failed.__cause__!r}' if failed.__cause__ else '')
        wrong = run.judge.wrong
    verdict = tell(run, wrong, failure)
    run.field.close()
    return verdict


def tell(run: Run, wrong: list[Wrong], failure: str) -> int:
    print(f'\n{run.table()}\n{run.figures()}')
    if not wrong and not failure:
        print('0 lost, 0 double, 0 wrong DONE, 0 wrong ERROR, 0 wrong answers')
        return 0
    problem = '\n'.join([*map(str, wrong), failure, run.stories(wrong)])
    kept = run.keep(problem)
    print(f'\n{problem}\n\nthe last faults:')
    print('\n'.join((kept / 'timeline.jsonl').read_text().splitlines()[-12:]))
    print(f'seed {run.seed}; ledgers, logs and the time line are in {kept}')
    return 1


if __name__ == '__main__':
    sys.exit(main())
