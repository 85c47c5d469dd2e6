#!/usr/bin/python3
"""Every answer of the edge is one a portal can live with (bitrix24.md §3.2, §6, §7), whatever the services behind it do."""
import contextlib
import getpass
import grp
import itertools
import json
import os
import pathlib
import re
import resource
import secrets
import socket
import subprocess
import tempfile
import threading
import time
import unittest
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECRET = 'd41d8cd98f00'
PRINT, CHECK, CALLBACK = f'/b24/{SECRET}/print', f'/b24/{SECRET}/check', f'/callbacks/itkassa/{SECRET}'


def reply(status, body=b'', headers=b''):
    """Says that no other will follow on this connection: else the edge might send the next request into one that was closed."""
    return b'HTTP/1.1 %s\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n%s' % (status, headers, len(body), body)


GOOD = reply(b'200 OK', b'{"UUID":"x"}', b'Content-Type: application/json\r\n')


class Service:
    """Stands for ingress or status: keeps each request it got and answers what it was told; None: says nothing, hangs up."""

    def __init__(self):
        self.socket = socket.create_server(('127.0.0.1', 0))
        self.address = f'127.0.0.1:{self.socket.getsockname()[1]}'
        self.answer, self.requests, self.hang = GOOD, [], threading.Event()
        self.hang.set()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        with connection:
            request = connection.recv(65536)
            head, _, body = request.partition(b'\r\n\r\n')
            length = next((int(line[15:]) for line in head.split(b'\r\n') if line.lower().startswith(b'content-length:')), 0)
            while len(body) < length:
                body += connection.recv(1 << 20)
            self.requests.append((head, body))
            self.hang.wait()
            if self.answer is not None:
                connection.sendall(self.answer)


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def form_post(path, body=b'uuid=1', extra='', version='1.1'):
    return (f'POST {path} HTTP/{version}\r\nHost: gateway.example.ru\r\nConnection: close\r\n{extra}'
            f'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n').encode() + body


# As scripts/edge.sh fills them in; the limits are far away.
FIGURES = {'USER': f'{getpass.getuser()} {grp.getgrgid(os.getgid()).gr_name}', 'FILES': '20000', 'CONNECTIONS': '19000'} | dict.fromkeys(
    ('ADDRESS_RATE', 'ADDRESS_DELAY', 'ADDRESS_BURST', 'PORTAL_RATE', 'PORTAL_DELAY', 'PORTAL_BURST'), '100000'
)


