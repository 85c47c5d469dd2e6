"""Telling a finished document to the organization's printResultUrl (itkassa.md §13)."""

from __future__ import annotations

import http.client
import json
import time
import urllib.parse
from typing import Any

from common.ledger import Ledger
from itkassa.cloud import Task

ANSWER_WITHIN_S = 10.0


class Callbacks:
    def __init__(self, ledger: Ledger, settings: dict[str, Any]) -> None:
        self._ledger, self._settings = ledger, settings
        self._targets: dict[str, dict[str, str]] = {
            row['organization']: row for row in ledger.rows(event='callback_settings')
        }

    def configure(self, organization: str, url: str, key: str) -> None:
        """`organization` '' is the default of all."""
        row = self._ledger.append('callback_settings', organization=organization, url=url, key=key)
        self._targets[organization] = row

    def deliver(self, task: Task) -> None:
        """Several attempts with growing pauses; then nothing more is sent."""
        pause_s = float(self._settings['callback_pause_s'])
        for attempt in range(1, int(self._settings['callback_attempts']) + 1):
            target = self._targets.get(task.organization) or self._targets.get('')
            if not target or not target['url']:
                break
            status = _post(target['url'], target['key'], task)
            self._ledger.append(
                'callback', register=task.register, key=task.key, task=task.id, attempt=attempt, status=status
            )
            if status == 200:
                break
            time.sleep(pause_s)
            pause_s *= 2
        task.delivered.set()


def _post(url: str, key: str, task: Task) -> int:
    """The answer's status; 0 when there was none."""
    parts = urllib.parse.urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == 'https' else http.client.HTTPConnection
    connection = kind(parts.hostname or '', parts.port, timeout=ANSWER_WITHIN_S)
    headers = {
        'accept': 'application/json',
        'content-type': 'application/json',
        'X-Api-Key': key,
        'X-Organization-Id': task.organization,
    }
    try:
        connection.request('POST', parts.path, json.dumps(task.as_json(), ensure_ascii=False).encode(), headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
