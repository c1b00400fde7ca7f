"""Message classes and methods from a descriptor set, without generated code.

A set is a `google.protobuf.FileDescriptorSet`, binary (`protoc --include_imports --descriptor_set_out=FILE`) or in text format, as
proto/descriptors.txt. Each catalog has a descriptor pool of its own: it cannot collide with generated classes of the same names.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

from .method import Method


class Catalog:
    def __init__(self, data: bytes):
        self.pool = descriptor_pool.DescriptorPool()
        for file in _parse(data).file:
            self.pool.Add(file)

    @classmethod
    def load(cls, path: str | Path) -> Catalog:
        """Raises OSError or ValueError."""
        try:
            return cls(Path(path).read_bytes())
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path} is no descriptor set: {error}") from error

    def message(self, name: str) -> Any:
        """The class of a message, by its full name."""
        try:
            return message_factory.GetMessageClass(self.pool.FindMessageTypeByName(name))
        except KeyError:
            raise ValueError(f"there is no message {name} in the descriptors") from None

    def method(self, name: str) -> Method[Any, Any]:
        """The method `package.Service/Method` with its kinds and classes."""
        service, _, short = name.partition("/")
        try:
            found = self.pool.FindServiceByName(service).methods_by_name[short]
        except KeyError:
            raise ValueError(f"there is no method {name} in the descriptors") from None
        return Method(
            name,
            message_factory.GetMessageClass(found.input_type),
            message_factory.GetMessageClass(found.output_type),
            found.client_streaming,
            found.server_streaming,
        )


@cache
def standard() -> Catalog:
    """Health, google.rpc.Status and its details: what this package itself needs."""
    return Catalog(resources.files("lontar").joinpath("standard.txt").read_bytes())


def _parse(data: bytes) -> descriptor_pb2.FileDescriptorSet:
    if data.lstrip()[:1] in (b"f", b"#"):
        try:
            return text_format.Parse(data.decode(), descriptor_pb2.FileDescriptorSet())
        except (text_format.ParseError, UnicodeDecodeError) as error:
            raise ValueError(str(error)) from error
    try:
        return descriptor_pb2.FileDescriptorSet.FromString(data)
    except Exception as error:
        raise ValueError(str(error)) from error
