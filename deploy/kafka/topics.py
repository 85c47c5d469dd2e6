#!/usr/bin/python3
"""Waits until as many brokers answer as are to keep a record, then makes the topics that are missing. Exit code 1 when they do not in
time."""
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


def existing_topics(admin, brokers, deadline):
    while True:
        try:
            found = admin.list_topics(timeout=2)
        except KafkaException:
            if time.monotonic() > deadline:
                raise
            continue
        if len(found.brokers) >= brokers:
            return found.topics.keys()
        if time.monotonic() > deadline:
            sys.exit(f'of {brokers} brokers there are {len(found.brokers)}')
        time.sleep(0.2)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument('--config', required=True, help="file of librdkafka's properties, of an administrator")
    arguments.add_argument('--partitions', type=int, default=8)
    arguments.add_argument('--replication-factor', type=int, default=1)
    arguments.add_argument('--min-insync-replicas', type=int, default=1, help='how many brokers have a record before it counts')
    arguments.add_argument('--timeout', type=float, default=60, help='seconds')
    options = arguments.parse_args()
    admin = AdminClient({**read(options.config), 'log_level': 0, 'reconnect.backoff.max.ms': 200})
    try:
        missing = set(TOPICS) - existing_topics(admin, options.replication_factor, time.monotonic() + options.timeout)
    except KafkaException as error:
        sys.exit(f'Kafka does not answer: {error.args[0].str()}')
    if missing:
        config = {**CONFIG, 'min.insync.replicas': str(options.min_insync_replicas)}
        wanted = [NewTopic(name, options.partitions, options.replication_factor, config=config) for name in sorted(missing)]
        for name, future in admin.create_topics(wanted, operation_timeout=30).items():
            future.result()
            print(f'topic {name}: created, {options.partitions} partitions')


if __name__ == '__main__':
    main()