class EdgeTest(unittest.TestCase):
    figures: Mapping[str, str] = FIGURES
    replaced: Mapping[str, str] = {'proxy_read_timeout 40s': 'proxy_read_timeout 1s'}
    folder: pathlib.Path
    services: dict[str, Service]
    port: int
    edge: subprocess.Popen[bytes]

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        for name in ('edge', 'log', 'run'):
            (cls.folder / name).mkdir()
        cls.services = {'INGRESS': Service(), 'STATUS': Service()}
        cls.start_edge({name: service.address for name, service in cls.services.items()})

    @classmethod
    def start_edge(cls, upstreams):
        cls.port = free_port()
        values = {'STATE_DIR': str(cls.folder), 'MODULES': '/usr/lib/nginx/modules', 'LISTEN': f'127.0.0.1:{cls.port}'}
        values |= {**cls.figures, **upstreams}
        text = (ROOT / 'deploy/edge/nginx.conf.template').read_text()
        for name, value in values.items():
            text = text.replace(f'@{name}@', value)
        for what, by in cls.replaced.items():
            assert what in text, what
            text = text.replace(what, by)
        configuration = cls.folder / 'run/nginx.conf'
        configuration.write_text(text)
        with open(cls.folder / 'log/stderr.log', 'ab') as errors:
            cls.edge = subprocess.Popen(['nginx', '-p', str(cls.folder / 'edge'), '-e', 'stderr', '-c', str(configuration)], stderr=errors)
        cls.addClassCleanup(cls.edge.wait)
        cls.addClassCleanup(cls.edge.terminate)  # runs first
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', cls.port)):
                return
            time.sleep(0.05)
        raise AssertionError('nginx does not listen: ' + (cls.folder / 'log/stderr.log').read_text())

    def setUp(self):
        for service in self.services.values():
            service.answer, service.requests = GOOD, []
            service.hang.set()

    def ask(self, request, address='127.0.0.1'):
        """All bytes the edge says to the request, which comes from that address."""
        with socket.create_connection(('127.0.0.1', self.port), timeout=20, source_address=(address, 0)) as connection:
            with contextlib.suppress(ConnectionError):  # it may have answered and closed before it read everything
                connection.sendall(request)
            said = b''
            with contextlib.suppress(ConnectionError):
                while part := connection.recv(65536):
                    said += part
            return said

    def portal_answer(self, request, address='127.0.0.1'):
        said = self.ask(request, address)
        head, _, body = said.partition(b'\r\n\r\n')
        status, *lines = head.decode().split('\r\n')
        headers = {key.lower(): value.strip() for key, _, value in (line.partition(':') for line in lines)}
        self.assertRegex(status, r'^HTTP/1\.[01] 200 ', said[:300])
        self.assertEqual(int(headers.get('content-length', -1)), len(body), said[:300])
        self.assertNotIn('transfer-encoding', headers)
        self.assertNotIn('location', headers)
        answer = json.loads(body)
        self.assertIsInstance(answer, dict)
        return answer

    def assert_fallback(self, path, request):
        answer = self.portal_answer(request)
        if path == CHECK:
            self.assertEqual(answer, {'STATUS': 'WAIT'})
        else:
            self.assertEqual(list(answer), ['ERRORS'])
            self.assertTrue(answer['ERRORS'] and all(isinstance(text, str) and text for text in answer['ERRORS']))

    def for_each_path(self):
        for path, service in ((PRINT, self.services['INGRESS']), (CHECK, self.services['STATUS'])):
            with self.subTest(path=path.replace(SECRET, '***')):
                yield path, service

    def test_passes_the_request_and_the_answer_on_unchanged(self):
        for path, service in self.for_each_path():
            for version in ('1.0', '1.1'):
                service.requests.clear()
                body = b'name=%D0%A7%D0%B0%D0%B9&nomenclature_code=DM%04%2F'
                self.assertEqual(self.portal_answer(form_post(path, body, version=version)), {'UUID': 'x'})
                self.assertEqual(len(service.requests), 1)
                head, received = service.requests[0]
                self.assertTrue(head.startswith(f'POST {path} HTTP/'.encode()), head)
                self.assertEqual(received, body)

    def test_falls_back_when_the_service_does_not_give_a_good_answer(self):
        answers = {
            'hangs up without a word': None,
            'server error': reply(b'500 Oops'),
            'unavailable': reply(b'503 Oops', b'busy'),
            'not found': reply(b'404 Not Found', b'{}'),
            'redirect': reply(b'302 Found', headers=b'Location: http://127.0.0.1/again\r\n'),
            'dies within the header': b'HTTP/1.1 200 OK\r\nContent-Le',
            'broken header': b'HTTP/1.1 200 OK\r\nContent\x00Length: 2\r\n\r\n{}',
        }
        for path, service in self.for_each_path():
            for case, answer in answers.items():
                with self.subTest(case=case):
                    service.answer, service.requests = answer, []
                    self.assert_fallback(path, form_post(path))
                    self.assertEqual(len(service.requests), 1, 'a POST is never repeated')

    def test_falls_back_when_the_service_hangs(self):
        for path, service in self.for_each_path():
            service.hang.clear()
            self.assert_fallback(path, form_post(path))
            service.hang.set()

    def test_hides_a_location_beside_a_good_answer(self):
        for path, service in self.for_each_path():
            service.answer = GOOD.replace(b'\r\n\r\n', b'\r\nLocation: http://127.0.0.1/again\r\n\r\n')
            self.assertEqual(self.portal_answer(form_post(path)), {'UUID': 'x'})

    def test_never_says_100_continue(self):
        for path, service in self.for_each_path():
            for case, answer in (('service answers', GOOD), ('service hangs up', None)):
                with self.subTest(case=case):
                    service.answer = answer
                    self.portal_answer(form_post(path, extra='Expect: 100-continue\r\n'))
            self.assert_fallback(path, form_post(path, bytes(5 << 20), extra='Expect: 100-continue\r\n'))

    def test_answers_head_with_the_header_alone(self):
        for path, service in self.for_each_path():
            service.answer = None
            said = self.ask(f'HEAD {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'.encode())
            self.assertRegex(said, rb'^HTTP/1.1 200 (?s:.*)\r\nContent-Length: [1-9](?s:.*)\r\n\r\n$')

    def test_takes_4_MiB_and_refuses_more(self):
        for path, service in self.for_each_path():
            self.assertEqual(self.portal_answer(form_post(path, b'x' * (4 << 20))), {'UUID': 'x'})
            self.assertEqual(len(service.requests[0][1]), 4 << 20)
            self.assert_fallback(path, form_post(path, b'x' * ((4 << 20) + 1)))
            chunk = b'100000\r\n' + b'x' * (1 << 20) + b'\r\n'
            chunked = f'POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n'.encode()
            self.assert_fallback(path, chunked + chunk * 5 + b'0\r\n\r\n')

    def test_answers_broken_requests_in_the_portals_form(self):
        for path, _ in self.for_each_path():
            cases = {
                'header too large': form_post(path, extra='X-Big: ' + 'x' * 40000 + '\r\n'),
                'two lengths': form_post(path, extra='Content-Length: 3\r\n'),
                'length is no number': f'POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n'.encode(),
                'no host': f'POST {path} HTTP/1.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'.encode(),
                'unknown transfer coding': f'POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: shiny\r\n\r\n'.encode(),
            }
            for case, request in cases.items():
                with self.subTest(case=case):
                    self.assert_fallback(path, request)

    def test_what_cannot_be_told_apart_is_answered_for_both(self):
        for request in (b'POST /b24/' + b'x' * 40000 + b'/check HTTP/1.1\r\nHost: x\r\n\r\n', b'\x16\x03\x01garbage\r\n\r\n'):
            answer = self.portal_answer(request)
            self.assertEqual(answer['STATUS'], 'WAIT')
            self.assertIsInstance(answer['ERRORS'], list)

    def test_unknown_paths_below_b24_are_the_services_to_answer(self):
        self.services['INGRESS'].answer = reply(b'404 Not Found')
        for path in ('/b24/', f'/b24/{SECRET}', f'/b24/{SECRET}/void', f'/b24/{SECRET}/print/more'):
            with self.subTest(path=path):
                self.assertIn('ERRORS', self.portal_answer(form_post(path)))
        self.assert_fallback(PRINT, f'GET {PRINT} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'.encode())

    def test_a_callback_that_was_not_taken_is_not_acknowledged(self):
        ingress = self.services['INGRESS']
        cases = ((GOOD, b'200'), (None, b'503'), (reply(b'401 No'), b'401'))
        for answer, status in cases:
            with self.subTest(status=status):
                ingress.answer = answer
                self.assertEqual(self.ask(form_post(CALLBACK)).split(b' ')[1], status)
        self.assertEqual(self.ask(form_post(CALLBACK, bytes(300000))).split(b' ')[1], b'413')

    def test_other_paths_are_not_found(self):
        for path in ('/', '/print', f'/{SECRET}/print'):
            self.assertEqual(self.ask(form_post(path)).split(b' ')[1], b'404', path)

    def test_its_logs_do_not_hold_the_secret(self):
        for path, service in self.for_each_path():
            service.answer = None
            self.assert_fallback(path, form_post(path))
            self.assert_fallback(path, form_post(path, extra='X-Big: ' + 'x' * 40000 + '\r\n'))
        self.portal_answer(form_post(f'/b24//{SECRET}/print'))
        self.portal_answer(form_post(f'/b24/{SECRET}/print?uuid={SECRET}'))
        log = self.folder / 'log/edge.log'
        self.assertIn('POST /b24/***/print 200', log.read_text())
        for file in (log, self.folder / 'log/stderr.log'):
            self.assertNotIn(SECRET, file.read_text())


