"""Text that others have written, for a terminal."""

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def plain(text: str) -> str:
    """One line of visible characters: all others, which could steer the terminal or turn what is read around, as JSON escapes them."""
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    data = character.encode("utf-16-be", "surrogatepass").hex()
    return _SHORT.get(character) or "".join(f"\\u{data[at : at + 4]}" for at in range(0, len(data), 4))
