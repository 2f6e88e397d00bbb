from __future__ import annotations

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, List
from urllib.parse import parse_qsl

#: s between the pieces of a stream, so that each arrives by itself.
APART = 0.015


class ScriptedServer:
    """A server that expects these requests, in order, and answers each as it is told. `end` says what was not as expected."""

    def __init__(self, exchanges: List[Dict[str, Any]]):
        self.left = list(exchanges)
        self.faults: List[str] = []
        self.over = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except OSError:
                    pass
                self.close_connection = True

            def do(self) -> None:
                outer.serve(self)

            do_GET = do_POST = do_DELETE = do

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def end(self) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        assert not self.faults, "\n".join(self.faults)
        assert not self.left, f"requests that were not made: {self.left}"

    def serve(self, request: Any) -> None:
        if not self.left:
            self.faults.append(f"one request too many: {request.command} {request.path}")
            return
        exchange = self.left.pop(0)
        expected = exchange["request"]
        path, _, search = request.path.partition("?")
        query: Dict[str, List[str]] = {}
        for name, value in parse_qsl(search, keep_blank_values=True):
            query.setdefault(name, []).append(value)
        data = request.rfile.read(int(request.headers.get("content-length", 0)))
        headers = {name: request.headers.get(name) for name in expected["headers"]}
        seen = {"method": request.command, "path": path, "query": query, "headers": headers, "body": json.loads(data) if data else None}
        if seen != expected:
            self.faults.append(f"expected {expected}\n     got {seen}")
            return
        self.answer(request, exchange["response"])

    def answer(self, request: Any, response: Dict[str, Any]) -> None:
        if response.get("drop"):
            request.connection.shutdown(socket.SHUT_RDWR)
            return
        request.protocol_version = "HTTP/1.1"
        sse = response.get("sse")
        request.send_response(response.get("status", 200))
        headers = {**response.get("headers", {}), "connection": "close", "content-type": "application/json" if sse is None else "text/event-stream"}
        body = json.dumps(response["body"]).encode() if "body" in response else response.get("text", "").encode()
        if "cut" in response:
            body = response["cut"].encode()
            headers["content-length"] = "1000"
        elif sse is None:
            headers["content-length"] = str(len(body))
        else:
            headers["transfer-encoding"] = "chunked"
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)
        if sse is None:
            return
        for piece in sse:
            time.sleep(APART)
            data = piece.encode()
            request.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        time.sleep(APART)
        if response.get("then") == "end":
            request.wfile.write(b"0\r\n\r\n")
        elif response.get("then") == "hold":
            self.over.wait(30)
