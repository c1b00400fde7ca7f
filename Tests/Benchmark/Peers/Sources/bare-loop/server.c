// The server: one thread, one epoll. A frame of five bytes or more is a request for a stream if it begins with 's', else a call.
#define _GNU_SOURCE
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"

static void answer(Connection *c) {
  uint32_t bytes;
  unsigned char *frame;
  while ((frame = next_frame(c, &bytes))) {
    if (bytes == STREAM_REQUEST_BYTES && frame[0] == 's') {
      memcpy(&c->stream_bytes, frame + 1, 4);
      memcpy(&c->stream_left, frame + 5, 8);
      continue;
    }
    unsigned char *out = add_frame(c, ANSWER_BYTES);
    if (!out) {
      drain(c);
      out = add_frame(c, ANSWER_BYTES);
      if (!out) die("a client that does not read");
    }
    memset(out, 0, ANSWER_BYTES);
  }
}

// Each message is written by itself into the buffer, a buffer goes out as a whole.
static bool stream(Connection *c) {
  static const unsigned char message[FRAME_MAX];
  while (!c->awaits_socket && c->stream_left > 0) {
    unsigned char *out;
    while (c->stream_left > 0 && (out = add_frame(c, c->stream_bytes))) {
      memcpy(out, message, c->stream_bytes);
      c->stream_left--;
    }
    if (!drain(c)) return false;
  }
  return true;
}

static bool serve_one(Connection *c, uint32_t events) {
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
    if (!fill(c)) return false;
    answer(c);
  }
  return drain(c) && stream(c);
}

int listen_on_loopback(int *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) || listen(fd, 1024) ||
      getsockname(fd, (struct sockaddr *)&address, &size))
    die("listening");
  *port = ntohs(address.sin_port);
  return fd;
}

static void accept_all(int listener, int poll, SSL_CTX *context) {
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    Connection *c = connection_new(context, fd);
    SSL_set_accept_state(c->ssl);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
  }
}

void serve(int listener, const char *certificates) {
  SSL_CTX *context = server_context(certificates);
  int poll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    struct epoll_event events[64];
    int count = epoll_wait(poll, events, 64, -1);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count; i++) {
      Connection *c = events[i].data.ptr;
      if (!c) {
        accept_all(listener, poll, context);
        continue;
      }
      bool awaited = c->awaits_socket;
      if (!serve_one(c, events[i].events)) {
        connection_free(c);
      } else if (awaited != c->awaits_socket) {
        struct epoll_event next = {.events = EPOLLIN | (c->awaits_socket ? EPOLLOUT : 0u), .data.ptr = c};
        epoll_ctl(poll, EPOLL_CTL_MOD, c->fd, &next);
      }
    }
  }
}
