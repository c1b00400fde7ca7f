import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import server  # noqa: E402
from golden import REPOSITORY  # noqa: E402
from lontar.descriptors import Catalog  # noqa: E402


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog.load(REPOSITORY / "proto" / "descriptors.txt")


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ca.pem, server.pem, client-tester.pem and their keys."""
    folder = tmp_path_factory.mktemp("certificates")
    command = [REPOSITORY / "scripts" / "certificates", folder, "--client", "spiffe://example.test/client/tester"]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def echo(catalog: Catalog) -> server.Echo:
    return server.Echo(catalog)


@pytest.fixture(scope="session")
def echo_server() -> Iterator[server.EchoServer]:
    """The real server. scripts/test-python names its program; without it these tests are left out."""
    yield from lend("echo-serve")


@pytest.fixture(scope="session", params=[16_372, 1_024])
def interop_server(request: pytest.FixtureRequest) -> Iterator[tuple[server.EchoServer, int]]:
    """The server of gRPC's interoperability cases, and the longest frame that it takes."""
    for running in lend("interop-serve", "--frame-payload", str(request.param)):
        yield running, request.param


@pytest.fixture(scope="session")
def small_frames_server() -> Iterator[server.EchoServer]:
    """The same with the smallest frames that the protocol allows."""
    yield from lend("echo-serve", "--frame-payload", "1024")


def lend(*arguments: str) -> Iterator[server.EchoServer]:
    if server.PROGRAM not in os.environ:
        pytest.skip(f"{server.PROGRAM} names no server program")
    process, running = server.start(*arguments)
    yield running
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(30) == 0
