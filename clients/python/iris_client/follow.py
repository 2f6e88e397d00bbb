from __future__ import annotations

import json
import socket
import threading
from http.client import HTTPConnection, HTTPResponse
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from .errors import ConnectionLostError, IrisError
from .wire import LOST, Wire, refusal

#: A server that says nothing for so long is gone: it says something every 14 s, s.
SILENCE = 45.0


class Event(NamedTuple):
    """Something that happened; or of the stream itself, without a `seq`: `resumed` and `caught_up`."""

    event: str
    data: Dict[str, Any]
    #: Its number on the one line of the server: the cursor to go on from.
    seq: Optional[int] = None


class Line:
    """The connection that a stream has now; `close` may come from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: Optional[socket.socket] = None
        self.closed = False

    def use(self, connection: HTTPConnection) -> None:
        with self._lock:
            self._socket = connection.sock
            if self.closed:
                raise OSError("closed")

    def close(self) -> None:
        with self._lock:
            self.closed = True
            if self._socket is not None:
                try:
                    self._socket.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


class _Passing(Exception):
    """A failure that may pass."""

    def __init__(self, error: IrisError, wait: Optional[float] = None):
        self.error = error
        self.wait = wait


def follow(
    wire: Wire,
    rooms: Optional[List[str]] = None,
    after: Optional[int] = None,
    notices: bool = False,
    retries: Optional[int] = None,
    line: Optional[Line] = None,
) -> Iterator[Event]:
    """
    What happens, in order, once each. A connection that is lost is made again where it was. Where the server does not
    keep all of what was missed any more, the event `resumed` with the verdict `gap` says so.
    """
    line = line or Line()
    cursor = after
    failed = 0
    while not line.closed:
        wait: Optional[float] = None
        error: IrisError = ConnectionLostError(f"{wire.url} ends the stream again and again")
        try:
            for one in _connect(wire, rooms, cursor, line):
                if one.seq is not None:
                    cursor = one.seq
                elif one.event == "resumed":
                    cursor = one.data["from"]
                elif one.event == "caught_up":
                    cursor = max(cursor or 0, one.data["seq"])
                if one.event != "resumed":
                    failed = 0
                if one.seq is not None or notices or one.data.get("verdict") == "gap":
                    yield one
        except _Passing as passing:
            error, wait = passing.error, passing.wait
        if line.closed:
            return
        if retries is not None and failed >= retries:
            raise error
        wire.sleep(wire.backoff(failed) if wait is None else wait)
        failed += 1


def _connect(wire: Wire, rooms: Optional[List[str]], cursor: Optional[int], line: Line) -> Iterator[Event]:
    """One connection. Ends where the server ends it; raises _Passing where it cannot be made or breaks, IrisError where it is refused."""
    headers = {"accept": "text/event-stream"}
    if cursor is not None:
        headers["last-event-id"] = str(cursor)
    query = {} if rooms is None else {"rooms": rooms}
    try:
        connection, response = wire.send("GET", "/api/events/stream", query=query, headers=headers, silence=SILENCE, on_open=line.use)
    except LOST as err:
        raise _Passing(_lost(wire, err)) from err
    try:
        if response.status != 200:
            error, again, wait = refusal(response, response.read())
            if again:
                raise _Passing(error, wait)
            raise error
        events = _parse(response)
        while True:
            try:
                sent = next(events, None)
            except LOST as err:
                raise _Passing(_lost(wire, err)) from err
            if sent is None:
                return
            yield _read(*sent)
    finally:
        response.close()
        connection.close()


def _parse(response: HTTPResponse) -> Iterator[Tuple[Optional[str], str, str]]:
    """The server-sent events of an answer. What is cut off in the middle of an event is not one."""
    id: Optional[str] = None
    event = ""
    data: List[str] = []
    while True:
        raw = response.readline()
        if not raw.endswith(b"\n"):
            return
        text = raw.decode().rstrip("\r\n")
        field, _, content = text.partition(":")
        content = content[1:] if content.startswith(" ") else content
        if field == "id":
            id = content
        elif field == "event":
            event = content
        elif field == "data":
            data.append(content)
        if text == "":
            if data:
                yield id, event, "\n".join(data)
            id, event, data = None, "", []


def _read(id: Optional[str], event: str, text: str) -> Event:
    """A stored event is a frame with its name within; what the stream says of itself is bare."""
    data = json.loads(text)
    return Event(event, data) if id is None else Event(event, data["data"], int(id))


def _lost(wire: Wire, err: BaseException) -> IrisError:
    return ConnectionLostError(f"The connection to {wire.url} is lost: {err}")
