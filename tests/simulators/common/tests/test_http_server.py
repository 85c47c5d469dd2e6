import http.client
import socket
import unittest

from common.http_server import HANG_UP, Answer, HttpServer, Request, json_answer

PATIENCE_S = 20


class HttpServerTest(unittest.TestCase):
    def setUp(self):
        self.seen = []
        self.answers = {}
        self.server = HttpServer(self.handle)
        self.port = self.server.listen()
        self.addCleanup(self.server.close)

    def handle(self, request):
        self.seen.append(request)
        return self.answers.get(request.path, json_answer({'path': request.path}))

    def connect(self):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE_S)
        self.addCleanup(connection.close)
        return connection

    def test_keeps_a_connection_and_numbers_its_requests(self):
        connection = self.connect()
        for _ in range(2):
            connection.request('POST', '/a?x=1', b'body', {'Some_Header': 'v'})
            self.assertEqual(connection.getresponse().read(), b'{"path": "/a"}')
        self.assertEqual(
            [(each.number, each.body, each.query, each.headers['some_header']) for each in self.seen],
            [(1, b'body', {'x': '1'}, 'v'), (2, b'body', {'x': '1'}, 'v')],
        )

    def test_closes_without_a_byte_or_resets(self):
        for answer, expected in ((HANG_UP, http.client.RemoteDisconnected), (Answer(reset=True), ConnectionResetError)):
            with self.subTest(answer):
                self.answers['/gone'] = answer
                connection = self.connect()
                connection.request('POST', '/gone', b'x')
                with self.assertRaises(expected):
                    connection.getresponse()

    def test_cuts_a_body(self):
        self.answers['/cut'] = Answer(body=b'0123456789', cut_at=4)
        connection = self.connect()
        connection.request('GET', '/cut')
        with self.assertRaises(http.client.IncompleteRead) as caught:
            connection.getresponse().read()
        self.assertEqual(caught.exception.partial, b'0123')

    def test_a_part_of_a_request_is_never_acted_on(self):
        with socket.create_connection(('127.0.0.1', self.port), PATIENCE_S) as client:
            client.sendall(b'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345')
            client.shutdown(socket.SHUT_WR)
            self.assertEqual(client.recv(1), b'')
        self.assertEqual(self.seen, [])

    def test_refuses_connections_once_told_to_and_takes_them_again(self):
        port = self.server.listen()
        self.server.stop_listening(port)
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(('127.0.0.1', port), PATIENCE_S)
        self.server.listen(port)
        socket.create_connection(('127.0.0.1', port), PATIENCE_S).close()

    def test_a_handler_that_raises_hangs_up_and_tells(self):
        def broken(request: Request) -> Answer:
            raise ZeroDivisionError(request)

        told: list[BaseException] = []
        server = HttpServer(broken, on_error=told.append)
        self.addCleanup(server.close)
        connection = http.client.HTTPConnection('127.0.0.1', server.listen(), timeout=PATIENCE_S)
        self.addCleanup(connection.close)
        connection.request('GET', '/')
        with self.assertRaises(http.client.RemoteDisconnected):
            connection.getresponse()
        self.assertIsInstance(told[0], ZeroDivisionError)
