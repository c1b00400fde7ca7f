"""Compressed messages: the codecs themselves, both directions of a connection, a hostile server, the real one."""

from __future__ import annotations

import asyncio
import gzip
import random
import tracemalloc
import zlib
from pathlib import Path

import pytest
import zstandard
from backports import zstd

from golden import golden_frame
from lontar import RpcError, Settings, StatusCode, blocking, client_context, compression, method
from lontar.aio import Channel
from lontar.compression import Broken, Codec
from lontar.descriptors import Catalog
from lontar.state import events
from lontar.wire import frames
from lontar.wire.constants import StreamErrorCode
from lontar.wire.frames import Credit, Msg, Open, Reset, StatusFrame
from lontar.wire.hello import Hello
from lontar.wire.message import Packed
from peer import Peer
from scripted import Guest, Scripted
from server import Echo, EchoServer

GZIP, DEFLATE, ZSTD = 1, 2, 3
NAMES = {"gzip": GZIP, "deflate": DEFLATE, "zstd": ZSTD}
ALL = 0b1111

# What others than our code under test make of a message: Python's gzip, zlib, and the two bindings of Zstandard.
COMPRESS = {GZIP: gzip.compress, DEFLATE: zlib.compress, ZSTD: zstandard.ZstdCompressor().compress}
TEXT = bytes(random.Random(1).choices(b"abcdefghijklmnop", k=314_159))  # 4 bits a byte: shrinks to about a half
NOISE = random.Random(2).randbytes(5_000)
FORTY = b"a" * 40
FORTY_DEFLATED = bytes.fromhex("789c4b4c240e000036eb0f29")  # of the golden files


def zstd_codecs() -> list[Codec]:
    return [compression._zstd_of_python(zstd), compression._zstd_of_package(zstandard)]


CODECS = {
    "gzip": (GZIP, compression._codec(GZIP)),
    "deflate": (DEFLATE, compression._codec(DEFLATE)),
    "zstd of Python": (ZSTD, zstd_codecs()[0]),
    "zstandard": (ZSTD, zstd_codecs()[1]),
}


@pytest.fixture(params=CODECS)
def codec(request: pytest.FixtureRequest) -> tuple[int, Codec]:
    return CODECS[request.param]


# The codecs


@pytest.mark.parametrize("plain", [b"", b"a", FORTY, TEXT, NOISE, bytes(100_000)])
def test_what_others_compress_inflates(codec: tuple[int, Codec], plain: bytes) -> None:
    number, ours = codec
    assert ours.inflate(COMPRESS[number](plain), len(plain)) == plain


def test_what_we_compress_others_inflate(codec: tuple[int, Codec]) -> None:
    number, ours = codec
    inflate = {GZIP: gzip.decompress, DEFLATE: zlib.decompress, ZSTD: zstd.decompress}[number]
    packed = ours.deflate(TEXT)
    assert inflate(packed) == TEXT and len(packed) < len(TEXT) * 0.7


def test_zstd_may_leave_its_length_out() -> None:
    packed = zstandard.ZstdCompressor(write_content_size=False).compress(TEXT)
    for ours in zstd_codecs():
        assert ours.inflate(packed, len(TEXT)) == TEXT
        for wrong in (packed + b"x", packed[:-1]):
            with pytest.raises(Broken):
                ours.inflate(wrong, len(TEXT))
        with pytest.raises(Broken):
            ours.inflate(packed, len(TEXT) - 1)


