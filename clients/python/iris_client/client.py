from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Optional
from urllib.parse import quote

from .error_names import TellTimeoutError
from .follow import Event, follow
from .stream import WAIT, Answer, TellStream, answer_of, failure
from .tools import ROUTES, Tools
from .wire import Wire


class Iris(Tools):
    """A server of Iris. Every tool is a method of its name; `tell`, `stream` and `events` are what one mostly wants."""

    def __init__(self, url: str = "http://127.0.0.1:1615", key: Optional[str] = None, *, retries: int = 4, **world: Any):
        self.wire = Wire(url, key, retries, **world)

    def call(self, tool: str, input: Dict[str, Any], *, idempotency_key: Optional[str] = None) -> Any:
        """Calls a tool by its name. What is None is not sent."""
        route = ROUTES[tool]
        rest = {name: value for name, value in input.items() if value is not None}

        def fill(match: "re.Match[str]") -> str:
            value = str(rest.pop(match[1], ""))
            if value == "":
                raise TypeError(f"{tool} needs '{match[1]}'")
            return quote(value, safe="")

        path = re.sub(r"\{(\w+)\}", fill, route.path)
        headers = {"idempotency-key": idempotency_key or self.wire.new_id()} if route.keyed else {}
        if route.method == "POST":
            return self.wire.ask(route.method, path, body=rest, headers=headers)
        return self.wire.ask(route.method, path, query=rest, headers=headers)

    def tell(self, team: str, message: str, *, from_: Optional[str] = None, timeout: Optional[int] = None, tell_id: Optional[str] = None) -> Answer:
        """
        Sends a message to a team and waits for its answer, `timeout` ms or as long as it takes. Raises what the tell
        failed with; TellTimeoutError where the wait ends first: the tell goes on.
        """
        id = tell_id or self.wire.new_id()
        left = float("inf") if timeout is None else timeout
        wait = int(min(left, WAIT))
        known: Dict[str, Any] = {}
        try:
            told = self.call("team_tell", {"toTeam": team, "message": message, "fromTeam": from_, "timeout": wait, "tellId": id})
            if not told["async"]:
                return answer_of(told, told.get("response", ""))
            known = told
        except TellTimeoutError as err:
            if err.details.get("tellId") != id:
                raise
            known = err.details
        left -= wait
        while left > 0:
            wait = int(min(left, WAIT))
            known = self.tell_get(id, wait=wait)  # type: ignore[assignment]
            if "error" in known:
                raise failure(known["error"], known)
            if known["state"] == "completed":
                return answer_of(known, known["response"])
            left -= wait
        raise TellTimeoutError(
            "TellTimeoutError",
            f"No answer within {timeout} ms. The tell goes on: tell_get finds its answer by the tellId",
            408,
            {"tellId": id, "sessionId": known.get("sessionId"), "response": known.get("response")},
        )

    def stream(self, team: str, message: str, *, from_: Optional[str] = None, tell_id: Optional[str] = None, retries: int = 10) -> TellStream:
        """Sends a message to a team; the answer as it grows, whatever happens to the connection."""
        input = {"toTeam": team, "message": message, "fromTeam": from_, "tellId": tell_id or self.wire.new_id()}
        return TellStream(self, input, retries)

    def events(self, *, rooms: Optional[List[str]] = None, after: Optional[int] = None, notices: bool = False, retries: Optional[int] = None) -> Iterator[Event]:
        """What happens on the server, in order, once each, from `after` or from now on, until you stop reading."""
        return follow(self.wire, rooms, after, notices, retries)
