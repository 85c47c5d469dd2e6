"""Records as a stranger writes them to Kafka: the wire format of Protocol Buffers by hand, and a producer."""

from __future__ import annotations

import secrets
import struct
import time
from typing import Any

from confluent_kafka import Producer

from harness.shop import Shop
from harness.stack import Stack

RECEIPTS, CALLBACKS, OUTCOMES = 'kassaflow.receipts', 'kassaflow.callbacks', 'kassaflow.outcomes'
QUEUED, DONE, FAILED = 1, 5, 6  # ReceiptState
WITHIN_S = 30.0

Fields = dict[int, Any]  # by number; an int, a text, bytes, a message as Fields, or a list of them


def message(fields: Fields) -> bytes:
    return b''.join(
        _field(number, each)
        for number, value in fields.items()
        for each in (value if isinstance(value, list) else [value])
    )


def _field(number: int, value: Any) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value & 0xFFFF_FFFF_FFFF_FFFF)
    if isinstance(value, dict):
        value = message(value)
    if isinstance(value, str):
        value = value.encode()
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = b''
    while value > 0x7F:
        out += struct.pack('B', value & 0x7F | 0x80)
        value >>= 7
    return out + struct.pack('B', value)


def new_uuid() -> str:
    digits = secrets.token_hex(16)
    return f'{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-8{digits[17:20]}-{digits[20:]}'


def pool_of(shop: Shop) -> str:
    return f'{shop.name}-box-1-pool'


def accepted(shop: Shop, **changed: Any) -> Fields:
    """ReceiptAccepted of a check nobody has posted; `changed` by the names of its fields."""
    now_ms = int(time.time() * 1000)
    numbers = {
        'receipt_id': 1, 'post_id': 2, 'tenant': 3, 'installation': 4, 'cashbox': 5, 'pool': 6, 'unique_id': 7,
        'date_create_s': 8, 'accepted_at_ms': 9, 'content_digest': 10, 'digest_version': 11, 'receipt': 12,
    }  # fmt: skip
    line = {1: 'Чужое', 2: 100, 3: 1000, 4: 100, 5: 6, 6: 4, 7: 1}
    values: dict[str, Any] = {
        'receipt_id': new_uuid(),
        'post_id': new_uuid(),
        'tenant': shop.name,
        'installation': f'{shop.name}-main',
        'cashbox': f'{shop.name}-box-1',
        'pool': pool_of(shop),
        'unique_id': str(secrets.randbelow(10**9)),
        'date_create_s': now_ms // 1000,
        'accepted_at_ms': now_ms,
        'content_digest': secrets.token_bytes(32),
        'digest_version': 1,
        'receipt': {1: 1, 2: [line], 3: {2: 100}, 4: 100},
    }
    return {numbers[name]: value for name, value in (values | changed).items()}


def owner(post: Fields) -> bytes:
    """ReceiptOwner, as ingress writes it into the header, without the cashbox."""
    return message({1: post[1], 2: post[2], 3: post[3], 4: post[4], 6: post[7]})


def callback(shop: Shop, register: str, **changed: Any) -> Fields:
    numbers = {
        'tenant': 1, 'register': 2, 'protocol': 3, 'body': 4, 'received_at_ms': 5, 'pool': 6, 'identity': 7,
        'attempt_key': 8, 'remote_id': 9,
    }  # fmt: skip
    values: dict[str, Any] = {
        'tenant': shop.name,
        'register': register,
        'protocol': 'itkassa',
        'body': b'{}',
        'received_at_ms': 1,
        'pool': pool_of(shop),
        'identity': 'itkassa:none',
        'attempt_key': new_uuid(),
    }
    return {numbers[name]: value for name, value in (values | changed).items()}


def outcome(shop: Shop, receipt: str, state: int, **changed: Any) -> Fields:
    numbers = {
        'receipt_id': 1, 'revision': 2, 'state': 3, 'generation': 4, 'covered_post_ids': 5, 'tenant': 6, 'installation': 7,
        'pool': 8, 'unique_id': 9, 'fiscal': 11, 'error': 12, 'changed_at_ms': 14, 'accepted_at_ms': 18,
    }  # fmt: skip
    values: dict[str, Any] = {
        'receipt_id': receipt,
        'revision': 1_000_000,
        'state': state,
        'generation': 1,
        'tenant': shop.name,
        'installation': f'{shop.name}-main',
        'pool': pool_of(shop),
        'changed_at_ms': 1,
        'accepted_at_ms': 1,
    }
    return {numbers[name]: value for name, value in (values | changed).items()}


class Writer:
    def __init__(self, stack: Stack) -> None:
        self._producer = Producer({**stack.kafka_properties(), 'log_level': 0})

    def write(self, topic: str, key: str | bytes, value: bytes, headers: dict[str, bytes] | None = None) -> None:
        """Durable when it returns."""
        failed: list[Any] = []
        self._producer.produce(
            topic,
            value,
            key,
            headers=list((headers or {}).items()),
            on_delivery=lambda error, _: failed.append(error) if error else None,
        )
        left = self._producer.flush(WITHIN_S)
        assert not left and not failed, f'{topic} was not written: {failed or left}'
