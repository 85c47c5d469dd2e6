"""What goes wrong, by kind. A fault strikes, says what it did and how long it is to last, and heals when resumed. It knows
the field, and nothing of who sells what or who judges. Of two at once the workers' heals last: it may need the stores."""

from __future__ import annotations

import random
import shutil
import signal
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from field import SERVICES, WORKERS, Field
from freezer import Freezer
from harness.stack import LEASE_S
from harness.waiting import NeverHappened, eventually
from harness.wire import call

Blow = Generator[tuple[float, str], None, None]  # seconds to last, what was done
ByProtocol = dict[str, list[tuple[str, dict[str, Any]]]]  # faults of the simulators
RECEIPT = {'type': 'kktReceiptFiscalization'}


@dataclass(frozen=True)
class Kind:
    name: str
    part: str  # of the field; two faults at once strike two parts
    strike: Callable[[Field], Blow]


KINDS: list[Kind] = []


def kind(name: str, part: str):
    def add(strike: Callable[[Field], Blow]) -> Callable[[Field], Blow]:
        KINDS.append(Kind(name, part, strike))
        return strike

    return add


def shorter(chance: random.Random) -> float:
    return chance.uniform(0.2, 0.8) * LEASE_S


def longer(chance: random.Random) -> float:
    return chance.uniform(1.5, 2.2) * LEASE_S


def either(chance: random.Random) -> float:
    return chance.choice((shorter, longer))(chance)


# --- workers ---


@kind('worker killed, back at once', 'workers')
def worker_killed(field: Field) -> Blow:
    worker = field.random.choice(WORKERS)
    field.kill(worker)
    yield 0, worker
    field.start(worker)


@kind('worker killed, back after the lease', 'workers')
def worker_away(field: Field) -> Blow:
    worker = field.random.choice(WORKERS)
    field.kill(worker)
    yield longer(field.random), worker
    field.start(worker)


@kind('all workers killed', 'workers')
def workers_killed(field: Field) -> Blow:
    field.kill(*WORKERS)
    yield either(field.random), 'all'
    field.start(*WORKERS)


@kind('worker stopped, shorter than the lease', 'workers')
def worker_paused(field: Field) -> Blow:
    worker = field.random.choice(WORKERS)
    field.pause(worker)
    yield shorter(field.random), worker
    field.resume(worker)


@kind('worker stopped, longer than the lease', 'workers')
def worker_slept(field: Field) -> Blow:
    worker = field.random.choice(WORKERS)
    field.pause(worker)
    yield longer(field.random), worker
    field.resume(worker)


@kind('worker restarted', 'workers')
def worker_restarted(field: Field) -> Blow:
    worker = field.random.choice(WORKERS)
    field.ask_to_end(worker)
    yield 0, worker
    field.start_when_ended(worker)


@kind('workers restarted one by one', 'workers')
def workers_rolled(field: Field) -> Blow:
    yield 0, 'all'
    for worker in WORKERS:
        field.ask_to_end(worker)
        field.start_when_ended(worker)


def worker_frozen(field: Field) -> Blow:
    worker = field.random.choice(WORKERS)
    seconds = either(field.random)
    with Freezer(field.stack.pid(worker)) as freezer:
        try:
            eventually(freezer.has_struck, 'it was about to write', 3 * LEASE_S)
            yield seconds, worker
        except NeverHappened:
            yield 0, f'{worker} had nothing to write'
    field.resume(worker)


if shutil.which('strace'):
    KINDS.append(Kind('worker stopped between arm and write', 'workers', worker_frozen))


# --- stores ---


@kind('PostgreSQL killed, back at once', 'postgres')
def postgres_killed(field: Field) -> Blow:
    field.kill('postgres')
    yield 0, ''
    field.start('postgres')


@kind('PostgreSQL killed, back after the lease', 'postgres')
def postgres_away(field: Field) -> Blow:
    field.kill('postgres')
    yield longer(field.random), ''
    field.start('postgres')


@kind('PostgreSQL stopped, shorter than the lease', 'postgres')
def postgres_paused(field: Field) -> Blow:
    field.pause('postgres')
    yield shorter(field.random), ''
    field.resume('postgres')


@kind('PostgreSQL stopped, longer than the lease', 'postgres')
def postgres_slept(field: Field) -> Blow:
    field.pause('postgres')
    yield longer(field.random), ''
    field.resume('postgres')


