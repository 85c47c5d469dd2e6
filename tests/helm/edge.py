"""The edge's configuration as the chart writes it, with ports and places that a test may have."""

import contextlib
import getpass
import grp
import hashlib
import os
import pathlib
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping

from chart import Object, of_kind

PATIENCE_S = 60


def free_port() -> int:
    with socket.create_server(('127.0.0.1', 0)) as server:
        return int(server.getsockname()[1])


def configuration(objects: list[Object], folder: pathlib.Path, replaced: Mapping[str, str]) -> pathlib.Path:
    (item,) = (each for each in of_kind(objects, 'ConfigMap') if 'nginx.conf' in each['data'])
    host, text = item['metadata']['name'].removesuffix('-edge'), item['data']['nginx.conf']
    places = {
        # Nobody answers there.
        f'server {host}-ingress:8080 max_fails=0;': 'server 127.0.0.1:9 max_fails=0;',
        f'server {host}-status:8080 max_fails=0;': 'server 127.0.0.1:9 max_fails=0;',
        '/tmp/edge': str(folder), '/dev/stdout': f'{folder}/log', **replaced,
    }  # fmt: skip
    for old, new in places.items():
        assert old in text, old
        text = text.replace(old, new)
    file = folder / 'nginx.conf'
    file.write_text(text)
    return file


def make_certificate(folder: pathlib.Path) -> str:
    """Another one each time, put in place at once, as the kubelet does; its SHA-256."""
    made = folder / 'made'
    made.mkdir(exist_ok=True)
    subprocess.run(
        ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=kassa.example.ru',
         '-days', '2', '-keyout', made / 'tls.key', '-out', made / 'tls.crt'],
        check=True, capture_output=True,
    )  # fmt: skip
    place = folder / 'edge-tls'
    place.mkdir(exist_ok=True)
    for name in ('tls.key', 'tls.crt'):
        (made / name).replace(place / name)
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert((place / 'tls.crt').read_text())).hexdigest()


def served_certificate(port: int) -> str:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(('127.0.0.1', port), PATIENCE_S) as plain, context.wrap_socket(plain) as connection:
        return hashlib.sha256(connection.getpeercert(True) or b'').hexdigest()


@contextlib.contextmanager
def running(objects: list[Object], folder: pathlib.Path) -> Iterator[int]:
    """nginx at work; its port of TLS."""
    make_certificate(folder)
    plain, tls = free_port(), free_port()
    file = configuration(objects, folder, {
        'listen 8080;': f'listen 127.0.0.1:{plain};', 'listen 8443 ssl': f'listen 127.0.0.1:{tls} ssl',
        '/etc/kassaflow/edge-tls': f'{folder}/edge-tls', 'worker_rlimit_nofile': '#',
        'worker_connections 16384;': 'worker_connections 512;',
        # In the pod nobody is root; else the workers of a test that root runs could not read its folder.
        'daemon off;': f'daemon off;\nuser {getpass.getuser()} {grp.getgrgid(os.getgid()).gr_name};',
    })  # fmt: skip
    with subprocess.Popen(['nginx', '-p', folder, '-e', 'stderr', '-c', file], stderr=subprocess.DEVNULL) as nginx:
        try:
            deadline = time.monotonic() + PATIENCE_S
            while True:
                try:
                    socket.create_connection(('127.0.0.1', tls), 1).close()
                    break
                except OSError:
                    if nginx.poll() is not None or time.monotonic() > deadline:
                        raise
                    time.sleep(0.05)
            yield tls
        finally:
            nginx.terminate()
