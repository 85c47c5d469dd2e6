"""All that is known of one check, in order: the portal's book, the registers' ledgers, the workers' logs, the journal."""

from __future__ import annotations

import json
import pathlib
import subprocess
from datetime import datetime
from typing import Any

from judge import Check, Tail

LONGEST_LINE = 400
QUERIES = (
    'select * from fiscalizer.receipts where id = :id',
    'select * from fiscalizer.attempts where receipt = :id order by id',
    'select e.* from fiscalizer.evidence e join fiscalizer.attempts a on a.id = e.attempt where a.receipt = :id order by e.id',
)


def clock(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime('%H:%M:%S.%f')[:-3]


def of(check: Check, state_dir: pathlib.Path, postgres: str) -> str:
    lines = [*_ledgers(check, state_dir), *_logs(check, state_dir)]
    lines.sort(key=lambda line: line[0])
    told = [f'{clock(at)} {where:14} {text[:LONGEST_LINE]}' for at, where, text in lines]
    return '\n'.join([f'the story of {check}', *told, *_journal(check, postgres)])


def _ledgers(check: Check, state_dir: pathlib.Path) -> list[tuple[float, str, str]]:
    lines = []
    for name in ('sim-portal', 'sim-bit', 'sim-itkassa'):
        rows = Tail(state_dir / name / 'ledger.jsonl').rows()
        keys = {row['key'] for row in rows if row.get('key') and check.contact in str(row.get('request', ''))}
        for row in rows:
            mine = (row.get('portal'), row.get('unique_id')) == check.name or str(row.get('uuid', '')).lower() in check.uuids
            if mine or (row.get('key') and row['key'] in keys):
                lines.append((row['time'], name, f'{row["event"]} {_brief(row)}'))
    return lines


def _brief(row: dict[str, Any]) -> str:
    left_out = {'row', 'time', 'event', 'portal', 'unique_id', 'request', 'check', 'document', 'lines', 'payments', 'qr', 'contact'}
    shown = {key: value for key, value in row.items() if key not in left_out}
    if 'check' in row:
        shown['answer'] = row.get('answer') or row['check']['print_answer']
    return json.dumps(shown, ensure_ascii=False)


def _logs(check: Check, state_dir: pathlib.Path) -> list[tuple[float, str, str]]:
    lines = []
    for path in sorted((state_dir / 'log').glob('*.log')):
        for line in path.read_text(errors='replace').splitlines():
            if any(uuid in line for uuid in check.uuids):
                lines.append((_time_of(line), path.stem, line))
    return lines


def _time_of(line: str) -> float:
    try:
        return datetime.fromisoformat(json.loads(line)['ts'].replace('Z', '+00:00')).timestamp()
    except (ValueError, KeyError, TypeError):
        return 0.0


def _journal(check: Check, postgres: str) -> list[str]:
    lines = []
    for uuid in sorted(check.uuids):
        for query in QUERIES:
            statement = query.replace(':id', f"'{uuid}'")
            done = subprocess.run(
                ['psql', '-X', '-x', postgres, '-c', statement], capture_output=True, text=True, check=False, timeout=30
            )
            lines += [statement, done.stdout or done.stderr]
    return lines
