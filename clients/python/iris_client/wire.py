from __future__ import annotations

import http.client
import json
import random
import re
import ssl
import time
import uuid
from typing import Any, Callable, Dict, Optional, Tuple, Union
from urllib.parse import urlencode, urlsplit

from .errors import ConnectionLostError, IrisError, error_of, read_error_body

#: s
FIRST_WAIT = 0.25
LONGEST_WAIT = 10.0
#: A server that says to come back later than this is not waited for, s.
PATIENCE = 60
#: A call that is silent for so long is lost: more than the longest `wait` a tool takes, s.
SILENCE = 660.0

LOST = (OSError, http.client.HTTPException, ValueError)


class Wire:
    """How the server is reached, and what the outside world is to this client."""

    def __init__(
        self,
        url: str,
        key: Optional[str],
        retries: int,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = random.random,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ):
        if not re.match("https?://.", url):
            raise ValueError(f"'{url}' is no URL of a server; expected e.g. http://127.0.0.1:1615")
        # Read from a file it has a line break at its end; of any other, http.client says the whole key.
        self.key = None if key is None else key.strip()
        if self.key is not None and re.search(r"[^\t\x20-\x7e\x80-\xff]", self.key):
            raise ValueError("The key has a character that no key has")
        self.url = url.rstrip("/")
        if self.url.endswith("/api"):
            self.url = self.url[:-4]
        self.retries = retries
        self.sleep = sleep
        self.random = random
        self.new_id = new_id

    def backoff(self, failed: int) -> float:
        """s before the next attempt, after so many that failed in a row (0: the first)."""
        return min(FIRST_WAIT * 2 ** min(failed, 30), LONGEST_WAIT) * (0.5 + self.random() / 2)

    def send(
        self,
        method: str,
        path: str,
        query: Optional[Dict[str, Any]] = None,
        body: Optional[Dict[str, Any]] = None,
        headers: Optional[Dict[str, str]] = None,
        silence: float = SILENCE,
        on_open: Optional[Callable[[http.client.HTTPConnection], None]] = None,
    ) -> Tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """Sends one request once. Raises one of LOST where no answer comes."""
        to = urlsplit(self.url)
        if to.scheme == "https":
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(to.netloc, timeout=silence, context=ssl.create_default_context())
        else:
            connection = http.client.HTTPConnection(to.netloc, timeout=silence)
        search = urlencode({name: _text(value) for name, value in (query or {}).items()}, doseq=True)
        every = dict(headers or {})
        if self.key is not None:
            every["authorization"] = f"Bearer {self.key}"
        data = None
        if body is not None:
            every["content-type"] = "application/json"
            data = json.dumps(body).encode()
        try:
            if on_open is not None:
                connection.connect()
                on_open(connection)
            connection.request(method, to.path + path + (f"?{search}" if search else ""), data, every)
            return connection, connection.getresponse()
        except BaseException:
            connection.close()
            raise

    def ask(self, method: str, path: str, **request: Any) -> Any:
        """
        One request, sent again while that may help: where no answer came, and where the server says that it is too busy.
        What changes something has an idempotency key, so it is done once, however often it is sent.
        """
        failed = 0
        while True:
            wait: Optional[float] = None
            try:
                connection, response = self.send(method, path, **request)
                try:
                    data = response.read()
                finally:
                    connection.close()
                if response.status < 400:
                    return json.loads(data)
                error, again, wait = refusal(response, data)
                if not again:
                    raise error
            except LOST as err:
                error = ConnectionLostError(f"{self.url} does not answer: {err}")
                error.__cause__ = err
            if failed >= self.retries:
                raise error
            self.sleep(self.backoff(failed) if wait is None else wait)
            failed += 1


def refusal(response: http.client.HTTPResponse, data: bytes) -> Tuple[IrisError, bool, Optional[float]]:
    """The error that an answer of 400 and above is, whether it makes sense to ask again, and after how many s where it says."""
    body = read_error_body(data)
    status = response.status
    error = error_of(body or {"error": "IrisError", "message": f"The server answered with status {status}", "statusCode": status})
    if not (status in (429, 503) or (body is None and status in (502, 504))):
        return error, False, None
    after = response.getheader("retry-after") or ""
    if not after.isdigit():
        return error, True, None
    return error, int(after) <= PATIENCE, float(after)


def _text(value: Any) -> Union[str, list]:
    if isinstance(value, bool):
        return "true" if value else "false"
    return [_text(one) for one in value] if isinstance(value, (list, tuple)) else str(value)
