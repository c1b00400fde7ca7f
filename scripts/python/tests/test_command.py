"""The command line, as a process of its own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
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


def lontar(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lontar", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.fixture
def call(echo_server: EchoServer):
    def calling(*arguments: object) -> subprocess.CompletedProcess[str]:
        shared = ["--ca", echo_server.ca, "--server-name", "localhost", "--descriptors", DESCRIPTORS]
        return lontar("call", f"127.0.0.1:{echo_server.port}", *shared, *arguments)

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
