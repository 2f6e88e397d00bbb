from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, AsyncIterator, Callable, Dict, List, Optional

from .client import Iris
from .follow import Event, Line, follow
from .stream import Answer, Chunk, TellStream
from .tools import AsyncTools

_END = object()


class AsyncIris(AsyncTools):
    """
    The same for asyncio, by threads of its own: `parallel` calls and streams at once at the most. Use it as
    `async with AsyncIris(…) as iris`, or call `close`.
    """

    def __init__(self, *args: Any, parallel: int = 64, **options: Any):
        self.iris = Iris(*args, **options)
        self._threads = ThreadPoolExecutor(parallel, thread_name_prefix="iris")

    async def __aenter__(self) -> "AsyncIris":
        return self

    async def __aexit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        self._threads.shutdown(wait=False)

    async def _run(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def call(self, tool: str, input: Dict[str, Any], *, idempotency_key: Optional[str] = None) -> Any:
        return await self._run(partial(self.iris.call, tool, input, idempotency_key=idempotency_key))

    async def tell(self, team: str, message: str, **options: Any) -> Answer:
        """As Iris.tell."""
        return await self._run(partial(self.iris.tell, team, message, **options))

    def stream(self, team: str, message: str, **options: Any) -> "AsyncTellStream":
        """As Iris.stream."""
        return AsyncTellStream(self._run, self.iris.stream(team, message, **options))

    async def events(self, *, rooms: Optional[List[str]] = None, after: Optional[int] = None, notices: bool = False, retries: Optional[int] = None) -> AsyncIterator[Event]:
        """As Iris.events."""
        line = Line()
        events = follow(self.iris.wire, rooms, after, notices, retries, line)
        try:
            while True:
                event = await self._run(lambda: next(events, _END))
                if event is _END:
                    return
                yield event
        finally:
            line.close()


class AsyncTellStream:
    """As TellStream."""

    def __init__(self, run: Callable[[Callable[[], Any]], Any], stream: TellStream):
        self._run = run
        self._stream = stream

    @property
    def tell_id(self) -> str:
        return self._stream.tell_id

    @property
    def session_id(self) -> Optional[str]:
        return self._stream.session_id

    @property
    def text(self) -> str:
        return self._stream.text

    @property
    def answer(self) -> Optional[Answer]:
        return self._stream.answer

    def __aiter__(self) -> "AsyncTellStream":
        return self

    async def __anext__(self) -> Chunk:
        try:
            chunk = await self._run(lambda: next(self._stream, _END))
        except asyncio.CancelledError:
            self._stream.close()
            raise
        if chunk is _END:
            raise StopAsyncIteration
        return chunk

    async def final(self) -> Answer:
        async for _ in self:
            pass
        assert self.answer is not None
        return self.answer
