"""The stack of a benchmark: production's timers, its own state folder, services that start and stop one by one."""

from __future__ import annotations

import contextlib
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import sys
from typing import Any

from harness.stack import ROOT, Stack, stat_fields
from harness.waiting import eventually

from support.raw_http import listens

sys.path.insert(0, str(ROOT / 'deploy' / 'kafka'))

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from topics import CONFIG

RECEIPTS_TOPIC = 'kassaflow.receipts'
STOP_WITHIN_S = 60.0
NOBODY = '127.0.0.1:9'  # the discard port: nothing listens
TENANT = 'bench'
# Load of a benchmark comes from one portal and one address; limits would measure themselves.
UNLIMITED = {
    f'KASSAFLOW_{name}': '1000000'
    for name in ('INSTALLATION_POSTS_PER_SECOND', 'TENANT_POSTS_PER_SECOND', 'RECEIPT_POSTS_PER_HOUR')
} | {f'KASSAFLOW_EDGE_{name}_RATE': '1000000' for name in ('ADDRESS', 'PORTAL')}
SETTINGS = {'KASSAFLOW_ALLOW_PRIVATE_ENDPOINTS': '1'}


class Shop:
    """A tenant with one portal; its registers are numbered from `first_register`."""

    def __init__(self, tenant: str, first_register: int = 1) -> None:
        self.tenant, self.first_register = tenant, first_register
        self.secret, self.token = secrets.token_hex(16), secrets.token_hex(16)


