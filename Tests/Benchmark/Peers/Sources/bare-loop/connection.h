// One TLS connection of the bare loop: a socket, OpenSSL upon it, and a buffer each way. Frames are a 32-bit length in the host's byte
// order and as many bytes.
#ifndef CONNECTION_H
#define CONNECTION_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  IN_BYTES = 256 * 1024,
  // Four full TLS records, as Lontar fills before its streams wait.
  OUT_HIGH = 64 * 1024,
  FRAME_MAX = 64 * 1024,
  OUT_BYTES = OUT_HIGH + FRAME_MAX + 4,
};

typedef struct {
  int fd;
  SSL *ssl;
  unsigned char *in, *out;
  size_t in_from, in_to, out_from, out_to;
  bool awaits_socket;  // OpenSSL could not write all
  // A stream under way on the server, and calls under way on the client.
  uint64_t stream_left;
  uint32_t stream_bytes;
  uint64_t *sent_at;
  unsigned first, under_way;
} Connection;

SSL_CTX *server_context(const char *folder);
SSL_CTX *client_context(const char *folder);

Connection *connection_new(SSL_CTX *context, int fd);
void connection_free(Connection *);

// Reads what there is, as far as the buffer has room; false: the other side has gone.
bool fill(Connection *);
// The next whole frame in the buffer; NULL: there is none.
unsigned char *next_frame(Connection *, uint32_t *bytes);
// Room for a frame of this many bytes; NULL: write first.
unsigned char *add_frame(Connection *, uint32_t bytes);
// Writes what the socket takes; false: the other side has gone.
bool drain(Connection *);

// Fails the program with a word of its own and the reason of the system or OpenSSL.
_Noreturn void die(const char *what);

#endif
