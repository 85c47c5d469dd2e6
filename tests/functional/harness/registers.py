"""Simulated registers as a test sees them: their ledger is the judge."""

from __future__ import annotations

import secrets
import urllib.parse
import uuid
from typing import Any

from harness.stack import Stack
from harness.wire import call

Row = dict[str, Any]
SHIFT_COMMANDS = ('kktOpenShift', 'kktCloseShift', 'openSession', 'closeSession')


class Till:
    """One register, of this test alone."""

    protocol = ''
    simulator = ''  # its address is KASSAFLOW_<simulator>_URL

    def __init__(self, stack: Stack, identifier: str, key: str, **declared: Any) -> None:
        """`declared`: what the simulator is told of it, `test` for a test register among it."""
        self.id, self.key = identifier, key  # ours and the simulator's name of it
        self.test = False  # what its document says
        self.declared = declared
        self.base = self.endpoint = stack.url(self.simulator)
        self.registration_number = f'{secrets.randbelow(10 ** 16):016d}'
        call(
            'POST',
            f'{self.base}/_sim/registers',
            {'register': key, 'registration_number': self.registration_number, **declared},
        )

    def settings(self) -> dict[str, Any]:
        """The document of kassactl apply, but for kind, id and pool."""
        return {'protocol': self.protocol, **self.connection(), **({'test': True} if self.test else {})}

    def connection(self) -> dict[str, Any]:
        """Where it is, and what it takes."""
        raise NotImplementedError

    def rows(self, event: str, **where: str) -> list[Row]:
        query = urllib.parse.urlencode({'event': event, 'register': self.key, **where})
        return call('GET', f'{self.base}/_sim/ledger?{query}')

    def receipts(self, **where: str) -> list[Row]:
        return self.rows('document', kind='receipt', **where)

    def requests(self) -> list[Row]:
        """Fiscal requests of receipts that reached it, in order."""
        return [row for row in self.rows('request') if row['type'] not in SHIFT_COMMANDS]

    def shift_commands(self) -> list[Row]:
        return [row for row in self.rows('request') if row['type'] in SHIFT_COMMANDS]

    def arm(self, fault: str, count: Any = 1, match: Any = None, **parameters: Any) -> None:
        call(
            'POST',
            f'{self.base}/_sim/faults',
            {'fault': fault, 'count': count, 'match': {'register': self.key, **(match or {})}, **parameters},
        )

    def disarm(self) -> None:
        call('DELETE', f'{self.base}/_sim/faults')

    def release(self) -> int:
        """Late bytes arrive; how many there were."""
        return call('POST', f'{self.base}/_sim/release')['released']

    def print_by_hand(self) -> Row:
        return call('POST', f'{self.base}/_sim/registers/{self.key}/foreign', {'total': 4200})

    def change_shift(self, **wanted: Any) -> None:
        call('POST', f'{self.base}/_sim/registers/{self.key}/shift', wanted)


class ItkassaTill(Till):
    protocol, simulator = 'itkassa', 'SIM_ITKASSA'

    def __init__(self, stack: Stack, identifier: str, **declared: Any) -> None:
        self.api_key, self.callback_key, self.exclusive = secrets.token_hex(16), secrets.token_hex(16), True
        super().__init__(stack, identifier, str(uuid.uuid4()), api_key=self.api_key, **declared)
        self.endpoint = f'{self.base}/open/api/v1'

    def connection(self) -> dict[str, Any]:
        credentials = {'creItemId': self.key, 'apiKey': self.api_key, 'callbackKey': self.callback_key}
        return {
            'endpoint': self.endpoint,
            'itkassa': credentials,
            'exclusive': self.exclusive,
        }

    def questions(self, key: str) -> list[Row]:
        """For the result of one document."""
        return self.rows('question', key=key)

    def call_back(self, stack: Stack) -> str:
        """Sets the organization's printResultUrl as its owner would; the address."""
        url = stack.kassactl_json('get', 'register', self.id)['callbackUrl']
        call('POST', f'{self.base}/_sim/callback', {'url': url, 'key': self.callback_key, 'api_key': self.api_key})
        return url


class BitTill(Till):
    protocol, simulator = 'bit', 'SIM_BIT'

    def __init__(self, stack: Stack, identifier: str, **declared: Any) -> None:
        super().__init__(stack, identifier, secrets.token_hex(16), **declared)
        self.deduplication = 'assumed-none'

    def connection(self) -> dict[str, Any]:
        return {
            'endpoint': self.endpoint,
            'registrationNumber': self.registration_number,
            'bit': {'kktToken': self.key, 'deduplication': self.deduplication},
        }
