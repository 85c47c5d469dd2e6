"""The cloud behind the API: tasks, a queue and a worker for each register. It all starts again from the ledger."""

from __future__ import annotations

import json
import queue
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from common.faults import Fault
from common.fiscal_storage import ShiftError
from common.simulator import RegisterSimulator
from itkassa.documents import SHIFT_COMMANDS, SIGNS, TITLES, Refused, command_of, read_receipt

SHIFT_ERRORS = {
    'closed': ('73', 'Смена закрыта'),
    'open': ('83', 'Смена открыта'),
    'expired': ('68', 'Смена превысила 24 часа'),
}
TEST_QR = 't=19700101T000000&s=0.00&fn=&i=0&fp=0000000000&n=0'  # §12


def organization_of(api_key: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f'itkassa/{api_key}'))


def iso(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).isoformat(timespec='seconds')


@dataclass
class Task:
    id: str
    number: int
    register: str
    organization: str
    key: str
    document: dict[str, Any]
    created_at: float
    printed: dict[str, Any] | None = None  # the ledger's document
    result: dict[str, Any] | None = None  # the ledger's result
    delivered: threading.Event = field(default_factory=threading.Event)  # the callback, or giving it up
    # Questions until its attributes show: 0 they do, None they wait for a release. A crash ends the waiting.
    withheld: int | None = 0
    said: dict[str, Any] | None = None  # meanwhile this is shown in its place
    released: bool = False  # was stuck, is no longer

    @property
    def type(self) -> str:
        return str(self.document['commands'][0].get('type', ''))

    def as_json(self) -> dict[str, Any]:
        """`object` of §6."""
        if self.withheld != 0 and self.said:
            return self.said
        shown: dict[str, Any] = {
            'id': self.id,
            'title': TITLES.get(self.type, 'НФД'),
            'type': self.type,
            'isFiscal': self.type in TITLES,
            'idempKey': self.key or None,
            'orderNumber': self.number,
            'commands': self.document['commands'],
            'sessionNumber': None,
            'checkNumber': None,
            'fsNumber': None,
            'checkDate': None,
            'checkUrl': None,
            'checkUrlOfd': None,
            'createdAt': iso(self.created_at),
            'updatedAt': iso(self.created_at),
            'organizationId': self.organization,
            'creItemId': self.register,
            'resultItem': None,
        }
        if self.result:
            shown |= {'queueItem': None, 'updatedAt': iso(self.result['time']), 'resultItem': self._result_item()}
            if self.result.get('description'):
                shown |= {'result': self.result['result'], 'result_description': self.result['description']}
        if self.printed and self.result and self.withheld == 0:
            shown |= self._attributes(self.printed)
        return shown

    def asked(self) -> None:
        """A question was answered; the next one may hear more."""
        if self.result and self.withheld:
            self.withheld -= 1

    def _attributes(self, fiscal: dict[str, Any]) -> dict[str, Any]:
        if fiscal['test']:
            return {'sessionNumber': str(fiscal['shift']), 'checkNumber': '0', 'checkUrl': TEST_QR, 'checkUrlOfd': ''}
        return {
            'sessionNumber': str(fiscal['shift']),
            'checkNumber': str(fiscal['fd']),
            'checkSign': fiscal['fp'],
            'fsNumber': fiscal['fn'],
            'checkUrl': fiscal['qr'],
            'checkUrlOfd': '',
            'checkDate': datetime.fromtimestamp(fiscal['printed_at'], UTC).strftime('%Y-%m-%d %H:%M:%S'),
        }

    def _result_item(self) -> dict[str, Any]:
        assert self.result
        at = iso(self.result['time'])
        return {
            'id': self.result['id'],
            'queueItemId': self.number,
            'creErrorId': self.result['creErrorId'],
            'creErrorText': self.result['creErrorText'],
            'commands': json.dumps(self.document['commands'], ensure_ascii=False),
            'result': self.result['result'],
            'printedAt': at,
            'createdAt': at,
            'updatedAt': at,
            'printDocumentId': self.id,
        }


