"""A Prometheus that scrapes a stack every second, with the rules of deploy/prometheus."""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import urllib.parse
import urllib.request
from typing import Any

import yaml
from harness.stack import ROOT, Stack
from harness.waiting import eventually

PROMETHEUS = ROOT / 'deploy' / 'prometheus'


class Prometheus:
    def __init__(self, stack: Stack) -> None:
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix='prometheus-'))
        with socket.create_server(('127.0.0.1', 0)) as probe:
            self.url = f'http://127.0.0.1:{probe.getsockname()[1]}'
        (self._folder / 'prometheus.yml').write_text(self._configuration(stack))
        with open(self._folder / 'log', 'wb') as log:
            self._process = subprocess.Popen(
                [
                    'prometheus',
                    f'--config.file={self._folder}/prometheus.yml',
                    f'--storage.tsdb.path={self._folder}/data',
                    f'--web.listen-address={self.url.removeprefix("http://")}',
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        eventually(self._is_ready, 'Prometheus is ready', seen=self.log)

    def _configuration(self, stack: Stack) -> str:
        """That of deploy/prometheus, with the stack's addresses and quicker."""
        settings = yaml.safe_load((PROMETHEUS / 'prometheus.yml').read_text())
        settings['global'] |= {'scrape_interval': '1s', 'evaluation_interval': '1s'}
        del settings['alerting']
        rules = self._folder / 'rules'
        rules.mkdir()
        for path in (PROMETHEUS / 'rules').glob('*.yaml'):
            # What is judged every 5 minutes, every second.
            (rules / path.name).write_text(re.sub(r'(?m)^ +interval: .*\n', '', path.read_text()))
        for job in settings['scrape_configs']:
            service = job['job_name'].removeprefix('kassaflow-')
            if service == job['job_name']:
                continue
            addresses = [
                urllib.parse.urlsplit(url).netloc
                for name, url in stack.env.items()
                if re.fullmatch(rf'METRICS_{service.upper()}(_\d+)?', name)
            ]
            del job['dns_sd_configs']
            job['static_configs'] = [{'targets': addresses}]
        return yaml.safe_dump(settings)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f'{self.url}/-/ready', timeout=5):
                return True
        except OSError:
            return False

    def log(self) -> str:
        return (self._folder / 'log').read_text(errors='replace')[-2000:]

    def ask(self, path: str, **parameters: str) -> Any:
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f'{self.url}/api/v1/{path}?{query}', timeout=30) as answer:
            return json.load(answer)['data']

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series that have a value that is a number."""
        found = self.ask('query', query=expression)
        assert found['resultType'] == 'vector', f'{expression} is a {found["resultType"]}'
        return [row for row in found['result'] if row['value'][1] != 'NaN']

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=60)
        shutil.rmtree(self._folder)
