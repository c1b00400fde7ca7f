"""The client that PROTOCOL.md prints is complete and works against the real server."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from golden import REPOSITORY
from server import Echo, EchoServer


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    text = (REPOSITORY / "proto" / "PROTOCOL.md").read_text()
    (code,) = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    path = tmp_path_factory.mktemp("document") / "minimal.py"
    path.write_text(code)
    return path


@pytest.fixture(scope="session")
def minimal(program: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("minimal", program)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def client(minimal: ModuleType, echo_server: EchoServer):
    client = minimal.Client("127.0.0.1", echo_server.port, str(echo_server.ca), "localhost")
    yield client
    client.close()


def test_the_printed_client_has_200_lines(program: Path) -> None:
    assert len([line for line in program.read_text().splitlines() if line.strip()]) <= 200
    assert max(map(len, program.read_text().splitlines())) <= 130


def test_the_printed_client_runs_as_a_program(program: Path, echo: Echo, echo_server: EchoServer) -> None:
    command = [sys.executable, program, str(echo_server.port), echo_server.ca, echo.unary.name]
    request = echo.Request(payload=b"from the document").SerializeToString()
    done = subprocess.run(command, input=request, capture_output=True, check=True, timeout=60)
    assert echo.Response.FromString(done.stdout).payload == b"from the document"


@pytest.mark.parametrize("size", [0, 1, 16_300, 16_372, 300_000, 4_000_000])
def test_the_printed_client_carries_a_payload_of_any_size(client, echo: Echo, size: int) -> None:
    payload = bytes(i % 251 for i in range(size))
    answer = client.unary(echo.unary.name, echo.Request(payload=payload).SerializeToString(), 60)
    assert echo.Response.FromString(answer).payload == payload


def test_the_printed_client_gives_credit_back(client, echo: Echo) -> None:
    request = echo.Request(response_bytes=4_000_000).SerializeToString()
    for _ in range(15):  # 60 MB through a connection window of 26 MB
        assert len(client.unary(echo.unary.name, request, 60)) > 4_000_000


def test_the_printed_client_opens_more_calls_than_hello_allows(client, echo: Echo) -> None:
    for _ in range(client.calls + 10):
        client.unary(echo.unary.name, b"", 60)


def test_the_printed_client_tells_a_status_and_a_deadline(minimal: ModuleType, client, echo: Echo) -> None:
    with pytest.raises(minimal.CallFailed) as caught:
        client.unary(echo.unary.name, echo.Request(fail_with_code=5, fail_message="tidak ada").SerializeToString(), 60)
    assert (caught.value.code, caught.value.text) == (5, "tidak ada")
    assert b"ECHO_WAS_TOLD_TO_FAIL" in caught.value.details
    with pytest.raises(minimal.CallFailed) as caught:
        client.unary(echo.unary.name, echo.Request(sleep_milliseconds=60_000).SerializeToString(), 0.05)
    assert caught.value.code == 4
    assert echo.Response.FromString(client.unary(echo.unary.name, b"", 60)).payload == b""