@pytest.mark.parametrize("plain", [b"", FORTY, NOISE])
def test_bytes_that_are_not_one_whole_message_of_their_length_are_broken(codec: tuple[int, Codec], plain: bytes) -> None:
    number, ours = codec
    packed = COMPRESS[number](plain)
    wrong = [(packed + b"\0", len(plain)), (packed + packed, len(plain)), (packed, len(plain) + 1), (b"", len(plain))]
    wrong += [(packed[:cut], len(plain)) for cut in range(1, len(packed), max(1, len(packed) // 50))]
    wrong += [(packed, len(plain) - 1)] if plain else []
    wrong += [(packed + packed, 2 * len(plain))] if plain else []
    wrong += [(plain, len(plain)), (b"\xff" * 50, len(plain))]
    for data, length in wrong:
        with pytest.raises(Broken):
            ours.inflate(data, length)


def test_a_flipped_bit_never_gives_another_message(codec: tuple[int, Codec]) -> None:
    number, ours = codec
    packed = COMPRESS[number](TEXT[:60])
    for at in range(len(packed) * 8):
        flipped = bytearray(packed)
        flipped[at // 8] ^= 1 << at % 8
        try:
            got = ours.inflate(bytes(flipped), 60)
        except Broken:
            continue
        assert len(got) == 60 and (number == ZSTD or got == TEXT[:60])  # zstd's checksum is optional


def test_a_bomb_takes_no_more_memory_than_it_states(codec: tuple[int, Codec]) -> None:
    number, ours = codec
    bombs = [COMPRESS[number](bytes(100_000_000))]
    if number == ZSTD:
        bombs.append(zstandard.ZstdCompressor(write_content_size=False).compress(bytes(100_000_000)))
    for bomb in bombs:
        for stated in (0, 1_000):
            tracemalloc.start()
            try:
                with pytest.raises(Broken):
                    ours.inflate(bomb, stated)
                assert tracemalloc.get_traced_memory()[1] < 1_000_000
            finally:
                tracemalloc.stop()


def test_a_zstd_window_above_8_mib_is_broken() -> None:
    options = {zstd.CompressionParameter.window_log: 25, zstd.CompressionParameter.content_size_flag: 0}
    stream = zstd.ZstdCompressor(options=options)
    packed = stream.compress(TEXT) + stream.flush()  # with its size unknown the window is as large as asked
    for ours in zstd_codecs():
        with pytest.raises(Broken, match="memory"):
            ours.inflate(packed, len(TEXT))


@pytest.mark.parametrize(
    ("plain", "packed", "used"),
    [(100, 99, True), (100, 100, False), (100, 101, False), (10_000, 100, True), (10_001, 100, False), (0, 8, False)],
)
def test_a_message_is_compressed_if_it_shrinks_and_at_most_a_hundredfold(
    monkeypatch: pytest.MonkeyPatch, plain: int, packed: int, used: bool
) -> None:
    monkeypatch.setattr(compression, "_codec", lambda _: Codec(lambda _: bytes(packed), lambda *_: b""))
    expected = Packed(bytes(packed), GZIP, plain) if used else bytes(plain)
    assert compression.pack(bytes(plain), GZIP) == expected


def test_names_and_numbers() -> None:
    assert compression.available() == ("gzip", "deflate", "zstd")
    assert [compression.number(name) for name in ("identity", "gzip", "deflate", "zstd")] == [0, 1, 2, 3]
    assert [compression.name(number) for number in range(4)] == ["identity", "gzip", "deflate", "zstd"]
    with pytest.raises(ValueError, match="brotli"):
        compression.number("brotli")


def test_without_zstd_it_is_neither_offered_nor_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with_zlib_only = {1: CODECS["gzip"][1], 2: CODECS["deflate"][1]}
    monkeypatch.setattr(compression, "_codec", with_zlib_only.get)
    assert compression.available() == ("gzip", "deflate")
    assert Settings().hello().codecs == 0b111
    with pytest.raises(ValueError, match="zstandard"):
        Settings(codecs=("zstd",))


@pytest.mark.parametrize(("codecs", "bits"), [((), 1), (("gzip",), 3), (("zstd", "deflate"), 13), (("gzip", "gzip"), 3)])
def test_hello_names_what_settings_offer(codecs: tuple[str, ...], bits: int) -> None:
    assert Peer(settings=Settings(codecs=codecs)).said.hello.codecs == bits


# Receiving


def carried(data: bytes, plain: int) -> bytes:
    """A compressed message as MSG's payload."""
    return len(data).to_bytes(4, "big") + plain.to_bytes(4, "big") + data


def running(settings: Settings | None = None) -> Peer:
    peer = Peer(settings=settings)
    peer.open(b"", end=True)
    peer.open(b"", end=True)
    peer.hears()
    return peer


def test_the_golden_messages_stay_compressed_until_they_are_taken() -> None:
    peer = Peer()
    for _ in range(9):  # the golden calls are on 5 and 17
        peer.open(b"", end=True)
    packed = Packed(FORTY_DEFLATED, DEFLATE, 40)
    as_answer = golden_frame("msg-compressed")[:8] + b"\0" + golden_frame("msg-compressed")[9:]  # a server sends no END there
    assert peer.feed(as_answer) == [events.MessageReceived(5, packed, 8 + 12)]
    told = peer.feed(golden_frame("status-compressed"))
    assert told[0] == events.MessageReceived(17, packed, 4 + 12)
    assert compression.inflate(packed) == FORTY


def test_pieces_of_a_compressed_message_make_one() -> None:
    peer = running()
    data = carried(NOISE, 6_000)
    told = peer.tell(Msg(1, data[:8], more=True, codec=1), Msg(1, data[8:100], more=True, codec=1), Msg(1, data[100:], codec=1))
    assert told == [events.MessageReceived(1, Packed(NOISE, GZIP, 6_000), 5_008)]
    assert peer.tell(Msg(1, b"\0\0\0\1\0\0\0\1x")) == [events.MessageReceived(1, b"x", 9)]  # each message its own codec


MALFORMED, TOO_LARGE, UNSUPPORTED = StreamErrorCode.MALFORMED, StreamErrorCode.MESSAGE_TOO_LARGE, StreamErrorCode.CODEC_UNSUPPORTED
OFFERS_GZIP = Settings(codecs=("gzip",), message=5_000)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ([Msg(1, carried(b"x", 1), codec=2)], UNSUPPORTED),
        ([Msg(1, carried(b"x", 1), codec=4)], UNSUPPORTED),
        ([Msg(1, carried(b"x", 1), codec=255)], UNSUPPORTED),
        ([StatusFrame(1, 0, inline=b"\0\0\0\1x", codec=3)], UNSUPPORTED),
        ([Msg(1, carried(bytes(10), 1_001), codec=1)], TOO_LARGE),  # the ratio
        ([Msg(1, carried(b"", 1), codec=1)], TOO_LARGE),
        ([Msg(1, carried(bytes(100), 5_001), codec=1)], TOO_LARGE),
        ([Msg(1, carried(bytes(5_001), 1), codec=1)], TOO_LARGE),
        ([Msg(1, b"\xff" * 8, more=True, codec=1)], TOO_LARGE),
        ([StatusFrame(1, 0, inline=(1_001).to_bytes(4, "big") + bytes(10), codec=1)], TOO_LARGE),
        ([StatusFrame(1, 0, inline=b"\0\0\0", codec=1)], MALFORMED),
        ([Msg(1, bytes(7), codec=1)], MALFORMED),
        ([Msg(1, carried(b"xy", 9)[:9], more=True, codec=1), Msg(1, b"y", codec=0)], MALFORMED),
        ([Msg(1, carried(b"xy", 2)[:9], more=True), Msg(1, b"y", codec=1)], MALFORMED),
        ([Msg(1, carried(b"xy", 9)[:9], codec=1)], MALFORMED),
    ],
)
def test_what_a_compressed_message_may_not_be_ends_its_call_only(said: list[frames.Frame], code: StreamErrorCode) -> None:
    peer = running(OFFERS_GZIP)
    *_, fault = peer.tell(*said)
    assert isinstance(fault, events.CallFaulted) and fault.code == code
    resets = [] if isinstance(said[-1], StatusFrame) else [(1, code)]  # behind STATUS the stream is over already
    assert [(said.stream, said.code) for said in peer.hears() if isinstance(said, Reset)] == resets
    assert peer.tell(Msg(3, carried(bytes(10), 1_000), codec=1)) == [events.MessageReceived(3, Packed(bytes(10), GZIP, 1_000), 18)]


def test_credit_counts_bytes_as_they_travel() -> None:
    peer = running(Settings(stream_window=1_024))
    (told,) = peer.tell(Msg(1, carried(bytes(1_016), 100_000), codec=1))
    assert told.credit == 1_024
    (fault,) = peer.tell(Msg(1, carried(b"x", 1), codec=1))
    assert fault.code == StreamErrorCode.FLOW_CONTROL
    (told, _) = peer.tell(StatusFrame(3, 0, inline=b"\0\0\0\1" + bytes(1_020), codec=1))
    assert told.credit == 1_024
    peer = running(Settings(stream_window=1_024))
    (fault,) = peer.tell(StatusFrame(3, 0, inline=b"\0\0\0\1" + bytes(1_021), codec=1))
    assert fault.code == StreamErrorCode.FLOW_CONTROL


# Sending


def test_a_compressed_request_is_the_golden_open() -> None:
    peer = Peer(Hello(calls=100, codecs=ALL))
    for _ in range(8):
        peer.open(b"", end=True)
    peer.hears()
    peer.connection.open(Open(0, "a.S/M", inline=b"\0\0\0\x28" + FORTY_DEFLATED, end=True, codec=DEFLATE))
    assert peer.connection.data_to_send() == golden_frame("open-compressed")


def test_a_compressed_message_in_a_stream_is_the_golden_msg() -> None:
    peer = Peer(Hello(calls=100, codecs=ALL))
    for _ in range(3):
        peer.open()
    peer.hears()
    peer.connection.send(5, Packed(FORTY_DEFLATED, DEFLATE, 40), end=True)
    assert peer.connection.data_to_send() == golden_frame("msg-compressed")


@pytest.mark.parametrize(("size", "inline"), [(1_020, True), (1_021, False)])
def test_the_length_of_an_inline_message_counts_as_credit(size: int, inline: bool) -> None:
    peer = Peer(Hello(calls=9, stream_window=1_024, codecs=ALL))
    sent = (5_000).to_bytes(4, "big") + bytes(size)
    peer.connection.open(Open(0, "a.S/M", inline=sent, end=True, codec=1))
    said = peer.hears()
    if inline:
        assert said == [Open(1, "a.S/M", inline=sent, end=True, codec=1)]
    else:
        assert said == [Open(1, "a.S/M"), Msg(1, carried(bytes(size), 5_000)[:1_024], more=True, codec=1)]
        peer.tell(Credit(1, 2_000))
        assert peer.hears() == [Msg(1, bytes(5), end=True, codec=1)]


def test_each_piece_names_the_codec_of_its_message() -> None:
    peer = Peer(Hello(calls=9, frame_payload=1_024, codecs=ALL))
    peer.open()
    peer.connection.send(1, Packed(NOISE, ZSTD, 9_000))
    peer.connection.send(1, b"plain", end=True)
    pieces = peer.hears()[1:]
    assert [(len(each.payload), each.codec) for each in pieces] == [(1_024, 3)] * 4 + [(5_008 - 4_096, 3), (13, 0)]
    assert b"".join(each.payload for each in pieces[:5]) == carried(NOISE, 9_000)


def test_the_servers_limit_is_for_the_message_without_its_codec() -> None:
    peer = Peer(Hello(calls=9, message=100, codecs=ALL))
    peer.open()
    peer.connection.send(1, Packed(b"x", GZIP, 100))
    with pytest.raises(ValueError, match="101 bytes"):
        peer.connection.send(1, Packed(b"x", GZIP, 101))
    with pytest.raises(ValueError, match="101 bytes"):
        peer.connection.open(Open(0, "a.S/M", inline=b"\0\0\0\x65x", codec=1))


# Over TLS, with a server that a test scripts


@pytest.fixture(scope="session")
def echoes(catalog: Catalog):
    kind = catalog.message("lontar.testing.v1.EchoRequest")
    return method("lontar.testing.v1.Echo/Any", kind, kind, client_streaming=True, server_streaming=True)


def channel(server: Scripted, folder: Path, settings: Settings | None = None) -> Channel:
    context = client_context(folder / "ca.pem")
    return Channel("127.0.0.1", server.port, context=context, server_name="localhost", settings=settings)


def run(work) -> None:
    asyncio.run(asyncio.wait_for(work, 60))


def plain_answer(size: int) -> bytes:
    """A serialised EchoRequest of `size` bytes of payload, by hand."""
    assert 128 <= size < 16_384
    return b"\x0a" + bytes([size & 0x7F | 0x80, size >> 7]) + TEXT[:size]


ANSWER = plain_answer(2_000)
INTERNAL, EXHAUSTED = StatusCode.INTERNAL, StatusCode.RESOURCE_EXHAUSTED
BOMB = zlib.compress(bytes(400_000), 9)  # a thousandfold; it states less than the hundredfold
HOSTILE = {
    "a bomb that states its size": (carried(BOMB, 400_000), 2, EXHAUSTED, 4),
    "a bomb that states less": (carried(BOMB, 100 * len(BOMB)), 2, INTERNAL, 0),
    "truncated": (carried(gzip.compress(ANSWER)[:-1], 2_003), 1, INTERNAL, 0),
    "trailing bytes": (carried(gzip.compress(ANSWER) + b"\0", 2_003), 1, INTERNAL, 0),
    "two members": (carried(gzip.compress(ANSWER[:9]) + gzip.compress(ANSWER[9:]), 2_003), 1, INTERNAL, 0),
    "longer than stated": (carried(gzip.compress(ANSWER), 2_002), 1, INTERNAL, 0),
    "shorter than stated": (carried(gzip.compress(ANSWER), 2_004), 1, INTERNAL, 0),
    "of another codec": (carried(gzip.compress(ANSWER), 2_003), 2, INTERNAL, 0),
    "noise": (carried(NOISE, 9_000), 3, INTERNAL, 0),
    "no protobuf": (carried(gzip.compress(b"\xff" * 50), 50), 1, INTERNAL, 0),
    "unknown codec": (carried(gzip.compress(ANSWER), 2_003), 9, INTERNAL, 7),
}


@pytest.mark.parametrize("inline", [False, True])
@pytest.mark.parametrize("case", HOSTILE)
def test_a_broken_answer_ends_its_call_and_nothing_else(certificates: Path, echoes, case: str, inline: bool) -> None:
    payload, codec, expected, reset = HOSTILE[case]
    resets: list[int] = []

    async def hostile(guest: Guest) -> None:
        await guest.greet()
        await guest.hear_kind(Open)
        if inline:
            guest.say(StatusFrame(1, 0, inline=payload[4:], codec=codec))
        else:
            guest.say(Msg(1, payload, codec=codec))
            resets.append((await guest.hear_kind(Reset)).code)
        await guest.hear_kind(Open)
        guest.say(StatusFrame(3, 0, inline=(2_003).to_bytes(4, "big") + gzip.compress(ANSWER), codec=1))
        await guest.hear()

    async def work() -> None:
        async with Scripted(certificates, hostile) as server, channel(server, certificates) as c:
            async with await c.call(echoes, echoes.request_type()) as call:
                with pytest.raises(RpcError) as caught:
                    await call.response()
                assert caught.value.code is expected, caught.value
                assert (await call.status()).code is expected
            assert (await c.unary(echoes, echoes.request_type())).payload == TEXT[:2_000]
            assert server.guests == 1
        assert resets == ([] if inline else [reset])

    run(work())


def test_a_message_over_our_limit_is_refused_with_its_first_piece(certificates: Path, echoes) -> None:
    resets: list[int] = []

    async def large(guest: Guest) -> None:
        await guest.greet()
        await guest.hear_kind(Open)
        guest.say(Msg(1, carried(bytes(50_000), 4_194_305)[:100], more=True, codec=1))
        resets.append((await guest.hear_kind(Reset)).code)
        await guest.hear()

    async def work() -> None:
        async with Scripted(certificates, large) as server, channel(server, certificates) as c:
            with pytest.raises(RpcError, match="4194304") as caught:
                await c.unary(echoes, echoes.request_type())
            assert caught.value.code is EXHAUSTED
            while not resets:
                await asyncio.sleep(0.01)
        assert resets == [TOO_LARGE]

    run(work())


def test_a_codec_that_was_not_offered_is_internal(certificates: Path, echoes) -> None:
    heard: list[frames.Frame] = []

    async def gzips(guest: Guest) -> None:
        await guest.greet()
        assert guest.client is not None and guest.client.codecs == 0b101
        await guest.hear_kind(Open)
        guest.say(Msg(1, carried(gzip.compress(ANSWER), 2_003), codec=1))
        heard.append(await guest.hear_kind(Reset))
        await guest.hear()

    async def work() -> None:
        only_deflate = Settings(codecs=("deflate",))
        async with Scripted(certificates, gzips) as server, channel(server, certificates, only_deflate) as c:
            with pytest.raises(RpcError, match="codec 1 was not offered") as caught:
                await c.unary(echoes, echoes.request_type())
            assert caught.value.code is INTERNAL
            while not heard:
                await asyncio.sleep(0.01)
        assert heard[0].code == UNSUPPORTED

    run(work())


def test_what_waits_stays_compressed(certificates: Path, echoes) -> None:
    """400 answers of 2 kB wait in the 9 bytes each that they came with."""
    small = zlib.compress(bytes(1_000), 9)

    async def floods(guest: Guest) -> None:
        await guest.greet()
        await guest.hear_kind(Open)
        guest.say(*[Msg(1, carried(small, 1_000), codec=2)] * 400, frames.Ping(bytes(8)))
        await guest.hear_kind(frames.Ping)
        await guest.hear()

    async def work() -> None:
        async with Scripted(certificates, floods) as server, channel(server, certificates) as c:
            async with await c.call(echoes, echoes.request_type()) as call:
                while len(call._messages) < 400:
                    await call._change()
                assert {message for message, _ in call._messages} == {Packed(small, DEFLATE, 1_000)}

    run(work())


@pytest.mark.parametrize("codecs", [0b0001, 0b0101])
def test_a_server_that_does_not_understand_the_codec_hears_the_message_as_it_is(certificates: Path, echoes, codecs: int) -> None:
    request = echoes.request_type(payload=TEXT[:2_000])

    async def listens(guest: Guest) -> None:
        await guest.greet(Hello(calls=100, codecs=codecs))
        said = await guest.hear_kind(Open)
        assert (said.codec, said.inline) == (0, ANSWER)
        guest.say(StatusFrame(1, 0, inline=said.inline))
        await guest.hear()

    async def work() -> None:
        async with Scripted(certificates, listens) as server, channel(server, certificates) as c:
            assert await c.unary(echoes, request, compression="gzip") == request

    run(work())


def test_a_call_that_goes_again_is_compressed_for_the_server_it_goes_to(certificates: Path, echoes) -> None:
    request = echoes.request_type(payload=TEXT[:2_000])
    heard: list[Open] = []

    def script(codecs: int, refuse: bool):
        async def plays(guest: Guest) -> None:
            await guest.greet(Hello(calls=100, codecs=codecs))
            heard.append(await guest.hear_kind(Open))
            if refuse:
                guest.say(frames.GoAway(0, 0, True, "restart"))
            else:
                guest.say(StatusFrame(1, 0, inline=heard[-1].inline, codec=heard[-1].codec))
            await guest.hear()

        return plays

    async def work() -> None:
        scripts = (script(1, True), script(ALL, False))
        async with Scripted(certificates, *scripts) as server, channel(server, certificates) as c:
            assert await c.unary(echoes, request, compression="deflate") == request
        assert [each.codec for each in heard] == [0, DEFLATE]
        assert zlib.decompress(heard[1].inline[4:]) == ANSWER

    run(work())


def test_a_compression_that_is_not_there_is_told_before_anything_is_sent(certificates: Path, echoes) -> None:
    async def work() -> None:
        c = Channel("127.0.0.1", 1, context=client_context(certificates / "ca.pem"))
        with pytest.raises(ValueError, match="brotli"):
            await c.unary(echoes, echoes.request_type(), compression="brotli")

    run(work())


# Against the real server: gRPC's interop cases, under its names


LIMITS = [16_372, 1_024]
CLIENT_FRAMES = pytest.mark.parametrize("frame_payload", LIMITS)
EACH = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def interop(request: pytest.FixtureRequest, frame_payload: int):
    """Runs work with a channel; both sides take frames of `frame_payload` bytes."""
    running: EchoServer = request.getfixturevalue("echo_server" if frame_payload == 16_372 else "small_frames_server")

    def runs(work) -> None:
        async def within() -> None:
            context, settings = client_context(running.ca), Settings(frame_payload=frame_payload)
            async with Channel("127.0.0.1", running.port, context=context, server_name="localhost", settings=settings) as c:
                await work(c)
                assert c._link._connection.server.frame_payload == frame_payload

        run(within())

    return runs


@EACH
@CLIENT_FRAMES
def test_client_compressed_unary(interop, echo: Echo, name: str) -> None:
    async def work(c: Channel) -> None:
        asked = echo.Request(payload=TEXT[:271_828], expect_compressed=True)
        with pytest.raises(RpcError) as caught:  # the probe: a server that does not look would let it pass
            await c.unary(echo.unary, asked)
        assert caught.value.code is StatusCode.INVALID_ARGUMENT
        assert (await c.unary(echo.unary, asked, compression=name)).payload == TEXT[:271_828]
        asked.expect_compressed = False
        assert (await c.unary(echo.unary, asked)).payload == TEXT[:271_828]
        small = echo.Request(payload=TEXT[:300], expect_compressed=True)  # inline in OPEN
        assert (await c.unary(echo.unary, small, compression=name)).payload == TEXT[:300]

    interop(work)


@EACH
@CLIENT_FRAMES
def test_server_compressed_unary(interop, echo: Echo, name: str) -> None:
    async def work(c: Channel) -> None:
        for size in (300, 314_159):  # inline in STATUS, and as MSG
            for codec, expected in ((NAMES[name], name), (0, "identity")):
                async with await c.call(echo.unary, echo.Request(payload=TEXT[:size], response_codec=codec)) as call:
                    assert call.answer_compression is None
                    assert (await call.response()).payload == TEXT[:size]
                    assert call.answer_compression == expected
        zeros = echo.Request(response_bytes=314_159, response_codec=NAMES[name])  # would shrink more than a hundredfold
        async with await c.call(echo.unary, zeros) as call:
            assert len((await call.response()).payload) == 314_159
            assert call.answer_compression == "identity"

    interop(work)


@EACH
@CLIENT_FRAMES
def test_client_compressed_streaming(interop, echo: Echo, name: str) -> None:
    async def work(c: Channel) -> None:
        with pytest.raises(RpcError) as caught:  # the probe
            await c.client_stream(echo.client_stream, [echo.Request(payload=TEXT[:27_182], expect_compressed=True)])
        assert caught.value.code is StatusCode.INVALID_ARGUMENT
        async with await c.call(echo.client_stream, compression=name) as call:
            await call.send(echo.Request(payload=TEXT[:27_182], expect_compressed=True))
            await call.send(echo.Request(payload=TEXT[27_182:73_086]), compressed=False)
            await call.half_close()
            assert (await call.response()).payload == TEXT[:73_086]
        with pytest.raises(RpcError) as caught:  # the codec is the message's, not the call's
            async with await c.call(echo.client_stream, compression=name) as call:
                await call.send(echo.Request(payload=TEXT[:27_182], expect_compressed=True))
                await call.send(echo.Request(payload=TEXT[:45_904], expect_compressed=True), compressed=False)
                await call.half_close()
                await call.response()
        assert caught.value.code is StatusCode.INVALID_ARGUMENT

    interop(work)


@EACH
@CLIENT_FRAMES
def test_server_compressed_streaming(interop, echo: Echo, name: str) -> None:
    async def work(c: Channel) -> None:
        asked = [(31_415, 0, "identity"), (92_653, NAMES[name], name), (300, 0, "identity"), (300, NAMES[name], name)]
        async with await c.call(echo.bidi_stream, compression=name) as call:
            for size, codec, expected in asked:
                await call.send(echo.Request(payload=TEXT[:size], response_codec=codec))
                assert (await anext(call)).payload == TEXT[:size]
                assert call.answer_compression == expected
            await call.half_close()
            assert await call.next() is None
        request = echo.Request(payload=TEXT[:92_653], response_codec=NAMES[name], response_count=30)
        async with await c.call(echo.server_stream, request) as call:
            async for answer in call:
                assert answer.payload == TEXT[:92_653] and call.answer_compression == name

    interop(work)


@EACH
def test_a_compressed_message_may_be_longer_than_the_window(echo_server: EchoServer, echo: Echo, name: str) -> None:
    async def work() -> None:
        settings = Settings(stream_window=2_048, connection_window=4_096, frame_payload=1_024)
        context = client_context(echo_server.ca)
        async with Channel("127.0.0.1", echo_server.port, context=context, server_name="localhost", settings=settings) as c:
            request = echo.Request(payload=TEXT, response_codec=NAMES[name])
            assert (await c.unary(echo.unary, request, compression=name)).payload == TEXT

    run(work())


@EACH
def test_the_server_never_uses_a_codec_that_we_did_not_offer(echo_server: EchoServer, echo: Echo, name: str) -> None:
    async def work() -> None:
        settings = Settings(codecs=tuple(other for other in NAMES if other != name))
        context = client_context(echo_server.ca)
        async with Channel("127.0.0.1", echo_server.port, context=context, server_name="localhost", settings=settings) as c:
            async with await c.call(echo.unary, echo.Request(payload=TEXT, response_codec=NAMES[name])) as call:
                assert (await call.response()).payload == TEXT
                assert call.answer_compression == "identity"

    run(work())


@EACH
def test_a_broken_request_is_internal_at_the_server(echo_server: EchoServer, echo: Echo, name: str, monkeypatch) -> None:
    right = compression._codec(NAMES[name])
    assert right is not None

    async def work() -> None:
        context = client_context(echo_server.ca)
        async with Channel("127.0.0.1", echo_server.port, context=context, server_name="localhost") as c:
            for wrong in (lambda data: data[:-1], lambda data: data + b"\0", lambda data: b"\xff" * len(data)):
                deflate = Codec(lambda plain, wrong=wrong: wrong(right.deflate(plain)), right.inflate)
                with monkeypatch.context() as patched:
                    patched.setattr(compression, "_codec", lambda _, broken=deflate: broken)
                    with pytest.raises(RpcError) as caught:
                        await c.unary(echo.unary, echo.Request(payload=TEXT), compression=name)
                assert caught.value.code is INTERNAL
            assert (await c.unary(echo.unary, echo.Request(payload=b"x"))).payload == b"x"

    run(work())


def test_blocking_calls_compress_too(echo_server: EchoServer, echo: Echo) -> None:
    context = client_context(echo_server.ca)
    with blocking.Channel("127.0.0.1", echo_server.port, context=context, server_name="localhost") as c:
        asked = echo.Request(payload=TEXT, expect_compressed=True, response_codec=DEFLATE)
        assert c.unary(echo.unary, asked, compression="gzip").payload == TEXT
        with c.call(echo.bidi_stream, compression="gzip") as call:
            call.send(asked)
            assert (next(call).payload, call.answer_compression) == (TEXT, "deflate")
            call.send(asked, compressed=False)
            with pytest.raises(RpcError) as caught:
                next(call)
            assert caught.value.code is StatusCode.INVALID_ARGUMENT
