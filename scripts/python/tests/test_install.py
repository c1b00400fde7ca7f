"""The package as others install it: a clean copy, as a wheel and by `pip install .`, in an environment without this repository's tree.

scripts/test-python names a folder with what building and running need from PyPI; without it these tests are left out. pip asks no index.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from golden import REPOSITORY
from server import EchoServer

PACKAGES = "LONTAR_PACKAGES"
TREE = REPOSITORY / "scripts" / "python"

EVERY_MODULE = """
import importlib, json, pkgutil, lontar
names = sorted(module.name for module in pkgutil.walk_packages(lontar.__path__, "lontar.") if module.name != "lontar.__main__")
for name in names:
    importlib.import_module(name)
from lontar import compression, descriptors
import google.protobuf
health = descriptors.standard().method("grpc.health.v1.Health/Check").name
files = [lontar.__file__, google.protobuf.__file__]
print(json.dumps({"names": names, "files": files, "codecs": compression.available(), "health": health}))
"""


@dataclass(frozen=True)
class Installed:
    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def run(self, *command: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = run(command, self.folder)
        assert done.returncode == code, done.stderr
        return done


def run(command: Iterable[object], folder: Path) -> subprocess.CompletedProcess[str]:
    """Where Python does not find the tree, neither in the present folder nor by PYTHONPATH."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=300, cwd=folder, env=environment)


def pip(*arguments: object, folder: Path, python: Path | None = None) -> None:
    """Of this test's environment, for that of `python`."""
    where = [] if python is None else ["--python", python]
    command = [sys.executable, "-m", "pip", *where, "--isolated", "--disable-pip-version-check", "--no-cache-dir", *arguments]
    done = run([*command, "--no-index", "--find-links", os.environ[PACKAGES]], folder)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def clean_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if PACKAGES not in os.environ:
        pytest.skip(f"{PACKAGES} names no folder of packages")
    made = shutil.ignore_patterns("*.egg-info", "__pycache__", ".pytest_cache", "build", "dist", "tests")
    return shutil.copytree(TREE, tmp_path_factory.mktemp("source") / "python", ignore=made)


@pytest.fixture(scope="session")
def wheel(clean_copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--wheel-dir", folder, clean_copy, folder=folder)
    (made,) = folder.glob("lontar-*.whl")
    return made


@pytest.fixture(scope="session", params=["wheel", "source"])
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    made = Installed(tmp_path_factory.mktemp("environment"))
    what = request.getfixturevalue("wheel" if request.param == "wheel" else "clean_copy")
    venv.create(made.folder, with_pip=False)
    pip("install", what, folder=made.folder, python=made.python)
    return made


def test_a_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    package = {path.relative_to(TREE).as_posix() for path in (TREE / "lontar").rglob("*") if path.is_file()}
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == {name for name in package if "__pycache__" not in name}
    assert {"lontar/standard.txt", "lontar/py.typed"} <= held


def test_every_module_of_an_installed_package_can_be_imported(installed: Installed) -> None:
    said = json.loads(installed.run(installed.python, "-c", EVERY_MODULE).stdout)
    inside = (path.relative_to(TREE).with_suffix("") for path in (TREE / "lontar").rglob("*.py"))
    names = {".".join(path.parts).removesuffix(".__init__") for path in inside}
    assert {"lontar", "lontar.__main__", *said["names"]} == names
    for file in said["files"]:
        assert Path(file).is_relative_to(installed.folder), "not from the environment that was made"
    assert {"gzip", "deflate"} <= set(said["codecs"])
    assert said["health"] == "grpc.health.v1.Health/Check"  # from the package's own data


@pytest.mark.parametrize("command", [["bin/python", "-m", "lontar"], ["bin/lontar"]])
def test_an_installed_package_calls_the_real_server(installed: Installed, command: list[str], echo_server: EchoServer) -> None:
    program = [installed.folder / command[0], *command[1:]]
    shared = [f"127.0.0.1:{echo_server.port}", "--ca", echo_server.ca, "--server-name", "localhost"]
    unary = [*shared, "--descriptors", REPOSITORY / "proto" / "descriptors.txt", "lontar.testing.v1.Echo/Unary"]
    done = installed.run(*program, "call", *unary, "--json", '{"payload": "aGFsbG8="}', "--compression", "gzip")
    assert json.loads(done.stdout)["payload"] == "aGFsbG8="
    failed = installed.run(*program, "call", *unary, "--json", '{"fail_with_code": 5}', code=1)
    assert '"reason": "ECHO_WAS_TOLD_TO_FAIL"' in failed.stderr  # details are read with the package's own data
    unserved = installed.run(*program, "health", *shared, code=1)
    assert unserved.stderr.startswith("lontar: UNIMPLEMENTED")  # the echo server has no health, but it has answered
    assert installed.run(*program, "--help").stdout.startswith("usage: lontar")