class Cloud:
    def __init__(self, simulator: RegisterSimulator, deliver: Any) -> None:
        self._simulator, self._deliver = simulator, deliver
        self._ledger = simulator.ledger
        self._lock = threading.RLock()
        self._tasks: dict[str, Task] = {}
        self._last_of: dict[str, Task] = {}
        self._queues: dict[str, queue.SimpleQueue[Task]] = {}
        self._faults_changed = threading.Condition()
        self._unmanaged: dict[str, str] = {}  # registers whose shift the cloud leaves to us -> what it says of it
        self._stuck: list[Task] = []  # "queued" until released
        for row in self._ledger.rows():
            self._replay(row)
        for task in self._tasks.values():
            if not task.result:
                self._enqueue(task)

    def _replay(self, row: dict[str, Any]) -> None:
        if row['event'] == 'task':
            task = Task(
                row['id'], row['number'], row['register'], row['organization'], row['key'], row['document'], row['time']
            )
            self._tasks[task.id] = self._last_of[task.register] = task
        elif row['event'] == 'document' and row.get('task') in self._tasks:
            self._tasks[row['task']].printed = row
        elif row['event'] == 'result':
            self._tasks[row['task']].result = row

    # --- asked by the API ---

    def accept(self, organization: str, document: dict[str, Any]) -> tuple[Task, bool]:
        """The task, and whether it is new: a key in a row is ignored (§10)."""
        register, key = document['creItemId'], document.get('idempKey') or ''
        with self._lock:
            last = self._last_of.get(register)
            if key and last and last.key == key and last.organization == organization:
                self._ledger.append('duplicate', register=register, key=key, task=last.id)
                return last, False
            task = Task(str(uuid.uuid4()), len(self._tasks) + 1, register, organization, key, document, time.time())
            self._ledger.append(
                'task',
                register=register,
                key=key,
                id=task.id,
                number=task.number,
                organization=organization,
                document=document,
            )
            self._tasks[task.id] = self._last_of[register] = task
            self._enqueue(task)
            return task, True

    def by_id(self, organization: str, task_id: str) -> Task | None:
        with self._lock:
            task = self._tasks.get(task_id)
            return task if task and task.organization == organization else None

    def by_key(self, organization: str, key: str) -> Task | None:
        with self._lock:
            return next(
                (task for task in self._tasks.values() if task.key == key and task.organization == organization), None
            )

    def release(self) -> int:
        """Withheld attributes show, stuck documents are executed; how many there were."""
        with self._lock:
            withheld = [task for task in self._tasks.values() if task.withheld != 0]
            stuck, self._stuck = self._stuck, []
            for task in withheld:
                task.withheld = 0
            for task in stuck:
                task.released = True
                self._enqueue(task)
            return len({task.id for task in withheld + stuck})

    def faults_changed(self) -> None:
        with self._faults_changed:
            self._faults_changed.notify_all()

    # --- the registers' workers ---

    def _enqueue(self, task: Task) -> None:
        if task.register not in self._queues:
            self._queues[task.register] = queue.SimpleQueue()
            threading.Thread(target=self._work, args=(self._queues[task.register],), daemon=True).start()
        self._queues[task.register].put(task)

    def _work(self, tasks: queue.SimpleQueue[Task]) -> None:
        while True:
            task = tasks.get()
            subject = {'register': task.register, 'key': task.key, 'type': task.type}
            self._wait_online(subject)
            if not task.released and (fault := self._simulator.faults.take(['stuck'], subject)):
                self._keep_stuck(task, fault.parameters['printed'])
                continue
            slow = self._simulator.faults.take(['slow_execution'], subject)
            time.sleep(self._simulator.settings['exec_delay_s'] + (slow.parameters['delay_s'] if slow else 0))
            self._execute(task, subject)
            if self._simulator.faults.holds('no_callback', subject):
                task.delivered.set()
            else:
                threading.Thread(target=self._deliver, args=(task,), daemon=True).start()

    def _wait_online(self, subject: dict[str, Any]) -> None:
        holds = self._simulator.faults.holds
        with self._faults_changed:
            self._faults_changed.wait_for(lambda: not holds('offline', subject) and not holds('dead', subject))

    def _keep_stuck(self, task: Task, printed: bool) -> None:
        if printed:
            task.printed = self._print(task, read_receipt(command_of(task.document)))
        with self._lock:
            self._stuck.append(task)

    def _execute(self, task: Task, subject: dict[str, Any]) -> None:
        if task.printed:  # it was signed just before a crash
            return self._finish(task, '0', 'Ошибок нет')
        receipt = None
        try:
            if task.type in SIGNS:
                receipt = read_receipt(command_of(task.document))
            elif task.type not in SHIFT_COMMANDS:
                raise Refused(f'Недопустимое значение поля type: {task.type}')
        except Refused as refused:
            return self._finish(task, '0', '', description=str(refused))
        if fault := self._simulator.faults.take(['critical_error', 'answer'], subject):
            return self._fail(task, receipt, fault)
        if task.type != 'closeSession' and (fault := self._simulator.faults.take(['fn_full'], subject)):
            return self._finish(task, str(fault.parameters['creErrorId']), fault.parameters['creErrorText'])
        if fault := self._simulator.faults.take(['shift_expired', 'shift_closed'], subject):
            self._leave_shift(task.register, fault)
        try:
            task.printed = self._print(task, receipt)
        except ShiftError as error:
            code, text = SHIFT_ERRORS[error.code]
            return self._finish(task, self._unmanaged.get(task.register, code), text)
        self._finish(task, '0', 'Ошибок нет')

    def _fail(self, task: Task, receipt: Any, fault: Fault) -> None:
        """It says that it failed, whatever the storage did."""
        if fault.parameters['fiscal']:
            task.printed = self._print(task, receipt)
            task.withheld = fault.parameters['attributes_after']
        if fault.name == 'critical_error':
            return self._finish(task, str(fault.parameters['creErrorId']), fault.parameters['creErrorText'])
        task.said, task.withheld = self._said(task, fault.parameters['body']), fault.parameters['attributes_after']
        item = task.said.get('resultItem') or {}
        self._finish(task, str(item.get('creErrorId', '255')), str(item.get('creErrorText', '')))

    @staticmethod
    def _said(task: Task, body: str) -> dict[str, Any]:
        """`body` is a whole answer with KEY, DOCUMENT and REGISTER in the place of this document's names."""
        for name, value in (('KEY', task.key), ('DOCUMENT', task.id), ('REGISTER', task.register)):
            body = body.replace(f'"{name}"', json.dumps(value))
        said: dict[str, Any] = json.loads(body)['object']
        return said

    def _print(self, task: Task, receipt: Any) -> dict[str, Any]:
        storage = self._simulator.storage(task.register)
        marks = {'key': task.key, 'task': task.id, 'request': json.dumps(task.document, ensure_ascii=False)}
        if task.type in SHIFT_COMMANDS:
            with storage.lock:
                opens = task.type == 'openSession'
                document = storage.open_shift(**marks) if opens else storage.close_shift(**marks)
                self._unmanaged.pop(task.register, None)
                return document
        with storage.lock:
            # The platform opens and closes shifts itself (§4).
            if task.register not in self._unmanaged:
                if storage.shift_state() == 'expired':
                    storage.close_shift()
                if storage.shift_state() == 'closed':
                    storage.open_shift()
            return storage.print_receipt(receipt, **marks)

    def _leave_shift(self, register: str, fault: Fault) -> None:
        storage = self._simulator.storage(register)
        with storage.lock:
            if fault.name == 'shift_closed':
                if storage.shift_state() != 'closed':
                    storage.close_shift()
            else:
                if storage.shift_state() == 'closed':
                    storage.open_shift()
                storage.make_shift_old(25)
            self._unmanaged[register] = str(fault.parameters['creErrorId'])

    def _finish(self, task: Task, code: str, text: str, description: str = '') -> None:
        good = code == '0' and not description
        task.result = self._ledger.append(
            'result',
            register=task.register,
            key=task.key,
            task=task.id,
            id=str(uuid.uuid4()),
            creErrorId=code,
            creErrorText=f'[ {task.type} ] {text}' if text else '',
            result='success' if good else 'critical_error',
            description=description,
        )
