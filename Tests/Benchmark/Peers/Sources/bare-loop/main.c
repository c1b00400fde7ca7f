// What this machine can do at all: TLS 1.3 by OpenSSL upon epoll, frames with a length, no protocol, no protobuf. The control of
// `scripts/bench lontar`, with the options and the output of seratus-benchmark.
//
//   bare-loop echo   --certificates FOLDER --connections N --in-flight N --seconds N [--server-core N]
//   bare-loop stream --certificates FOLDER --messages N --message-bytes N [--server-core N]
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"
#include "server.h"

static const char *certificates;
static int connections = 1, in_flight = 1, server_core = -1;
static double seconds = 5;
static uint64_t messages = 1000000;
static uint32_t message_bytes = 100;

static pid_t server;
static int port;
static clockid_t server_clock;

static double read_clock(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint64_t nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

// A process of its own, so that its CPU and memory are counted apart from the load's.
static void start_server(void) {
  int listener = listen_on_loopback(&port);
  server = fork();
  if (server < 0) die("fork");
  if (server == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (server_core >= 0) {
      cpu_set_t set;
      CPU_ZERO(&set);
      CPU_SET(server_core, &set);
      if (sched_setaffinity(0, sizeof set, &set)) die("--server-core");
    }
    serve(listener, certificates);
  }
  close(listener);
  if (clock_getcpuclockid(server, &server_clock)) die("the server's clock");
}

// The most memory that the server has held, in MB.
static double server_peak(void) {
  char path[64], line[256];
  double kilobytes = 0;
  snprintf(path, sizeof path, "/proc/%d/status", server);
  FILE *file = fopen(path, "r");
  while (file && fgets(line, sizeof line, file)) sscanf(line, "VmHWM: %lf", &kilobytes);
  if (file) fclose(file);
  return kilobytes * 1024 / 1e6;
}

static Connection *connect_to_server(SSL_CTX *context) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) die("connecting");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
  Connection *c = connection_new(context, fd);
  SSL_set1_host(c->ssl, "localhost");
  if (SSL_connect(c->ssl) != 1) die("the handshake");
  return c;
}

// MARK: Calls

static uint32_t *taken;
static size_t taken_count, taken_room;

static void call(Connection *c, uint64_t now) {
  unsigned char *frame = add_frame(c, REQUEST_BYTES);
  if (!frame) die("too many calls in flight");
  memset(frame, 7, REQUEST_BYTES);
  c->sent_at[(c->first + c->under_way++) % (unsigned)in_flight] = now;
}

// Takes the answers there are and makes as many calls anew until the end.
static void turn(Connection *c, uint64_t end) {
  if (!fill(c)) die("the server has gone");
  uint64_t now = nanoseconds();
  uint32_t bytes;
  while (next_frame(c, &bytes)) {
    if (taken_count == taken_room && !(taken = realloc(taken, (taken_room = taken_room * 2 + 65536) * sizeof *taken))) die("memory");
    taken[taken_count++] = (uint32_t)(now - c->sent_at[c->first]);
    c->first = (c->first + 1) % (unsigned)in_flight;
    c->under_way--;
    if (now < end) call(c, now);
  }
  if (!drain(c)) die("the server has gone");
}

