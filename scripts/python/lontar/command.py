"""The command line: one call, or the health of a server.

Exit codes: 0 OK; 1 the call ended with another status; 2 a wrong command line; 130 interrupted.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

from google.protobuf import json_format

from . import aio, health
from .descriptors import Catalog, standard
from .metadata import Metadata
from .method import Method
from .net.tls import TLSProblem, client_context
from .status import RpcError


class Usage(Exception):
    """A wrong command line: one line for people."""


def main(arguments: list[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    try:
        return asyncio.run(_run(given))
    except Usage as problem:
        print(f"lontar: {problem}", file=sys.stderr)
        return 2
    except RpcError as error:
        _show_error(error)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lontar", description="Calls a Lontar server.")
    commands = parser.add_subparsers(dest="command", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("server", metavar="HOST:PORT")
    shared.add_argument("--ca", metavar="FILE", help="PEM of the authorities to trust; the system's without it")
    shared.add_argument("--server-name", metavar="NAME", help="the name in the server's certificate; HOST without it")
    shared.add_argument("--certificate", metavar="FILE", help="PEM of the client's certificate")
    shared.add_argument("--key", metavar="FILE", help="PEM of its key")
    shared.add_argument("--timeout", type=float, metavar="SECONDS")

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


async def _run(given: argparse.Namespace) -> int:
    async with _channel(given) as channel:
        if given.command == "health":
            state = await health.check(channel, given.service, given.timeout or 5)
            print(state)
            return 0 if state == "SERVING" else 1
        return await _call(channel, given)


def _channel(given: argparse.Namespace) -> aio.Channel:
    host, colon, port = given.server.rpartition(":")
    if not (colon and port.isdecimal()):
        raise Usage(f"{given.server!r} is not HOST:PORT")
    try:
        context = client_context(given.ca, given.certificate, given.key)
    except TLSProblem as problem:
        raise Usage(str(problem)) from problem
    return aio.Channel(host.strip("[]"), int(port), context=context, server_name=given.server_name)


async def _call(channel: aio.Channel, given: argparse.Namespace) -> int:
    catalog = _catalog(given.descriptors)
    method = _method(catalog, given.method)
    requests = [_request(catalog, method, text) for text in given.json or ["{}"]]
    if len(requests) > 1 and not method.client_streaming:
        raise Usage(f"{method.name} takes one --json")
    options: aio.CallOptions = {"timeout": given.timeout, "metadata": _metadata(given.metadata), "compression": given.compression}
    try:
        opening = channel.call(method, None if method.client_streaming else requests[0], **options)
        async with await opening as call:
            if method.client_streaming:
                call.pump(lambda: aio.send_all(call, requests))
            async for answer in call:
                print(json_format.MessageToJson(answer, indent=None, descriptor_pool=catalog.pool), flush=True)
            if given.show_metadata:
                _show_metadata("initial", call.initial)
                _show_metadata("trailing", (await call.status()).trailing)
    except ValueError as problem:
        raise Usage(str(problem)) from problem
    return 0


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
    except json_format.ParseError as problem:
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
    print(f"lontar: {error}", file=sys.stderr)
    for message in error.details.messages:
        shown = json_format.MessageToJson(message, indent=None, ensure_ascii=False)
        print(f"  {message.DESCRIPTOR.name} {shown}", file=sys.stderr)
    for line in error.trailing.show().splitlines():
        print(f"  trailing {line}", file=sys.stderr)