class EdgeWithoutServicesTest(EdgeTest):
    """The same edge, with nothing listening behind it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_edge({'INGRESS': f'127.0.0.1:{free_port()}', 'STATUS': f'127.0.0.1:{free_port()}'})

    def test_everything_falls_back(self):
        for path, _ in self.for_each_path():
            for extra in ('', 'Expect: 100-continue\r\n'):
                self.assert_fallback(path, form_post(path, extra=extra))
        self.assertEqual(self.ask(form_post(CALLBACK)).split(b' ')[1], b'503')


class Attacked(EdgeTest):
    """Who is not the attacker is answered. Addresses of 127.0.0.0/8 stand for those of the world."""

    figures = FIGURES | {
        'ADDRESS_RATE': '1', 'ADDRESS_DELAY': '60', 'ADDRESS_BURST': '60', 'PORTAL_RATE': '1', 'PORTAL_DELAY': '20', 'PORTAL_BURST': '20',
    }  # fmt: skip
    replaced: Mapping[str, str] = {
        'proxy_read_timeout 40s': 'proxy_read_timeout 30s',
        'client_header_timeout 10s': 'client_header_timeout 60s',  # longer than the patience of `ask`
        'limit_conn portal_connections 512': 'limit_conn portal_connections 5',
        'limit_conn address_connections 4096': 'limit_conn address_connections 20',
    }
    addresses = itertools.count(2)
    another, other_portal = '127.9.9.9', '/b24/0123456789ab/print'

    def setUp(self):
        super().setUp()
        self.attacker = f'127.0.0.{next(self.addresses)}'
        self.portal = f'/b24/{secrets.token_hex(6)}'

    def limited(self, answer):
        self.assertIn('слишком много', ''.join(answer['ERRORS']))

    def connect(self, request, address=''):
        connection = socket.create_connection(('127.0.0.1', self.port), timeout=20, source_address=(address or self.attacker, 0))
        self.addCleanup(connection.close)
        connection.sendall(request)
        return connection

    def assert_others_are_served(self):
        self.assertEqual(self.portal_answer(form_post(self.other_portal.replace('0', secrets.token_hex(3))), self.another), {'UUID': 'x'})

    def test_one_portals_flood_is_answered_by_the_edge_and_no_other_waits(self):
        for number in range(30):
            extra = 'Expect: 100-continue\r\n' if number % 2 else ''
            last = self.portal_answer(form_post(f'{self.portal}/print', extra=extra), f'127.1.0.{number + 1}')
        self.limited(last)
        self.assertLess(len(self.services['INGRESS'].requests), 30)
        self.assertEqual(self.portal_answer(form_post(f'{self.portal}/check'), self.another), {'STATUS': 'WAIT'})
        self.assertEqual(self.services['STATUS'].requests, [])
        answer = self.portal_answer(form_post(f'{self.portal}/void'), self.another)
        self.assertEqual((answer['STATUS'], list(answer)[1]), ('WAIT', 'ERRORS'))
        self.assert_others_are_served()
        self.assertIn('/b24/***/print 200', self.log())
        self.assertIn('limited=REJECTED', self.log())

    def log(self):
        return (self.folder / 'log/edge.log').read_text()

    def test_who_tries_secrets_pays_for_each(self):
        for _ in range(70):
            last = self.portal_answer(form_post(f'/b24/{secrets.token_hex(6)}/print'), self.attacker)
        self.limited(last)
        self.assertLess(len(self.services['INGRESS'].requests), 70)
        self.assert_others_are_served()

    def test_a_cloud_that_calls_too_often_is_told_so_before_its_body_is_read(self):
        path = f'/callbacks/itkassa/{secrets.token_hex(6)}'
        for number in range(30):
            said = self.ask(form_post(path), f'127.2.0.{number + 1}')
        self.assertRegex(said, rb'^HTTP/1.1 429 (?s:.*)\r\nRetry-After: [0-9]+\r\n')
        head = form_post(path, bytes(200_000)).partition(b'\r\n\r\n')[0] + b'\r\n\r\n'
        self.assertRegex(self.connect(head, self.another).recv(100), rb'^HTTP/1.1 429 ')
        self.assertEqual(self.ask(form_post(f'/callbacks/itkassa/{secrets.token_hex(6)}'), self.another).split(b' ')[1], b'200')

    def test_one_portal_does_not_take_all_connections(self):
        ingress = self.services['INGRESS']
        ingress.hang.clear()
        held = [self.connect(form_post(f'{self.portal}/print')) for _ in range(5)]
        while len(ingress.requests) < 5:
            time.sleep(0.01)
        self.limited(self.portal_answer(form_post(f'{self.portal}/print'), self.another))
        ingress.hang.set()
        for connection in held:
            self.assertIn(b'UUID', connection.recv(1000))
        self.assert_others_are_served()

    def test_one_address_does_not_take_all_connections_with_half_sent_bodies(self):
        half = form_post('/b24/SECRET/print', b'x' * 1000)[:-1]
        held = [self.connect(half.replace(b'SECRET', secrets.token_hex(6).encode())) for _ in range(20)]
        self.limited_soon()
        self.assert_others_are_served()
        for connection in held:
            connection.close()

    def limited_soon(self):
        """When the edge has read what was sent to it."""
        for _ in range(30):
            answer = self.portal_answer(form_post(f'/b24/{secrets.token_hex(6)}/print'), self.attacker)
            if 'ERRORS' in answer:
                return self.limited(answer)
        self.fail('never limited')

    def test_bodies_of_strangers_take_little_memory(self):
        before = self.memory()
        half = form_post('/b24/SECRET/print', bytes(4 << 20))[:-1]
        for number in range(60):
            self.connect(half.replace(b'SECRET', secrets.token_hex(6).encode()), f'127.3.0.{number + 1}')
        self.assertLess(self.memory() - before, 60 << 20)
        self.assert_others_are_served()

    def memory(self):
        """Bytes of all processes of nginx."""
        children = pathlib.Path(f'/proc/{self.edge.pid}/task/{self.edge.pid}/children').read_text().split()
        pages = (int(pathlib.Path(f'/proc/{pid}/statm').read_text().split()[1]) for pid in (self.edge.pid, *children))
        return sum(pages) * resource.getpagesize()

    def test_half_sent_headers_shut_nobody_out(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
        with contextlib.ExitStack() as held:
            for _ in range(8400):
                connection = held.enter_context(socket.create_connection(('127.0.0.1', self.port)))
                connection.sendall(b'POST /b24/x/print HTTP/1.1\r\nX: ')
            self.assert_others_are_served()


class InATightCircle(EdgeTest):
    """Who posts again as soon as he is answered waits for his turn, so that his refusals do not cost more than his posts would."""

    figures = FIGURES | {'ADDRESS_RATE': '50', 'ADDRESS_DELAY': '10', 'ADDRESS_BURST': '30'}
    figures |= {'PORTAL_RATE': '50', 'PORTAL_DELAY': '10', 'PORTAL_BURST': '30'}
    replaced: Mapping[str, str] = {'zone=portal_large burst=100 delay=20': 'zone=portal_large burst=100 delay=3'}
    at_once = 8

    def flood(self, posts, address):
        """What became of the posts, in the access log's words."""
        before = self.log()
        with ThreadPoolExecutor(self.at_once) as attackers:
            answers = list(attackers.map(lambda post: self.portal_answer(post, address), posts))
        self.assertEqual({str(answer) for answer in answers}, {"{'UUID': 'x'}"})
        return re.findall('limited=([A-Z]+)/', self.log().removeprefix(before))

    def log(self):
        return (self.folder / 'log/edge.log').read_text()

    def test_one_portal(self):
        post = form_post(f'/b24/{secrets.token_hex(6)}/print')
        done = self.flood([post] * 80, '127.4.0.1')
        self.assertEqual((done.count('REJECTED'), done.count('DELAYED') > 40), (0, True), done)

    def test_one_address_that_tries_secrets(self):
        done = self.flood([form_post(f'/b24/{secrets.token_hex(6)}/print') for _ in range(80)], '127.4.0.2')
        self.assertEqual((done.count('REJECTED'), done.count('DELAYED') > 40), (0, True), done)

    def test_few_large_bodies_are_read_at_a_time(self):
        portal = f'/b24/{secrets.token_hex(6)}/print'
        done = self.flood([form_post(portal, b'x' * 60_000)] * 15, '127.4.0.3')
        self.assertEqual((done.count('REJECTED'), done.count('DELAYED') >= 7), (0, True), done)
        chunked = f'POST {portal} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n'
        self.assertEqual(self.flood([chunked.encode()], '127.4.0.3'), ['DELAYED'], 'its length is not known')
        self.assertEqual(self.flood([form_post(portal, b'x' * 59_999)], '127.4.0.3'), ['PASSED'])


def load_tests(loader, _tests, _pattern):
    suite = loader.loadTestsFromTestCase(EdgeTest)
    suite.addTests(Attacked(name) for name in vars(Attacked) if name.startswith('test_'))
    suite.addTests(InATightCircle(name) for name in vars(InATightCircle) if name.startswith('test_'))
    suite.addTest(EdgeWithoutServicesTest('test_everything_falls_back'))
    return suite


if __name__ == '__main__':
    unittest.main()
