#!/usr/bin/python3
"""Waits until the broker answers, then makes the topics that are missing. Exit code 1 when it does not answer in time."""
import argparse
import sys
import time

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic
from properties import read

TOPICS = ('kassaflow.receipts', 'kassaflow.callbacks', 'kassaflow.outcomes', 'kassaflow.dead-letters')
CONFIG = {
    # The broker's clock, so that retention cannot be cheated by a producer's (exactly-once.md 18).
    'message.timestamp.type': 'LogAppendTime',
    'retention.ms': str(30 * 24 * 3600 * 1000),
    'retention.bytes': '-1',
    'cleanup.policy': 'delete',
}


def existing_topics(admin, deadline):
    while True:
        try:
            return admin.list_topics(timeout=2).topics.keys()
        except KafkaException:
            if time.monotonic() > deadline:
                raise


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument('--config', required=True, help="file of librdkafka's properties, of an administrator")
    arguments.add_argument('--partitions', type=int, default=8)
    arguments.add_argument('--replication-factor', type=int, default=1)
    arguments.add_argument('--timeout', type=float, default=60, help='seconds')
    options = arguments.parse_args()
    admin = AdminClient({**read(options.config), 'log_level': 0, 'reconnect.backoff.max.ms': 200})
    try:
        missing = set(TOPICS) - existing_topics(admin, time.monotonic() + options.timeout)
    except KafkaException as error:
        sys.exit(f'Kafka does not answer: {error.args[0].str()}')
    if missing:
        wanted = [NewTopic(name, options.partitions, options.replication_factor, config=CONFIG) for name in sorted(missing)]
        for name, future in admin.create_topics(wanted, operation_timeout=30).items():
            future.result()
            print(f'topic {name}: created, {options.partitions} partitions')


if __name__ == '__main__':
    main()
