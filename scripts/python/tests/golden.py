"""The golden files of proto/golden, and small helpers for bytes in tests."""

from pathlib import Path

from lontar.wire.constants import PREFACE

REPOSITORY = Path(__file__).resolve().parents[3]
FOLDER = REPOSITORY / "proto" / "golden"
NAMES = sorted(path.stem for path in FOLDER.glob("*.hex"))


def golden(name: str) -> bytes:
    """The bytes of one golden file: hex up to `#` on each line."""
    lines = (FOLDER / f"{name}.hex").read_text().splitlines()
    return bytes.fromhex(" ".join(line.partition("#")[0] for line in lines))


def golden_frame(name: str) -> bytes:
    """Without the preface that `hello-client` begins with."""
    return golden(name).removeprefix(PREFACE)
