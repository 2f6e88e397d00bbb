from __future__ import annotations

import asyncio
import json
import subprocess
import unittest
import uuid
from pathlib import Path
from typing import Any, Dict, List, Tuple

from iris_client import AgentError, AsyncIris, Iris, TeamNotFoundError, TellTimeoutError, UnauthorizedError
from iris_client.tools import ROUTES

ROOT = Path(__file__).resolve().parents[3]
KEYWORDS = ("from", "as", "in")


def setUpModule() -> None:
    global child, server, iris
    child = subprocess.Popen(["node", str(ROOT / "clients/test/server.js")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    server = json.loads(child.stdout.readline())
    iris = Iris(server["url"], server["key"])


def tearDownModule() -> None:
    child.stdin.close()
    child.wait()
    child.stdout.close()


class Live(unittest.TestCase):
    def test_a_team_answers(self) -> None:
        answer = iris.tell("echo", "hello", from_="me")
        self.assertEqual((answer["response"], answer["from"], answer["to"]), ("echo: hello", "me", "echo"))

    def test_a_key_that_was_read_from_a_file_ends_in_a_line_break(self) -> None:
        self.assertGreater(len(Iris(server["url"], server["key"] + "\n").team_list()["teams"]), 0)

    def test_an_id_of_ones_own_is_one_tell(self) -> None:
        id = str(uuid.uuid4())
        answers = [iris.tell("echo", "once, in Python", tell_id=id, from_="me") for _ in range(2)]
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(len([tell for tell in iris.tell_list(limit=500)["tells"] if tell["message"] == "once, in Python"]), 1)

    def test_a_wait_that_ends_first_leaves_the_tell_to_go_on(self) -> None:
        with self.assertRaises(TellTimeoutError) as raised:
            iris.tell("echo", "!slow 5 100 in the end", from_="waiter", timeout=50)
        self.assertIn("in the end", iris.tell_get(raised.exception.details["tellId"], wait=20_000)["response"])

    def test_pieces_make_the_answer_to_the_letter(self) -> None:
        for message in ("hello", "!unicode", "!restart", "!blocks", "!slow 8 5 a word or two"):
            with self.subTest(message):
                stream = iris.stream("echo", message, from_="streamer")
                text = ""
                for chunk in stream:
                    data = text.encode("utf-16-le")[: chunk.offset * 2] + chunk.chunk.encode("utf-16-le")
                    text = data.decode("utf-16-le")
                response = iris.tell_get(stream.tell_id)["response"]
                self.assertEqual((text, stream.answer["response"]), (response, response))

    def test_an_answer_is_whole_over_a_line_that_breaks(self) -> None:
        waits: List[float] = []
        flaky = Iris(server["flaky"], server["key"], sleep=waits.append)
        stream = flaky.stream("echo", "!slow 60 20 " + "word " * 60, from_="flaky")
        text, pieces = "", 0
        for offset, chunk, _ in stream:
            self.assertEqual(offset, len(text), "nothing comes twice")
            text += chunk
            pieces += 1
        self.assertEqual(text, iris.tell_get(stream.tell_id)["response"])
        self.assertGreater(pieces, 5)
        self.assertGreater(len(waits), 1)

    def test_events_come_in_order_once_each_over_a_line_that_breaks(self) -> None:
        head = iris.event_list(limit=1)["head"]
        iris.tell("echo", "!slow 40 1 " + "much to say " * 40, from_="events")
        expected = [(one["event"], one["data"], one["seq"]) for one in iris.event_list(after=head, limit=1000)["events"]]
        seen: List[Tuple[Any, ...]] = []
        for event in Iris(server["flaky"], server["key"]).events(after=head):
            seen.append(tuple(event))
            if len(seen) == len(expected):
                break
        self.assertEqual(seen, expected)

    def test_many_at_once_with_asyncio(self) -> None:
        async def one(iris: AsyncIris, number: int) -> None:
            stream = iris.stream("echo", f"!slow 3 5 number {number}", from_=f"async-{number % 4}")
            text = ""
            async for chunk in stream:
                text = chunk.text
            self.assertIn(f"number {number}", text)
            self.assertEqual(stream.answer["response"], text)

        async def run() -> None:
            async with AsyncIris(server["url"], server["key"]) as iris:
                await asyncio.gather(*(one(iris, number) for number in range(12)))
                self.assertEqual((await iris.tell("echo", "hello"))["response"], "echo: hello")

        asyncio.run(run())

    def test_reading_stops_when_the_task_is_cancelled(self) -> None:
        async def run() -> None:
            async with AsyncIris(server["url"], server["key"]) as iris:
                caught_up = asyncio.Event()

                async def read() -> None:
                    async for event in iris.events(notices=True, rooms=["team:*"]):
                        if event.event == "caught_up":
                            caught_up.set()

                task = asyncio.create_task(read())
                await caught_up.wait()
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task

        asyncio.run(run())

    def test_errors_have_the_class_of_their_name_and_details(self) -> None:
        with self.assertRaises(TeamNotFoundError):
            iris.tell("nobody", "hello")
        with self.assertRaises(UnauthorizedError):
            Iris(server["url"], "wrong").team_list()
        for crash in (lambda: iris.tell("echo", "!crash 3", from_="crasher"), lambda: iris.stream("echo", "!crash 3", from_="crasher").final()):
            with self.assertRaises(AgentError) as raised:
                crash()
            self.assertEqual(raised.exception.details["exitCode"], 3)
            self.assertIn("told to crash", json.dumps(raised.exception.details))


PARITY = json.loads((ROOT / "clients/fixtures/parity.json").read_text(encoding="utf-8"))


def value_of(schema: Dict[str, Any]) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    return {"boolean": False, "array": [], "object": {}}.get(kind, "x" * schema.get("minLength", 1))


def parity(operation: Dict[str, Any]) -> Any:
    name = operation["operationId"]

    def test(self: Live) -> None:
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        required = {one["name"]: one["schema"] for one in operation.get("parameters", []) if one["required"]}
        required.update({field: body["properties"][field] for field in body.get("required", [])})
        made: Dict[str, Any] = dict(PARITY["known"])
        if any(field in PARITY["made"] for field in required):
            made.update({field: value for field, value in iris.tell("echo", "hello", from_=f"py-{name}").items() if field in PARITY["made"]})
        if "approvalId" in required:
            asked = iris.team_tell("echo", PARITY["question"], fromTeam=f"py-{name}", timeout=-1)
            events = iris.events(after=0, rooms=[f"session:{asked['sessionId']}"])
            made["approvalId"] = next(event.data["approvalId"] for event in events if event.event == "approval:requested")
        made["keyName"] = f"py-{name}"
        if "keyName" in required and name != "key_create":
            iris.key_create(made["keyName"], ["status"])
        if "webhookId" in required:
            made["webhookId"] = iris.webhook_create(url=PARITY["known"]["url"], team=PARITY["known"]["team"])["webhookId"]
        arguments = {field + "_" if field in KEYWORDS else field: made.get(field, value_of(schema)) for field, schema in required.items()}
        output = getattr(iris, name)(**arguments)
        for field in operation["responses"]["200"]["content"]["application/json"]["schema"]["required"]:
            self.assertIn(field, output)

    return test


OPERATIONS = [one for methods in json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))["paths"].values() for one in methods.values()]
for one in OPERATIONS:
    setattr(Live, f"test_{one['operationId']}_can_be_called", parity(one))


class Table(unittest.TestCase):
    def test_every_tool_is_known(self) -> None:
        self.assertEqual(sorted(ROUTES), sorted(one["operationId"] for one in OPERATIONS))
