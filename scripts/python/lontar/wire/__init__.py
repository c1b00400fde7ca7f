"""Lontar's bytes: frames and their fields as values, without I/O and without state beyond one frame (PROTOCOL.md 2 to 4)."""
