"""Raw HTTP answers: an nginx that reads a post and says a constant UUID. What no gateway on this machine can exceed."""

from __future__ import annotations

import pathlib
import socket
import subprocess
import tempfile

from harness.waiting import eventually

CONFIGURATION = '''
pid {folder}/nginx.pid;
daemon off;
worker_processes 2;
error_log stderr emerg;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  client_body_buffer_size 64k;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    {tls}
    default_type "application/json; charset=utf-8";
    return 200 '{{"UUID":"00000000-0000-8000-8000-000000000000"}}';
  }}
}}
'''


def free_port() -> int:
    with socket.create_server(('127.0.0.1', 0)) as probe:
        return probe.getsockname()[1]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(('127.0.0.1', port)) == 0


class RawHttp:
    """With a certificate and its key also by TLS."""

    def __init__(self, certificate: str = '', key: str = '') -> None:
        self._certificate, self._key = certificate, key

    def __enter__(self) -> RawHttp:
        self._folder = tempfile.TemporaryDirectory()
        port = free_port()
        configuration = pathlib.Path(self._folder.name) / 'nginx.conf'
        tls_port = free_port()
        tls = f'listen 127.0.0.1:{tls_port} ssl backlog=1024; ssl_certificate {self._certificate}; ssl_certificate_key {self._key};'
        configuration.write_text(CONFIGURATION.format(folder=self._folder.name, port=port, tls=tls if self._certificate else ''))
        command = ['nginx', '-p', self._folder.name, '-e', 'stderr', '-c', str(configuration)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        eventually(lambda: listens(port), 'raw nginx listens')
        self.url, self.tls_url = f'http://127.0.0.1:{port}/print', f'https://127.0.0.1:{tls_port}/print'
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()
        self._folder.cleanup()
