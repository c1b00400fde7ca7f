"""The command line, as a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from golden import REPOSITORY
from lontar import health
from lontar.aio import Channel
from lontar.descriptors import Catalog, standard
from lontar.net.tls import client_context
from lontar.wire import frames
from scripted import Guest, Scripted
from server import Echo, EchoServer, serves

DESCRIPTORS = REPOSITORY / "proto" / "descriptors.txt"
PROGRAM = [sys.executable, "-m", "lontar"]


def lontar(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=60)


def shared(echo_server: EchoServer) -> list[object]:
    return [f"127.0.0.1:{echo_server.port}", "--ca", echo_server.ca, "--server-name", "localhost", "--descriptors", DESCRIPTORS]


@pytest.fixture
def call(echo_server: EchoServer):
    def calling(*arguments: object) -> subprocess.CompletedProcess[str]:
        return lontar("call", *shared(echo_server), *arguments)

    return calling


def test_a_call_prints_its_answer_as_json(call) -> None:
    done = call("lontar.testing.v1.Echo/Unary", "--json", '{"payload": "aGFsbG8="}', "--metadata", "k=v", "--timeout", "20")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["payload"] == "aGFsbG8="
    assert 0 < int(answer["remainingNanoseconds"]) <= 20_000_000_000


def test_a_stream_prints_one_answer_a_line(call) -> None:
    done = call("lontar.testing.v1.Echo/ServerStream", "--json", '{"response_count": 3, "payload": "aGFsbG8="}')
    assert [json.loads(line)["payload"] for line in done.stdout.splitlines()] == ["aGFsbG8="] * 3


def test_several_requests_make_a_stream(call, catalog: Catalog, echo: Echo) -> None:
    if not serves(catalog, echo.client_stream):
        pytest.skip("proto/descriptors.txt has no ClientStream")
    done = call("lontar.testing.v1.Echo/ClientStream", "--json", '{"payload": "YQ=="}', "--json", '{"payload": "Yg=="}')
    assert json.loads(done.stdout)["payload"] == "YWI="  # "ab"


def test_requests_are_compressed_if_asked(call) -> None:
    request = json.dumps({"payload": "YWJj" * 50, "expect_compressed": True})  # "abc" fifty times
    assert call("lontar.testing.v1.Echo/Unary", "--json", request).returncode == 1
    done = call("lontar.testing.v1.Echo/Unary", "--json", request, "--compression", "gzip")
    assert json.loads(done.stdout)["payload"] == "YWJj" * 50, done.stderr


def test_a_failed_call_prints_status_and_details(call) -> None:
    done = call("lontar.testing.v1.Echo/Unary", "--json", '{"fail_with_code": 5, "fail_message": "tidak ada"}')
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("lontar: NOT_FOUND: tidak ada\n")
    assert '"reason": "ECHO_WAS_TOLD_TO_FAIL"' in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["lontar.testing.v1.Echo/Nothing"], "no method"),
        (["lontar.testing.v1.Echo/Unary", "--json", '{"nothing": 1}'], "--json is no lontar.testing.v1.EchoRequest"),
        (["lontar.testing.v1.Echo/Unary", "--json", "{}", "--json", "{}"], "takes one --json"),
        (["lontar.testing.v1.Echo/Unary", "--metadata", "k"], "KEY=VALUE"),
        (["lontar.testing.v1.Echo/Unary", "--compression", "brotli"], "no compression 'brotli'"),
        (["lontar.testing.v1.Echo/Unary", "--metadata", "k-bin=xy"], "not hex"),
        (["lontar.testing.v1.Echo/Unary", "--metadata", "K=v"], "metadata key"),
        (["lontar.testing.v1.Echo/Unary", "--metadata", "k=\udcff"], "metadata value of k"),
        (["lontar.testing.v1.Echo/Unary", "--metadata", "k=" + "v" * 4_097], "metadata value of k"),
        (["lontar.testing.v1.Echo/Unary", "--json", "[" * 100_000], "--json is no"),
        (["lontar.testing.v1.Echo/Unary", "--json", '{"failMessage": "\udcff"}'], "--json is no"),
        (["lontar.testing.v1.Echo/\udcff"], "no method"),
        (["lontar.testing.v1.Echo/Unary", "--timeout", "nan"], "finite"),
        (["lontar.testing.v1.Echo/Unary", "--timeout", "inf"], "finite"),
        (["lontar.testing.v1.Echo/Unary", "--timeout", "soon"], "--timeout"),
    ],
)
def test_a_wrong_command_line_is_told(call, arguments: list[str], words: str) -> None:
    done = call(*arguments)
    assert done.returncode == 2
    assert words in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["health", "nowhere"], 2, "not HOST:PORT"),
        (["health", "127.0.0.1:65536"], 2, "port is a whole number from 1 to 65535"),
        (["health", "127.0.0.1:0"], 2, "port is a whole number from 1 to 65535"),
        (["health", "127.0.0.1:" + "9" * 5_000], 2, "lontar: "),
        (["health", "127.0.0.1:٣"], 2, "not HOST:PORT"),
        (["health", ":7443"], 2, "host is the name or address"),
        (["health", "a..b:7443"], 2, "host is the name or address"),
        (["health", "127.0.0.1:1", "--server-name", ""], 2, "server_name is the name or address"),
        (["health", "127.0.0.1:1", "--timeout", "nan"], 2, "finite"),
        (["health", "127.0.0.1:1", "\udcff"], 2, "lontar: "),
        (["health", "127.0.0.1:1", "--key", "/nothing"], 2, "--key is of use only with --certificate"),
        (["health", "127.0.0.1:1", "--ca", "/nothing"], 2, "cannot be read"),
        (["health", "127.0.0.1:1"], 1, "UNAVAILABLE"),
        (["call", "127.0.0.1:1", "a.S/M", "--descriptors", "/nothing"], 2, "/nothing"),
        (["call", "127.0.0.1:1", "a.S/M"], 2, "--descriptors"),
    ],
)
def test_a_server_that_cannot_be_reached_is_told(arguments: list[str], code: int, words: str) -> None:
    done = lontar(*arguments)
    assert done.returncode == code
    assert words in done.stderr and "Traceback" not in done.stderr


@pytest.fixture(params=["", "1"])
def buffering(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways: what is buffered fails later than what is not."""
    monkeypatch.setenv("PYTHONUNBUFFERED", request.param)


