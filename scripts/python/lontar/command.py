"""The command line: one call, or the health of a server.

Exit codes: 0 OK; 1 the call ended with another status, or what was asked for does not serve; 2 a wrong command line; 3 an answer cannot
be shown; 130 interrupted; 141 nobody reads the output any more.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from typing import Any

from google.protobuf import json_format, text_format

from . import aio, arguments, health
from .descriptors import Catalog, standard
from .metadata import Metadata
from .method import Method
from .net.tls import TLSProblem, client_context
from .status import RpcError
from .text import plain


class Usage(Exception):
    """A wrong command line: one line for people."""


class Unshown(Exception):
    """What the server has answered cannot be printed: one line for people."""


def main(words: list[str] | None = None) -> int:
    try:
        return _told(words)
    except BrokenPipeError:
        # What is still buffered would fail once more when Python ends, and Python would say so.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.dup2(nowhere, sys.stderr.fileno())
        return 141


def _told(words: list[str] | None) -> int:
    """Does what it is told, and tells how that ended."""
    try:
        return asyncio.run(_run(_parser().parse_args(words)))
    except Usage as problem:
        print(f"lontar: {plain(str(problem))}", file=sys.stderr)
        return 2
    except RpcError as error:
        _show_error(error)
        return 1
    except Unshown as problem:
        print(f"lontar: {plain(str(problem))}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 130
    finally:
        if sys.stdout is not None:
            sys.stdout.flush()  # of --help, too: behind this nobody hears of a reader who has left


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lontar", description="Calls a Lontar server.")
    commands = parser.add_subparsers(dest="command", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("server", metavar="HOST:PORT")
    shared.add_argument("--ca", metavar="FILE", help="PEM of the authorities to trust; the system's without it")
    shared.add_argument("--server-name", metavar="NAME", help="the name in the server's certificate; HOST without it")
    shared.add_argument("--certificate", metavar="FILE", help="PEM of the client's certificate")
    shared.add_argument("--key", metavar="FILE", help="PEM of its key")
    shared.add_argument("--timeout", type=_seconds, metavar="SECONDS")

    call = commands.add_parser("call", parents=[shared], help="one call of any kind; answers as JSON, one a line")
    call.add_argument("method", metavar="package.Service/Method")
    call.add_argument("--json", action="append", default=[], metavar="MESSAGE", help="a request; again for a client stream")
    call.add_argument("--metadata", action="append", default=[], metavar="KEY=VALUE", help="for a -bin key VALUE is hex")
    call.add_argument("--compression", metavar="NAME", help="of the requests: gzip, deflate, zstd")
    call.add_argument("--descriptors", metavar="FILE", help="descriptor set, binary or text; only health without it")
    call.add_argument("--show-metadata", action="store_true", help="print the server's metadata on standard error")

    check = commands.add_parser("health", parents=[shared], help="whether the server, or a service of it, serves")
    check.add_argument("service", nargs="?", default="")
    return parser


def _seconds(text: str) -> float:
    try:
        return arguments.seconds("the timeout", float(text))
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from problem


async def _run(given: argparse.Namespace) -> int:
    async with _channel(given) as channel:
        return await (_health if given.command == "health" else _call)(channel, given)


def _channel(given: argparse.Namespace) -> aio.Channel:
    host, colon, port = given.server.rpartition(":")
    if not (colon and port.isascii() and port.isdecimal()):
        raise Usage(f"{given.server!r} is not HOST:PORT")
    if given.key is not None and given.certificate is None:
        raise Usage("--key is of use only with --certificate")
    try:
        context = client_context(given.ca, given.certificate, given.key)
        return aio.Channel(host.strip("[]"), int(port), context=context, server_name=given.server_name)
    except (TLSProblem, ValueError) as problem:
        raise Usage(str(problem)) from problem


async def _health(channel: aio.Channel, given: argparse.Namespace) -> int:
    try:
        state = await health.check(channel, given.service, 5 if given.timeout is None else given.timeout)
    except ValueError as problem:
        raise Usage(str(problem)) from problem
    _print(state)
    return 0 if state == "SERVING" else 1


async def _call(channel: aio.Channel, given: argparse.Namespace) -> int:
    catalog = _catalog(given.descriptors)
    method = _method(catalog, given.method)
    requests = [_request(catalog, method, text) for text in given.json or ["{}"]]
    if len(requests) > 1 and not method.client_streaming:
        raise Usage(f"{method.name} takes one --json")
    options: aio.CallOptions = {"timeout": given.timeout, "metadata": _metadata(given.metadata), "compression": given.compression}
    try:
        call = await channel.call(method, None if method.client_streaming else requests[0], **options)
    except ValueError as problem:
        raise Usage(str(problem)) from problem
    async with call:
        if method.client_streaming:
            call.pump(lambda: aio.send_all(call, requests))
        async for answer in call:
            _print(_json(catalog, answer))
        if given.show_metadata:
            _show_metadata("initial", call.initial)
            _show_metadata("trailing", (await call.status()).trailing)
    return 0


def _json(catalog: Catalog, answer: Any) -> str:
    try:
        return json_format.MessageToJson(answer, indent=None, descriptor_pool=catalog.pool)
    except Exception as problem:  # of many kinds: times out of range, an Any of an unknown type or of bytes that are no message
        raise Unshown(f"an answer cannot be shown as JSON: {problem}") from problem


def _print(line: str) -> None:
    """At once: a stream may be long. What cannot be written now cannot be later."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        raise
    except OSError as problem:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Unshown(f"the output cannot be written: {problem}") from problem