static int rising(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

static void load(Connection **all, int poll, double duration) {
  uint64_t end = nanoseconds() + (uint64_t)(duration * 1e9);
  unsigned under_way = (unsigned)(connections * in_flight);
  taken_count = 0;
  for (int i = 0; i < connections; i++) {
    for (int n = 0; n < in_flight; n++) call(all[i], nanoseconds());
    drain(all[i]);
  }
  while (under_way > 0) {
    struct epoll_event events[64];
    int count = epoll_wait(poll, events, 64, -1);
    for (int i = 0; i < count; i++) {
      Connection *c = events[i].data.ptr;
      under_way -= c->under_way;
      turn(c, end);
      under_way += c->under_way;
    }
  }
}

static void echo(SSL_CTX *context) {
  int poll = epoll_create1(0);
  Connection *all[connections];
  for (int i = 0; i < connections; i++) {
    all[i] = connect_to_server(context);
    all[i]->sent_at = calloc((size_t)in_flight, sizeof(uint64_t));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = all[i]};
    epoll_ctl(poll, EPOLL_CTL_ADD, all[i]->fd, &event);
    BIO_socket_nbio(all[i]->fd, 1);
  }
  load(all, poll, seconds / 4);
  double cpu = read_clock(server_clock), own = read_clock(CLOCK_PROCESS_CPUTIME_ID);
  uint64_t start = nanoseconds();
  load(all, poll, seconds);
  double wall = (double)(nanoseconds() - start) / 1e9;
  cpu = read_clock(server_clock) - cpu;
  own = read_clock(CLOCK_PROCESS_CPUTIME_ID) - own;
  qsort(taken, taken_count, sizeof *taken, rising);
  printf("echo %dx%d: %.0f calls/s, p50 %.0f us, p99 %.0f us (%zu calls), server CPU %.2f us a call, client CPU %.2f us a call\n", connections, in_flight,
         (double)taken_count / wall, taken[taken_count / 2] / 1e3, taken[taken_count * 99 / 100] / 1e3, taken_count,
         cpu * 1e6 / (double)taken_count, own * 1e6 / (double)taken_count);
}

// MARK: A stream

static void stream(SSL_CTX *context) {
  Connection *c = connect_to_server(context);
  double cpu = read_clock(server_clock), own = read_clock(CLOCK_PROCESS_CPUTIME_ID);
  uint64_t start = nanoseconds(), count = 0;
  unsigned char *request = add_frame(c, STREAM_REQUEST_BYTES);
  request[0] = 's';
  memcpy(request + 1, &message_bytes, 4);
  memcpy(request + 5, &messages, 8);
  drain(c);
  // fill() reads until its buffer is full or there is no more.
  BIO_socket_nbio(c->fd, 1);
  int poll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  epoll_ctl(poll, EPOLL_CTL_ADD, c->fd, &event);
  while (count < messages) {
    if (!SSL_has_pending(c->ssl)) epoll_wait(poll, &event, 1, -1);
    if (!fill(c)) die("the server has gone");
    uint32_t bytes;
    while (next_frame(c, &bytes)) {
      if (bytes != message_bytes) die("a message of another length");
      count++;
    }
  }
  double wall = (double)(nanoseconds() - start) / 1e9;
  cpu = read_clock(server_clock) - cpu;
  own = read_clock(CLOCK_PROCESS_CPUTIME_ID) - own;
  printf("stream of %u B: %.0f messages/s, %.1f MB/s, server CPU %.3f us a message, client CPU %.3f us a message, server memory %.1f MB\n",
         message_bytes, (double)count / wall, (double)count * message_bytes / wall / 1e6, cpu * 1e6 / (double)count,
         own * 1e6 / (double)count, server_peak());
}

int main(int count, char **arguments) {
  for (int i = 2; i + 1 < count; i += 2) {
    const char *name = arguments[i], *value = arguments[i + 1];
    if (!strcmp(name, "--certificates")) certificates = value;
    else if (!strcmp(name, "--connections")) connections = atoi(value);
    else if (!strcmp(name, "--in-flight")) in_flight = atoi(value);
    else if (!strcmp(name, "--seconds")) seconds = atof(value);
    else if (!strcmp(name, "--server-core")) server_core = atoi(value);
    else if (!strcmp(name, "--messages")) messages = strtoull(value, NULL, 10);
    else if (!strcmp(name, "--message-bytes")) message_bytes = (uint32_t)atol(value);
    else die(name);
  }
  bool echoes = count > 1 && !strcmp(arguments[1], "echo"), streams = count > 1 && !strcmp(arguments[1], "stream");
  if ((!echoes && !streams) || !certificates || connections < 1 || in_flight < 1 || message_bytes < 1 || message_bytes > FRAME_MAX) {
    fprintf(stderr, "usage: bare-loop echo|stream --certificates FOLDER ...\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  start_server();
  SSL_CTX *context = client_context(certificates);
  echoes ? echo(context) : stream(context);
  kill(server, SIGTERM);
  return 0;
}
