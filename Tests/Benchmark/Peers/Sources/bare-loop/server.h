#ifndef SERVER_H
#define SERVER_H

enum {
  REQUEST_BYTES = 64,
  ANSWER_BYTES = 256,
  // 's', u32 bytes of each message, u64 messages
  STREAM_REQUEST_BYTES = 13,
};

int listen_on_loopback(int *port);
// Never returns.
void serve(int listener, const char *certificates);

#endif
