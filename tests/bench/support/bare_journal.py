"""The least that PostgreSQL must write for a receipt, by pgbench on tables of the journal's shape.

A receipt is two transactions: the attempt is committed before a byte leaves, its outcome after the answer
(exactly-once.md 1). Alone: each receipt has its own two. Batched: 128 receipts share them, as writes of concurrent
lanes may.
"""

from __future__ import annotations

import pathlib
import re
import subprocess
import tempfile

from support.stack import BenchStack

PGBENCH = '/usr/lib/postgresql/15/bin/pgbench'
CLIENTS = {'alone': 16, 'batched': 4}
BATCH = 128
RECEIPTS_PER_CLIENT = 4096
RECEIPTS = RECEIPTS_PER_CLIENT * max(CLIENTS.values())

TABLES = f'''
create schema bench;
create table bench.receipts (like fiscalizer.receipts including all);
create table bench.attempts (like fiscalizer.attempts including all);
create sequence bench.numbers;
insert into bench.receipts (id, tenant, installation, cashbox, unique_id, pool, shard, state, position, digest,
  digest_version, date_create_s, content, total_kopecks, accepted_at)
select md5(i::text)::uuid, 'bench', 'bench-main', 'bench-box-00', i::text, 'bench-00', i % 1024, 'queued', i,
  sha256(i::text::bytea), 1, 0, decode(repeat('ab', 300), 'hex'), 100, now()
from generate_series(1, {RECEIPTS}) i;
vacuum analyze bench.receipts;
'''

# `first` and `count` say which receipts; a client's own, so that none waits for another's locks.
SCRIPT = '''
\\set first :client_id * {per_client} + random(1, {per_client} - {count})
begin;
insert into bench.attempts (receipt, number, kind, register, identity, pool, shard, epoch, key, request)
  select md5(i::text)::uuid, nextval('bench.numbers'), 'receipt', 'bench-00-0', i::text, 'bench-00', i % 1024, 1,
    i::text, decode(repeat('ab', 700), 'hex')
  from unnest(array(select generate_series(:first, :first + {count} - 1))) i;
update bench.receipts set state = 'printing', attempts = attempts + 1, revision = revision + 1
  where id in (select md5(i::text)::uuid from generate_series(:first, :first + {count} - 1) i);
commit;
begin;
update bench.attempts set outcome = 'printed', finished_at = now()
  where outcome is null and identity in (select i::text from generate_series(:first, :first + {count} - 1) i);
update bench.receipts set state = 'done', revision = revision + 1, fiscal = decode(repeat('ab', 80), 'hex')
  where id in (select md5(i::text)::uuid from generate_series(:first, :first + {count} - 1) i);
commit;
'''


def prepare(stack: BenchStack) -> None:
    stack.sql(TABLES)


def measure(stack: BenchStack, way: str, seconds: int, uri: str = '') -> float:
    """Receipts a second; `way` is one of CLIENTS. `uri`: instead of the stack's own."""
    count = BATCH if way == 'batched' else 1
    clients = CLIENTS[way]
    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder) / 'receipt.sql'
        script.write_text(SCRIPT.format(per_client=RECEIPTS_PER_CLIENT, count=count))
        per_second = pgbench(uri or stack.env['POSTGRES'], str(script), clients, seconds, '-M', 'prepared')
    stack.sql('truncate bench.attempts')
    return per_second * count


def pgbench(uri: str, script: str, clients: int, seconds: float, *more: str) -> float:
    """Transactions a second."""
    done = subprocess.run(
        [PGBENCH, '-n', '-c', str(clients), '-j', '1', '-T', str(round(seconds)), '-f', script, *more, uri],
        capture_output=True,
        text=True,
        check=False,
    )
    told = re.search(r'^tps = ([0-9.]+)', done.stdout, re.MULTILINE)
    if done.returncode or not told:
        raise AssertionError(f'pgbench: exit code {done.returncode}\n{done.stdout}{done.stderr}')
    return float(told[1])