@kind('PostgreSQL restarted', 'postgres')
def postgres_restarted(field: Field) -> Blow:
    field.ask_to_end('postgres', signal.SIGINT)  # fast: sessions are ended
    yield 0, ''
    field.start_when_ended('postgres')


@kind('Kafka killed', 'kafka')
def kafka_killed(field: Field) -> Blow:
    field.kill('kafka')
    yield either(field.random), ''
    field.start('kafka')


@kind('Kafka stopped', 'kafka')
def kafka_paused(field: Field) -> Blow:
    field.pause('kafka')
    yield either(field.random), ''
    field.resume('kafka')


@kind('Kafka restarted', 'kafka')
def kafka_restarted(field: Field) -> Blow:
    field.ask_to_end('kafka')
    yield 0, ''
    field.start_when_ended('kafka')


# --- partitions ---


def one_link(field: Field, store: str, seconds: float, cut: bool) -> Blow:
    worker = field.random.choice(WORKERS)
    link = field.to_store[worker, store]
    if cut:
        link.cut()
    else:
        link.silence()
    yield seconds, f'{worker}, {"reset" if cut else "silent"}'
    link.heal()


@kind('worker cut off from PostgreSQL, shorter than the lease', 'links')
def postgres_hidden(field: Field) -> Blow:
    yield from one_link(field, 'postgres', shorter(field.random), field.random.random() < 0.5)


@kind('worker cut off from PostgreSQL, longer than the lease', 'links')
def postgres_lost(field: Field) -> Blow:
    yield from one_link(field, 'postgres', longer(field.random), field.random.random() < 0.5)


@kind('all workers cut off from PostgreSQL, longer than the lease', 'links')
def postgres_lost_to_all(field: Field) -> Blow:
    links = [field.to_store[worker, 'postgres'] for worker in WORKERS]
    for link in links:
        link.silence()
    yield longer(field.random), 'silent'
    for link in links:
        link.heal()


@kind('worker cut off from Kafka', 'links')
def kafka_lost(field: Field) -> Blow:
    yield from one_link(field, 'kafka', either(field.random), field.random.random() < 0.5)


@kind('registers cut off', 'till links')
def tills_lost(field: Field) -> Blow:
    tills = field.random.sample(field.tills, field.random.randrange(1, 4))
    silent = field.random.random() < 0.5
    for till in tills:
        link = field.to_till[till.id]
        if silent:
            link.silence()
        else:
            link.cut()
    # What a silent link holds back arrives when it is healed, within the quiet time and the grace (rules 6 and 7).
    yield field.random.uniform(0.2, 1.5), f'{[till.id for till in tills]}, {"silent" if silent else "reset"}'
    for till in tills:
        field.to_till[till.id].heal()


# --- registers, by what their simulators can do wrong; each for a few requests ---

LOST: ByProtocol = {
    'bit': [('lose_answer', {}), ('lose_answer', {'reset': True}), ('swallow', {}), ('hang', {}), ('hang', {'print': False})],
    'itkassa': [('lose_answer', {}), ('lose_answer', {'reset': True}), ('swallow_request', {}), ('no_callback', {})],
}
LATE: ByProtocol = {
    'bit': [('late_print', {'delay_s': 1.5}), ('slow_answer', {'delay_s': 1.5}), ('slow_answer', {'delay_s': 3})],
    'itkassa': [
        ('late', {'delay_s': 0.6}),
        ('slow_answer', {'delay_s': 4}),
        ('slow_execution', {'delay_s': 2}),
        ('stuck', {'printed': False}),
        ('stuck', {'printed': True}),
    ],
}
DOUBLED: ByProtocol = {
    'bit': [('kept_alive_close', {})],
    'itkassa': [
        ('callback_before_answer', {'queued': False}),
        ('callback_before_answer', {'queued': True}),
        ('duplicate_answer', {'answer': 'error'}),
        ('duplicate_answer', {'answer': 'empty'}),
    ],
}
GARBLED: ByProtocol = {
    'bit': [
        ('malformed', {}),
        ('cut_body', {}),
        ('neither', {}),
        ('http_status', {'status': 502, 'process': True}),
        ('http_status', {'status': 502, 'process': False}),
        ('error', {'text': 'Нет бумаги', 'printed': True}),
        ('error', {'text': 'Нет бумаги', 'printed': False}),
        *[('shape', {'shape': shape}) for shape in ('qr_only', 'windows_1251', 'signed_sign', 'floats', 'tag_dump')],
    ],
    'itkassa': [
        ('malformed_body', {}),
        ('cut_body', {}),
        ('http_status', {'status': 502, 'process': True}),
        ('http_status', {'status': 503, 'process': False}),
        ('critical_error', {'creErrorId': '44', 'fiscal': True}),
        ('critical_error', {'creErrorId': '44', 'fiscal': False}),
        ('critical_error', {'creErrorId': '113', 'creErrorText': 'Ошибка отрезчика', 'fiscal': True, 'attributes_after': 3}),
    ],
}
REFUSED: ByProtocol = {
    'bit': [
        ('error', {'text': 'Недопустимое значение ставки НДС'}),
        ('error', {'text': 'Смена превысила 24 часа'}),
        ('result_false', {'text': 'Неверный токен ККТ (BIT_KKT_TOKEN)'}),
    ],
    'itkassa': [
        ('refusal', {}),
        ('wrong_token', {}),
        ('fn_full', {}),
        ('shift_expired', {}),
        ('shift_closed', {}),
    ],
}


