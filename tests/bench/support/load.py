"""Load: wrk with real PRINT_URL bodies, and the bare producer."""

from __future__ import annotations

import json
import pathlib
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parents[1] / 'fixtures' / 'print-url'
FIXTURE = 'sell-cash'
THREADS = 2
IDS_PER_RUN = 10**9  # more than post.lua hands out in one run
MARGIN_S = 60.0


@dataclass(frozen=True)
class Figures:
    per_second: float
    p50_us: int
    p99_us: int
    failures: int
    requests: int  # all that were answered, a warm-up's as well

    def json(self) -> dict[str, Any]:
        return asdict(self)


def body_template(token: str) -> str:
    """A check of the portal's own client; @ID@ and @BOX@ are filled in by post.lua."""
    body = (FIXTURES / f'{FIXTURE}.http').read_bytes().partition(b'\r\n\r\n')[2].decode('ascii')
    fields = dict(pair.split('=', 1) for pair in body.split('&'))
    body = body.replace(fields['unique_id'], '@ID@')
    body = body.replace(f'number_kkm={fields["number_kkm"]}', 'number_kkm=box-@BOX@')
    place = 'cashbox_params%5BGATEWAY%5D%5BTOKEN%5D='
    return body.replace(place + fields[place.rstrip('=')], place + token)


class Poster:
    """Runs of wrk whose checks all differ."""

    def __init__(self, token: str, boxes: int) -> None:
        self._boxes, self._runs = boxes, 0
        self._template = tempfile.NamedTemporaryFile('w', suffix='.form')  # noqa: SIM115  # lives as long as this object
        self._template.write(body_template(token))
        self._template.flush()
        self.accepted = 0
        self.body_bytes = len(body_template(token))

    def run(self, url: str, connections: int, seconds: float, pause_ms: float = 0.0, limit: int = 0) -> Figures:
        """`pause_ms`: mean rest of a connection between two posts; `limit`: no more posts after so many answers."""
        self._runs += 1
        script = [self._template.name, str(self._runs * IDS_PER_RUN), str(self._boxes), str(pause_ms)]
        script.append(str(-(-limit // THREADS)))
        done = subprocess.run(
            ['wrk', f'-t{THREADS}', f'-c{connections}', f'-d{max(1, round(seconds))}s', '--timeout', '10s',
             '-s', str(HERE / 'post.lua'), url, '--', *script],
            capture_output=True,
            text=True,
            timeout=seconds + MARGIN_S,
            check=False,
        )
        lines = [line for line in done.stdout.splitlines() if line.startswith('{')]
        if done.returncode or not lines:
            raise AssertionError(f'wrk: exit code {done.returncode}\n{done.stdout}{done.stderr}')
        figures = Figures(**json.loads(lines[-1]))
        if figures.failures:
            print(f'{figures.failures} of {figures.requests} posts failed; {done.stderr.strip()}')
        return figures


def produce(binary: pathlib.Path, config: str, topic: str, **options: float | str) -> Figures:
    """The bare producer; options as it takes them."""
    words = [f'--{name.replace("_", "-")}={value}' for name, value in options.items()]
    done = subprocess.run(
        [binary, '--config', config, '--topic', topic, *words],
        capture_output=True,
        text=True,
        timeout=float(options.get('seconds', 0)) + MARGIN_S,
        check=False,
    )
    if not done.stdout.startswith('{'):
        raise AssertionError(f'produce_bare: exit code {done.returncode}\n{done.stdout}{done.stderr}')
    return Figures(**json.loads(done.stdout))
