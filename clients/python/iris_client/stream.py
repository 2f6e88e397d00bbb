from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Iterator, NamedTuple, Optional

from .error_names import ForbiddenError
from .errors import IrisError, error_of
from .follow import Event, Line, follow

if TYPE_CHECKING:
    from .client import Iris

#: How long one request waits for the end of a tell, ms: less than what stands in between may cut off.
WAIT = 25_000


class Chunk(NamedTuple):
    """A piece of an answer: it goes to `offset` of what came before, and replaces what stood there and after."""

    #: UTF-16 units, which are not the characters of a str: `text` has the piece in its place.
    offset: int
    chunk: str
    #: The whole answer so far.
    text: str


Answer = Dict[str, Any]
"""What a team said to a tell: tellId, sessionId, from, to, message, response, duration (ms), usage."""


class TellStream:
    """A tell whose answer is read while it grows. Reading less than all of it stops nothing: `tell_cancel` does."""

    def __init__(self, iris: "Iris", input: Dict[str, Any], retries: int):
        self.tell_id: str = input["tellId"]
        #: Known once the tell is accepted.
        self.session_id: Optional[str] = None
        #: The answer so far.
        self.text = ""
        #: There when the tell has ended well.
        self.answer: Optional[Answer] = None
        self._units = 0
        self._iris = iris
        self._line = Line()
        self._sent: Dict[str, Any] = {}
        self._chunks = self._read(input, retries)

    def __iter__(self) -> Iterator[Chunk]:
        return self

    def __next__(self) -> Chunk:
        return next(self._chunks)

    def final(self) -> Answer:
        """Reads to the end. Raises what the tell failed with."""
        for _ in self:
            pass
        assert self.answer is not None
        return self.answer

    def close(self) -> None:
        """Stops to read; may come from another thread. The tell goes on."""
        self._line.close()

    def _read(self, input: Dict[str, Any], retries: int) -> Iterator[Chunk]:
        iris = self._iris
        # Where the events stand before the tell: all of its own come after.
        after: Optional[int] = None
        try:
            after = iris.event_list(limit=1)["head"]
        except ForbiddenError:
            pass
        sent = self._sent = iris.call("team_tell", {**input, "timeout": -1})
        self.session_id = sent["sessionId"]
        if not sent["async"]:
            yield from self._end(sent, sent.get("response", ""))
            return
        if after is not None:
            try:
                for event in follow(iris.wire, [f"session:{self.session_id}"], after, retries=retries, line=self._line):
                    yield from self._hear(event)
                    if self.answer is not None:
                        return
            except ForbiddenError:
                pass
        # A key that may not read what is said in the session still finds its own tell.
        while self.answer is None and not self._line.closed:
            yield from self._look(WAIT)

    def _hear(self, event: Event) -> Iterator[Chunk]:
        data = event.data
        if event.event == "resumed":
            yield from self._look(None)
        elif data.get("tellId") != self.tell_id:
            return
        elif event.event == "tell:chunk":
            # Where something before it is not known, the tell began before this stream.
            if data["offset"] > self._units:
                yield from self._look(None)
            else:
                yield self._put(data["offset"], data["chunk"])
        elif event.event == "tell:complete":
            yield from self._end({**self._sent, **data}, data["response"])
        elif event.event == "tell:error":
            raise failure(data["error"], data)

    def _look(self, wait: Optional[int]) -> Iterator[Chunk]:
        """Asks for the tell itself."""
        tell = self._iris.tell_get(self.tell_id, wait=wait)
        if "error" in tell:
            raise failure(tell["error"], tell)
        if tell["state"] == "completed":
            yield from self._end({**self._sent, **tell}, tell["response"])
        else:
            yield from self._become(tell["response"])

    def _put(self, offset: int, chunk: str) -> Chunk:
        if offset == self._units:
            self.text += chunk
            self._units += units(chunk)
        else:
            self.text = self.text.encode("utf-16-le", "surrogatepass")[: offset * 2].decode("utf-16-le", "surrogatepass") + chunk
            self._units = offset + units(chunk)
        return Chunk(offset, chunk, self.text)

    def _become(self, text: str) -> Iterator[Chunk]:
        if text == self.text:
            return
        same = 0
        while same < min(len(text), len(self.text)) and text[same] == self.text[same]:
            same += 1
        yield self._put(units(text[:same]), text[same:])

    def _end(self, tell: Dict[str, Any], response: str) -> Iterator[Chunk]:
        yield from self._become(response)
        self.answer = answer_of(tell, response)


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def answer_of(tell: Dict[str, Any], response: str) -> Answer:
    fields = ("tellId", "sessionId", "from", "to", "message", "duration", "usage")
    return {**{name: tell[name] for name in fields if name in tell}, "response": response}


def failure(error: Dict[str, Any], tell: Dict[str, Any]) -> IrisError:
    """The error that a tell ended with, as team_tell says it: with what is known of the tell in its details."""
    return error_of(error, {name: tell[name] for name in ("tellId", "sessionId", "state", "response") if name in tell})
