from __future__ import annotations

import asyncio
import json
import unittest
from pathlib import Path
from typing import Any, Dict, List

import iris_client
from iris_client import AsyncIris, ConnectionLostError, Iris, IrisError, SignatureError, verify_webhook
from iris_client.errors import error_of
from iris_client.stream import units

from .scripted_server import ScriptedServer

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
KEYWORDS = {"from": "from_", "as": "as_", "tellId": "tell_id"}


def read(name: str) -> Dict[str, Any]:
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def options(given: Dict[str, Any]) -> Dict[str, Any]:
    return {KEYWORDS.get(name, name): value for name, value in given.items()}


class World:
    """Counted ids, no randomness, and no time."""

    def __init__(self) -> None:
        self.ids = 0
        self.sleeps: List[float] = []

    def new_id(self) -> str:
        self.ids += 1
        return f"00000000-0000-4000-8000-{self.ids:012d}"

    def parts(self) -> Dict[str, Any]:
        return {"new_id": self.new_id, "random": lambda: 1.0, "sleep": self.sleeps.append}


def play(iris: Iris, do: Dict[str, Any], seen: Dict[str, Any]) -> Any:
    if "call" in do:
        return getattr(iris, do["call"])(**{KEYWORDS.get(name, name) if name != "tellId" else name: value for name, value in do["input"].items()})
    if "tell" in do:
        return iris.tell(**options(do["tell"]))
    if "stream" in do:
        stream = iris.stream(**options(do["stream"]))
        seen["chunks"] = []
        for chunk in stream:
            place(seen, chunk)
        return stream.answer
    seen["events"] = []
    for event in iris.events(**do["events"]):
        seen["events"].append({name: value for name, value in event._asdict().items() if value is not None})
        if len(seen["events"]) == do["take"]:
            return None


async def play_async(iris: AsyncIris, do: Dict[str, Any], seen: Dict[str, Any]) -> Any:
    if "call" in do:
        return await getattr(iris, do["call"])(**do["input"])
    if "tell" in do:
        return await iris.tell(**options(do["tell"]))
    if "stream" in do:
        stream = iris.stream(**options(do["stream"]))
        seen["chunks"] = []
        async for chunk in stream:
            place(seen, chunk)
        return stream.answer
    seen["events"] = []
    events = iris.events(**do["events"])
    try:
        async for event in events:
            seen["events"].append({name: value for name, value in event._asdict().items() if value is not None})
            if len(seen["events"]) == do["take"]:
                return None
    finally:
        await events.aclose()


def place(seen: Dict[str, Any], chunk: Any) -> None:
    """Applies a piece by another way than the library does, and compares."""
    before = seen.setdefault("units", [])
    data = chunk.chunk.encode("utf-16-le", "surrogatepass")
    before[chunk.offset :] = [data[i : i + 2] for i in range(0, len(data), 2)]
    assert b"".join(before).decode("utf-16-le") == chunk.text
    seen["chunks"].append([chunk.offset, chunk.chunk])


class Golden(unittest.TestCase):
    maxDiff = None

    def compare(self, case: Dict[str, Any], asynchronous: bool) -> None:
        server = ScriptedServer(case["exchanges"])
        world = World()
        seen: Dict[str, Any] = {}
        error = None
        try:
            if asynchronous:

                async def run() -> Any:
                    async with AsyncIris(server.url, case["key"], **world.parts()) as iris:
                        return await play_async(iris, case["do"], seen)

                seen["result"] = asyncio.run(run())
            else:
                seen["result"] = play(Iris(server.url, case["key"], **world.parts()), case["do"], seen)
        except IrisError as err:
            error = err
        finally:
            server.end()
        if "error" in case:
            expected = case["error"]
            self.assertIsNotNone(error)
            self.assertEqual((error.name, error.status_code, type(error).__name__), (expected["name"], expected["statusCode"], expected["name"]))
            if "details" in expected:
                self.assertEqual(error.details, expected["details"])
        elif error is not None:
            raise error
        self.assertEqual(
            [seen.get("result"), seen.get("chunks"), seen.get("events"), [round(s * 1000) for s in world.sleeps]],
            [case.get("result"), case.get("chunks"), case.get("events"), case["sleeps"]],
        )

    def test_every_error_has_a_class(self) -> None:
        errors = read("errors")
        for body in errors["bodies"]:
            err = error_of(body)
            self.assertIs(type(err), getattr(iris_client, body["error"]))
            self.assertEqual((err.name, str(err), err.status_code, err.details), (body["error"], body["message"], body["statusCode"], body.get("details", {})))
        self.assertIs(type(error_of(errors["unknown"])), IrisError)
        self.assertTrue(issubclass(ConnectionLostError, IrisError))

    def test_units_are_those_of_utf_16(self) -> None:
        self.assertEqual([units(text) for text in ("", "a", "é", "汉", "🦊")], [0, 1, 1, 1, 2])


def add(name: str, test: Any) -> None:
    setattr(Golden, f"test_{name}", test)


for file in ("calls", "streams"):
    fixture = read(file)
    for number, one in enumerate(fixture["cases"]):
        case = {**one, "key": fixture["key"]}
        add(f"{file}_{number:02d} {one['name']}", lambda self, case=case: self.compare(case, False))
        add(f"{file}_{number:02d} {one['name']}, async", lambda self, case=case: self.compare(case, True))

for number, vector in enumerate(read("webhooks")["vectors"]):

    def check(self: Golden, vector: Dict[str, Any] = vector) -> None:
        for body in (vector["body"], vector["body"].encode()):
            if vector["fits"]:
                self.assertEqual(verify_webhook(vector["secret"], vector["headers"], body, now=vector["now"]), json.loads(vector["body"]))
            else:
                with self.assertRaises(SignatureError):
                    verify_webhook(vector["secret"], vector["headers"], body, now=vector["now"])

    add(f"webhook_{number:02d} {vector['name']}", check)
