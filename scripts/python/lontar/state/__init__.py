"""What a connection and its calls are doing: bytes and requests in, bytes and events out, without sockets and without clocks."""