def to_nobody(arguments: list[object], take: int) -> tuple[int, str]:
    """Exit code and errors when the reader of its output takes so many lines and leaves, as `head` does."""
    command = [*PROGRAM, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        for _ in range(take):
            assert process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
        return process.wait(60), errors


def test_a_reader_who_leaves_ends_the_command_quietly(echo_server: EchoServer, buffering: None) -> None:
    stream = ["--json", '{"response_count": 1000000, "response_bytes": 100}', "lontar.testing.v1.Echo/ServerStream"]
    assert to_nobody(["call", *shared(echo_server), *stream], take=1) == (141, "")
    unary = ["--json", '{"sleep_milliseconds": 300}', "lontar.testing.v1.Echo/Unary"]
    assert to_nobody(["call", *shared(echo_server), *unary], take=0) == (141, "")


def test_a_reader_who_leaves_before_the_help_is_printed_ends_the_command_quietly(buffering: None) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nobody:
        done = subprocess.run([*PROGRAM, "--help"], stdout=nobody, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode in (0, 141) and done.stderr == ""  # argparse itself does not mind, if it is there that it fails


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_answers_that_cannot_be_written_are_no_failed_call(echo_server: EchoServer, buffering: None) -> None:
    command = [*PROGRAM, "call", *shared(echo_server), "lontar.testing.v1.Echo/Unary"]
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*map(str, command)], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 3
    assert done.stderr.startswith("lontar: the output cannot be written") and done.stderr.count("\n") == 1


def answered(certificates: Path, *answer: Callable[[int], frames.Frame], arguments: list[object]) -> subprocess.CompletedProcess[str]:
    """The command against a server that answers so."""

    async def answers(guest: Guest) -> None:
        await guest.greet()
        said = await guest.hear_kind(frames.Open)
        guest.say(*(make(said.stream) for make in answer))
        await guest.hear()

    async def work() -> subprocess.CompletedProcess[str]:
        async with Scripted(certificates, answers) as server:
            where = [f"127.0.0.1:{server.port}", "--ca", certificates / "ca.pem", "--server-name", "localhost"]
            return await asyncio.to_thread(lontar, arguments[0], *where, *arguments[1:])

    return asyncio.run(asyncio.wait_for(work(), 60))


HOSTILE = "a\x1b[2Jb\rc\nd\x9b1me\u202ef\x7f\u2028\U000e0001é\\n"
SHOWN = "a\\u001b[2Jb\\rc\\nd\\u009b1me\\u202ef\\u007f\\u2028\\udb40\\udc01é\\n"


def packed(name: str, **fields: object) -> bytes:
    """A google.rpc.Status with one detail."""
    detail = standard().message(name)(**fields)
    status = standard().message("google.rpc.Status")()
    status.details.add(type_url=f"type.googleapis.com/{name}", value=detail.SerializeToString())
    return status.SerializeToString()


def test_what_a_server_writes_does_not_steer_the_terminal(certificates: Path) -> None:
    details = packed("google.rpc.ErrorInfo", reason=HOSTILE, domain="x")
    trailing = (("k", HOSTILE.encode()), ("k-bin", HOSTILE.encode()), ("forged", b"a\n  trailing b: c"))
    ended = lambda stream: frames.StatusFrame(stream, 5, HOSTILE, details, metadata=trailing)  # noqa: E731
    done = answered(certificates, ended, arguments=["health"])
    assert (done.returncode, done.stdout) == (1, "")
    first, detail, *metadata = done.stderr.splitlines()
    assert first == f"lontar: NOT_FOUND: {SHOWN}"
    assert detail.startswith("  ErrorInfo ") and json.loads(detail.removeprefix("  ErrorInfo "))["reason"] == HOSTILE
    assert metadata == [
        f"  trailing k: {SHOWN}",
        f"  trailing k-bin: {HOSTILE.encode().hex()}",
        "  trailing forged: a\\n  trailing b: c",
    ]
    assert all(line.isprintable() for line in done.stderr.split("\n"))


def test_shown_metadata_does_not_steer_the_terminal_either(certificates: Path) -> None:
    initial = lambda stream: frames.Head(stream, (("k", HOSTILE.encode()),))  # noqa: E731
    ended = lambda stream: frames.StatusFrame(stream, 0, inline=b"")  # noqa: E731
    done = answered(certificates, initial, ended, arguments=["call", "grpc.health.v1.Health/Check", "--show-metadata"])
    assert (done.returncode, done.stderr) == (0, f"initial k: {SHOWN}\n")


def test_why_a_connection_was_refused_does_not_steer_the_terminal(certificates: Path) -> None:
    done = answered(certificates, lambda _: frames.GoAway(0, 10, True, HOSTILE), arguments=["health"])
    assert done.returncode == 1 and SHOWN in done.stderr
    assert all(line.isprintable() for line in done.stderr.split("\n"))


@pytest.mark.parametrize("seconds", [2**63 - 1, -(2**63)])
def test_a_detail_that_json_does_not_know_is_shown_all_the_same(certificates: Path, seconds: int) -> None:
    details = packed("google.rpc.RetryInfo", retry_delay={"seconds": seconds, "nanos": -5})
    ended = lambda stream: frames.StatusFrame(stream, 14, "later", details, metadata=(("k", b"v"),))  # noqa: E731
    done = answered(certificates, ended, arguments=["health"])
    assert done.returncode == 1
    first, detail, last = done.stderr.splitlines()
    assert (first, last) == ("lontar: UNAVAILABLE: later", "  trailing k: v")
    assert detail.startswith("  RetryInfo retry_delay") and f"seconds: {seconds}" in detail


def test_an_answer_that_json_does_not_know_is_neither_a_failed_call_nor_a_wrong_command(certificates: Path, catalog: Catalog) -> None:
    response = catalog.message("lontar.admin.v1.GetServerResponse")(uptime={"seconds": 2**63 - 1})
    ended = lambda stream: frames.StatusFrame(stream, 0, inline=response.SerializeToString())  # noqa: E731
    command = ["call", "lontar.admin.v1.Admin/GetServer", "--descriptors", DESCRIPTORS]
    done = answered(certificates, ended, arguments=command)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("lontar: an answer cannot be shown as JSON: ") and done.stderr.count("\n") == 1


async def serving(guest: Guest) -> None:
    await guest.greet()
    answer = standard().message("grpc.health.v1.HealthCheckResponse")
    said = await guest.hear_kind(frames.Open)
    asked = standard().message("grpc.health.v1.HealthCheckRequest").FromString(said.inline).service
    guest.say(frames.StatusFrame(said.stream, 0, inline=answer(status=1 if asked == "" else 2).SerializeToString()))
    await guest.hear()


def test_health_is_printed_and_decides_the_exit_code(certificates: Path) -> None:
    async def work() -> None:
        async with Scripted(certificates, serving) as server:
            for service, word, code in (("", "SERVING", 0), ("seratus.v1", "NOT_SERVING", 1)):
                arguments = ["health", f"127.0.0.1:{server.port}", service, "--ca", certificates / "ca.pem", "--server-name", "localhost"]
                done = await asyncio.to_thread(lontar, *arguments)
                assert (done.stdout, done.returncode) == (f"{word}\n", code), done.stderr
            context = client_context(certificates / "ca.pem")
            async with Channel("127.0.0.1", server.port, context=context, server_name="localhost") as c:
                assert await health.check(c) == "SERVING"

    asyncio.run(asyncio.wait_for(work(), 60))


def test_the_packages_own_descriptors_are_a_part_of_the_repositorys(catalog: Catalog) -> None:
    for name in ("grpc/health/v1/health.proto", "google/rpc/status.proto", "google/rpc/error_details.proto"):
        ours, theirs = standard().pool.FindFileByName(name), catalog.pool.FindFileByName(name)
        assert ours.serialized_pb == theirs.serialized_pb
