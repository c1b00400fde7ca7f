"""Sockets and TLS: carries a connection's bytes and hands its events to calls."""
