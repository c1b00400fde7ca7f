#include "connection.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void die(const char *what) {
  fprintf(stderr, "bare-loop: %s: %s\n", what, errno ? strerror(errno) : "failed");
  ERR_print_errors_fp(stderr);
  exit(1);
}

static SSL_CTX *context_of(const SSL_METHOD *method) {
  SSL_CTX *context = SSL_CTX_new(method);
  if (!context) die("SSL_CTX_new");
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Several records a system call.
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, 128 * 1024);
  return context;
}

SSL_CTX *server_context(const char *folder) {
  char path[4096];
  SSL_CTX *context = context_of(TLS_server_method());
  snprintf(path, sizeof path, "%s/server.pem", folder);
  if (SSL_CTX_use_certificate_chain_file(context, path) != 1) die(path);
  snprintf(path, sizeof path, "%s/server.key", folder);
  if (SSL_CTX_use_PrivateKey_file(context, path, SSL_FILETYPE_PEM) != 1) die(path);
  return context;
}

SSL_CTX *client_context(const char *folder) {
  char path[4096];
  SSL_CTX *context = context_of(TLS_client_method());
  snprintf(path, sizeof path, "%s/ca.pem", folder);
  if (SSL_CTX_load_verify_locations(context, path, NULL) != 1) die(path);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  return context;
}

Connection *connection_new(SSL_CTX *context, int fd) {
  Connection *c = calloc(1, sizeof *c);
  if (!c || !(c->in = malloc(IN_BYTES)) || !(c->out = malloc(OUT_BYTES)) || !(c->ssl = SSL_new(context))) die("a connection");
  c->fd = fd;
  SSL_set_fd(c->ssl, fd);
  return c;
}

void connection_free(Connection *c) {
  SSL_shutdown(c->ssl);
  SSL_free(c->ssl);
  close(c->fd);
  free(c->in);
  free(c->out);
  free(c->sent_at);
  free(c);
}

bool fill(Connection *c) {
  if (c->in_from == c->in_to) c->in_from = c->in_to = 0;
  if (c->in_from > 0 && IN_BYTES - c->in_to < FRAME_MAX + 4) {
    memmove(c->in, c->in + c->in_from, c->in_to - c->in_from);
    c->in_to -= c->in_from;
    c->in_from = 0;
  }
  while (c->in_to < IN_BYTES) {
    ERR_clear_error();
    int count = SSL_read(c->ssl, c->in + c->in_to, (int)(IN_BYTES - c->in_to));
    if (count <= 0) {
      int why = SSL_get_error(c->ssl, count);
      return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
    }
    c->in_to += (size_t)count;
  }
  return true;
}

unsigned char *next_frame(Connection *c, uint32_t *bytes) {
  size_t there = c->in_to - c->in_from;
  if (there < 4) return NULL;
  memcpy(bytes, c->in + c->in_from, 4);
  if (*bytes > FRAME_MAX) die("a frame is too long");
  if (there < 4 + (size_t)*bytes) return NULL;
  unsigned char *frame = c->in + c->in_from + 4;
  c->in_from += 4 + (size_t)*bytes;
  return frame;
}

unsigned char *add_frame(Connection *c, uint32_t bytes) {
  if (c->out_to - c->out_from >= OUT_HIGH) return NULL;
  if (c->out_to + 4 + bytes > OUT_BYTES) {
    memmove(c->out, c->out + c->out_from, c->out_to - c->out_from);
    c->out_to -= c->out_from;
    c->out_from = 0;
  }
  memcpy(c->out + c->out_to, &bytes, 4);
  unsigned char *frame = c->out + c->out_to + 4;
  c->out_to += 4 + bytes;
  return frame;
}

bool drain(Connection *c) {
  c->awaits_socket = false;
  while (c->out_from < c->out_to) {
    ERR_clear_error();
    int count = SSL_write(c->ssl, c->out + c->out_from, (int)(c->out_to - c->out_from));
    if (count <= 0) {
      int why = SSL_get_error(c->ssl, count);
      c->awaits_socket = why == SSL_ERROR_WANT_WRITE;
      return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
    }
    c->out_from += (size_t)count;
  }
  c->out_from = c->out_to = 0;
  return true;
}
