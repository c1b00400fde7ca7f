"""What a connection tells the one who drives it."""

from dataclasses import dataclass

from ..wire.frames import Blocked, Hint, StatusFrame
from ..wire.hello import Hello
from ..wire.message import Carried
from ..wire.metadata import Pairs


@dataclass(frozen=True)
class Connected:
    """The server's HELLO was accepted: calls may be opened."""

    hello: Hello


@dataclass(frozen=True)
class HeadReceived:
    stream: int
    metadata: Pairs


@dataclass(frozen=True)
class MessageReceived:
    """A whole message, as it came. `credit` goes back with `Connection.taken` once the application has taken it."""

    stream: int
    message: Carried
    credit: int


@dataclass(frozen=True)
class StatusReceived:
    """The call is over. An inline message was told before, as MessageReceived."""

    stream: int
    status: StatusFrame


@dataclass(frozen=True)
class CallRefused:
    """No handler has seen the call: it may be sent again."""

    stream: int
    code: int
    reason: str


@dataclass(frozen=True)
class CallReset:
    """The server gave the call up, of whatever code. A handler may have seen it."""

    stream: int
    code: int
    reason: str


@dataclass(frozen=True)
class CallFaulted:
    """The server broke a rule on this call, which is over."""

    stream: int
    code: int
    reason: str


@dataclass(frozen=True)
class SendingDone:
    """Everything that was given to `send` so far has left for the socket."""

    stream: int


@dataclass(frozen=True)
class CallsAllowed:
    """More calls may be opened than before."""


@dataclass(frozen=True)
class Pong:
    data: bytes


@dataclass(frozen=True)
class ServerBlocked:
    """The server has waited for credit of ours for a while."""

    notice: Blocked


@dataclass(frozen=True)
class Hinted:
    """The server said how it is."""

    hint: Hint


@dataclass(frozen=True)
class Draining:
    """The server shuts down: no more calls here."""

    final: bool
    reason: str


@dataclass(frozen=True)
class Ended:
    """The connection is over. `lost` are the calls that were running; a server may have processed them."""

    code: int
    reason: str
    by_server: bool
    lost: tuple[int, ...]


Event = (
    Connected
    | HeadReceived
    | MessageReceived
    | StatusReceived
    | CallRefused
    | CallReset
    | CallFaulted
    | SendingDone
    | CallsAllowed
    | Pong
    | ServerBlocked
    | Hinted
    | Draining
    | Ended
)