def few_wrong(field: Field, faults: ByProtocol) -> Blow:
    tills = field.random.sample(field.tills, field.random.randrange(2, 5))
    done = []
    for till in tills:
        for _ in range(field.random.randrange(1, 3)):
            fault, parameters = field.random.choice(faults[till.protocol])
            till.arm(fault, match=RECEIPT if till.protocol == 'bit' else None, **parameters)
            done.append(f'{till.id} {fault} {parameters or ""}'.rstrip())
    yield field.random.uniform(1, 3), '; '.join(done)
    for till in tills:
        till.disarm()
        till.release()


@kind('registers lose answers', 'registers')
def answers_lost(field: Field) -> Blow:
    yield from few_wrong(field, LOST)


@kind('registers answer or print late', 'registers')
def answers_late(field: Field) -> Blow:
    yield from few_wrong(field, LATE)


@kind('registers answer twice or out of order', 'registers')
def answers_doubled(field: Field) -> Blow:
    yield from few_wrong(field, DOUBLED)


@kind('registers answer rubbish', 'registers')
def answers_garbled(field: Field) -> Blow:
    yield from few_wrong(field, GARBLED)


@kind('registers refuse', 'registers')
def receipts_refused(field: Field) -> Blow:
    yield from few_wrong(field, REFUSED)


@kind('registers offline', 'registers')
def tills_offline(field: Field) -> Blow:
    tills = field.random.sample(field.tills, field.random.randrange(2, 5))
    for till in tills:
        if till.protocol == 'itkassa':
            till.arm(field.random.choice(('offline', 'dead')), count=None)
        else:
            till.arm('hang', count=None, print=False)
    yield either(field.random), str([till.id for till in tills])
    for till in tills:
        till.disarm()


# --- the other services ---


def service_killed(name: str) -> Callable[[Field], Blow]:
    def strike(field: Field) -> Blow:
        field.kill(name)
        yield either(field.random), ''
        field.start(name)

    return strike


def service_paused(name: str) -> Callable[[Field], Blow]:
    def strike(field: Field) -> Blow:
        field.pause(name)
        yield either(field.random), ''
        field.resume(name)

    return strike


for service in SERVICES:
    KINDS.append(Kind(f'{service} killed', 'services', service_killed(service)))
    KINDS.append(Kind(f'{service} stopped', 'services', service_paused(service)))


@kind('all services killed', 'services')
def services_killed(field: Field) -> Blow:
    names = (*SERVICES, *WORKERS)
    field.kill(*(name for name in names if field.stack.runs(name)))
    yield either(field.random), 'with the workers'
    field.start(*names)


@kind('portals refuse pushes', 'portals')
def portals_away(field: Field) -> Blow:
    faults = f'{field.stack.url("SIM_PORTAL")}/_sim/faults'
    fault = field.random.choice(('offline', 'http_status', 'drop_after_apply', 'operation_time_limit'))
    call('POST', faults, {'fault': fault, 'count': None, 'match': {}})
    yield either(field.random), fault
    call('DELETE', faults)
