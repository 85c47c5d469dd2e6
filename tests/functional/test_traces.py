#!/usr/bin/python3
"""A receipt's trace: what a collector is told by OTLP over HTTP, and what kassactl shows without any collector."""

import http.server
import json
import threading
import unittest

from harness.case import StackTest
from harness.waiting import eventually


class Collector:
    """Takes traces as a collector of OpenTelemetry does."""

    def __init__(self) -> None:
        self.spans: list[dict] = []
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
                for resource in request['resourceSpans']:
                    for scope in resource['scopeSpans']:
                        collector.spans += scope['spans']
                self.send_response(200)
                self.send_header('Content-Type', 'application/json')
                self.end_headers()
                self.wfile.write(b'{}')

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f'http://127.0.0.1:{self._server.server_address[1]}/v1/traces'

    def of(self, trace: str) -> dict[str, dict]:
        """Its spans by id: one that is told again is the same."""
        return {span['spanId']: span for span in self.spans if span['traceId'] == trace}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Traces(StackTest):
    def test_a_collector_is_told_what_kassactl_shows(self):
        collector = Collector()
        self.addCleanup(collector.close)
        self.stack.restart('status', otlp_traces_url=collector.url)
        self.addCleanup(self.stack.restart, 'status')
        till = self.bit_till()
        store = self.shop(till)
        sale = store.accepted()
        sale.reaches('done')
        trace = sale.uuid.replace('-', '')
        told = eventually(lambda: len(collector.of(trace)) == 3 and collector.of(trace), 'the collector has the trace')
        shown = self.stack.kassactl_json('receipts', 'trace', sale.uuid)
        self.assertEqual(shown['traceId'], trace)
        self.assertEqual([span['name'] for span in shown['spans']], ['receipt', 'attempt', 'check.apply'])
        self.assertEqual({span['spanId'] for span in shown['spans']}, set(told))
        self.assertTrue(all(span['durationMs'] >= 0 for span in shown['spans']))
        attempt = shown['spans'][1]
        self.assertEqual(attempt['attributes']['kassaflow.register'], till.id)
        self.assertEqual(attempt['attributes']['kassaflow.outcome'], 'printed')

    def test_a_receipt_under_way_has_a_trace_that_goes_on(self):
        till = self.bit_till()
        store = self.shop(till)
        till.arm('error', count=None, match={'type': 'kktReceiptFiscalization'}, text='Нет бумаги')
        sale = store.accepted()
        eventually(sale.requests, 'the register is asked')
        shown = self.stack.kassactl_json('receipts', 'trace', sale.uuid)
        self.assertIsNone(shown['spans'][0]['finishedAt'])
        code, out, _ = self.stack.kassactl('receipts', 'trace', sale.uuid)
        self.assertEqual(code, 0)
        self.assertIn('receipt', out)
        till.disarm()
        store.accepted().reaches('done')  # its number proves that the first was not printed
        sale.reaches('done')

    def test_nobodys_receipt_has_none(self):
        code, _, err = self.stack.kassactl('receipts', 'trace', '00000000-0000-8000-8000-000000000000')
        self.assertEqual(code, 1)
        self.assertIn('there is no receipt', err)


if __name__ == '__main__':
    unittest.main()