def _catalog(path: str | None) -> Catalog:
    if path is None:
        return standard()
    try:
        return Catalog.load(path)
    except (OSError, ValueError) as problem:
        raise Usage(str(problem)) from problem


def _method(catalog: Catalog, name: str) -> Method[Any, Any]:
    try:
        return catalog.method(name)
    except ValueError as problem:
        raise Usage(f"{problem}; --descriptors names a file that has it") from problem


def _request(catalog: Catalog, method: Method[Any, Any], text: str) -> Any:
    try:
        return json_format.Parse(text, method.request_type(), descriptor_pool=catalog.pool)
    except (json_format.ParseError, ValueError, RecursionError) as problem:
        raise Usage(f"--json is no {method.request_type.DESCRIPTOR.full_name}: {problem}") from problem


def _metadata(given: list[str]) -> list[tuple[str, str | bytes]]:
    pairs: list[tuple[str, str | bytes]] = []
    for each in given:
        key, equals, value = each.partition("=")
        if not equals:
            raise Usage(f"--metadata {each!r} is not KEY=VALUE")
        try:
            pairs.append((key, bytes.fromhex(value) if key.endswith("-bin") else value))
        except ValueError as problem:
            raise Usage(f"--metadata {key}: {value!r} is not hex") from problem
    return pairs


def _show_metadata(which: str, metadata: Metadata) -> None:
    for line in metadata.show().splitlines():
        print(f"{which} {line}", file=sys.stderr)


def _show_error(error: RpcError) -> None:
    print(f"lontar: {plain(str(error))}", file=sys.stderr)
    for message in error.details.messages:
        print(f"  {message.DESCRIPTOR.name} {plain(_shown(message))}", file=sys.stderr)
    for line in error.trailing.show().splitlines():
        print(f"  trailing {line}", file=sys.stderr)


def _shown(detail: Any) -> str:
    """JSON, or protobuf's text format for what JSON does not know, as a RetryInfo of more than 10,000 years."""
    try:
        return json_format.MessageToJson(detail, indent=None, ensure_ascii=False)
    except Exception:  # of many kinds, and the error itself is worth more than its details
        return text_format.MessageToString(detail, as_one_line=True)
