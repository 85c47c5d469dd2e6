"""How a client reaches the brokers, and as whom: a file of librdkafka's properties."""

import pathlib


def read(path: str | pathlib.Path) -> dict[str, str]:
    """As confluent_kafka takes them."""
    lines = (line.strip() for line in pathlib.Path(path).read_text().splitlines())
    return dict(line.split('=', 1) for line in lines if line and not line.startswith('#'))