class BenchStack(Stack):
    def __init__(self, build: pathlib.Path, unlimited: bool = True, register_health: str = '1s') -> None:
        """`register_health`: by default short, so that registers that appear are found soon."""
        super().__init__(ROOT / 'build' / 'bench-stack')
        ours = {name: value for name, value in os.environ.items() if not name.startswith('KASSAFLOW_')}
        self.build = build
        self._environment = ours | SETTINGS | (UNLIMITED if unlimited else {})
        self._environment['KASSAFLOW_REGISTER_HEALTH'] = register_health
        self._environment |= {'KASSAFLOW_STATE_DIR': str(self.state_dir), 'KASSAFLOW_BIN_DIR': str(build / 'bin')}
        self._alone: set[str] = set()  # started by us, with settings of our own
        self._shop = Shop(TENANT)
        self.token = self._shop.token

    def __enter__(self) -> BenchStack:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit('terminated'))  # through __exit__
        self.down()  # what a broken run left
        try:
            self.up()
        except AssertionError:
            self._keep_logs()
            self.down()
            raise
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        if failure:
            self._keep_logs()
        self.down()

    def _keep_logs(self) -> None:
        kept = f'{self.state_dir}-log'
        shutil.copytree(self.state_dir / 'log', kept, dirs_exist_ok=True)
        print(f'logs: {kept}')

    # --- processes ---

    def stop(self, name: str) -> None:
        """SIGTERM, and gone."""
        os.kill(self.pid(name), signal.SIGTERM)
        eventually(lambda: not self.runs(name), f'{name} is gone', STOP_WITHIN_S)
        self._alone.discard(name)

    def start(self, name: str, preload: str = '', **settings: str) -> None:
        super().start(name, preload, **settings)
        self._alone.add(name)

    def await_ready(self, name: str) -> None:
        eventually(lambda: self.is_ready(name), f'{name} is ready')

    def mute_status(self) -> None:
        """Status answers the question of ingress but reads no Kafka: its own work is not the cost of ingress."""
        self.stop('status')
        self.start('status', kafka=NOBODY)
        eventually(lambda: listens(int(self.env['STATUS_GRPC'].rpartition(':')[2])), 'status listens')

    def all_up(self) -> None:
        for name in list(self._alone):
            self.stop(name)
        self.up()

    def free_port(self) -> int:
        """Stays free while its owner is down, as those of ./dev do."""
        command = [ROOT / 'scripts' / 'free_port.py', self.state_dir / 'ports']
        return int(subprocess.run([sys.executable, *command], capture_output=True, check=True).stdout)

    # --- what it serves ---

    def print_url(self, through: str, shop: Shop | None = None) -> str:
        """Through INGRESS or EDGE."""
        return f'{self.url(through)}/b24/{(shop or self._shop).secret}/print'

    def apply_pools(self, pools: int, registers_per_pool: int, endpoint: str, shop: Shop | None = None) -> None:
        self.apply(self.pools(pools, registers_per_pool, endpoint, shop or self._shop))

    def pools(self, pools: int, registers_per_pool: int, endpoint: str, shop: Shop) -> list[dict[str, Any]]:
        """TENANT-00, TENANT-01, …, each with its cashbox and BIT registers at `endpoint`."""
        documents: list[dict[str, Any]] = [{'kind': 'Tenant', 'id': shop.tenant, 'name': 'ООО «Замер»'}]
        for number in range(pools):
            documents += _pool(shop, number, registers_per_pool, endpoint)
        documents.append(
            {
                'kind': 'Installation',
                'id': f'{shop.tenant}-main',
                'tenant': shop.tenant,
                'secret': shop.secret,
                'portal': {'webhook': f'{self.url("SIM_PORTAL")}/rest/1/{shop.tenant}/'},
                'vat': {'0': 'none', '1': 'none', '2': '10', '3': '22', '4': '0'},
                'markedWithoutCode': 'refuse',
            }
        )
        return documents + [_cashbox(shop, number) for number in range(pools)]

    # --- Kafka and PostgreSQL ---

    def make_topic(self, name: str, partitions: int = 8) -> None:
        """Like those of the gateway."""
        admin = AdminClient(self.kafka_properties())
        made = admin.create_topics([NewTopic(name, partitions, 1, config=CONFIG)], operation_timeout=30)
        for future in made.values():
            future.result()

    def records(self, topic: str = RECEIPTS_TOPIC) -> int:
        """How many were ever written to it."""
        consumer = Consumer({**self.kafka_properties(), 'group.id': 'bench'})
        try:
            partitions = [TopicPartition(topic, each) for each in consumer.list_topics(topic).topics[topic].partitions]
            return sum(consumer.get_watermark_offsets(each, timeout=10)[1] for each in partitions)
        finally:
            consumer.close()

    def sql(self, statement: str) -> list[list[str]]:
        done = subprocess.run(
            ['psql', '-X', '-A', '-t', '-q', '-v', 'ON_ERROR_STOP=1', self.env['POSTGRES']],
            input=statement,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise AssertionError(f'psql: {done.stderr}')
        return [line.split('|') for line in done.stdout.splitlines()]


def _cashbox(shop: Shop, number: int) -> dict[str, Any]:
    return {
        'kind': 'Cashbox',
        'id': f'{shop.tenant}-box-{number:02d}',
        'installation': f'{shop.tenant}-main',
        'number': f'box-{number:02d}',
        'pool': f'{shop.tenant}-{number:02d}',
        'requires': {'GATEWAY.TOKEN': shop.token},
    }


def _pool(shop: Shop, number: int, registers: int, endpoint: str) -> list[dict[str, Any]]:
    pool = f'{shop.tenant}-{number:02d}'
    return [
        {
            'kind': 'Pool',
            'id': pool,
            'tenant': shop.tenant,
            'inn': '7701234567',
            'taxation': 'osn',
            'ffd': '1.2',
            'paymentAddress': 'https://shop.example.ru',
            'timezone': 'Europe/Moscow',
            'cashier': {'name': 'Иванова А.А.'},
        },
        *(
            {
                'kind': 'Register',
                'id': f'{pool}-{each}',
                'pool': pool,
                'protocol': 'bit',
                'endpoint': endpoint,
                'registrationNumber': f'{shop.first_register + number * registers + each:016d}',
                'bit': {'kktToken': secrets.token_hex(16), 'deduplication': 'assumed-none'},
            }
            for each in range(registers)
        ),
    ]


def _used_s(fields: list[str]) -> float:
    user, system = fields[11:13]
    return (int(user) + int(system)) / os.sysconf('SC_CLK_TCK')


def cpu_s(pid: int) -> float:
    """What the process and its children have used so far."""
    used = _used_s(stat_fields(pid))
    for child in pathlib.Path(f'/proc/{pid}/task/{pid}/children').read_text().split():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # one that has ended meanwhile
            used += _used_s(stat_fields(child))
    return used


def cpu_with_ended_s(pid: int) -> float:
    """The same, with children that have ended."""
    user, system = stat_fields(pid)[13:15]
    return cpu_s(pid) + (int(user) + int(system)) / os.sysconf('SC_CLK_TCK')


def compiler_cpu_s(jvm: int) -> float:
    """What the just-in-time compilers of the JVM have used so far."""
    used = 0.0
    for thread in pathlib.Path(f'/proc/{jvm}/task').iterdir():
        with contextlib.suppress(FileNotFoundError):  # they come and go
            if (thread / 'comm').read_text().startswith(('C1 ', 'C2 ')):
                used += _used_s(stat_fields(f'{jvm}/task/{thread.name}'))
    return used
