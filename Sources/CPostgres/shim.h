// libpq as Swift sees it: the public header, the constants that are macros, and the Linux readiness calls of its loop.
#ifndef SERATUS_CPOSTGRES_SHIM_H
#define SERATUS_CPOSTGRES_SHIM_H

#include <libpq-fe.h>
#include <postgres_ext.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

// Fields of an error report; the header has them as character macros.
static const int seratus_diag_severity = PG_DIAG_SEVERITY_NONLOCALIZED;
static const int seratus_diag_sqlstate = PG_DIAG_SQLSTATE;
static const int seratus_diag_message = PG_DIAG_MESSAGE_PRIMARY;
static const int seratus_diag_detail = PG_DIAG_MESSAGE_DETAIL;
static const int seratus_diag_hint = PG_DIAG_MESSAGE_HINT;
static const int seratus_diag_constraint = PG_DIAG_CONSTRAINT_NAME;

// Closes a request. From libpq 17 on the message may stay in the buffer, so that one write carries many requests;
// 15 and 16 write at each Sync.
static inline int seratus_pipeline_sync(PGconn *connection) {
#ifdef LIBPQ_HAS_SEND_PIPELINE_SYNC
  return PQsendPipelineSync(connection);
#else
  return PQpipelineSync(connection);
#endif
}

static inline void seratus_ignore_notice(void *context, const PGresult *notice) {
  (void)context;
  (void)notice;
}

// Without a receiver libpq prints notices to standard error.
static inline void seratus_silence_notices(PGconn *connection) {
  PQsetNoticeReceiver(connection, seratus_ignore_notice, (void *)0);
}

// Names the calling thread for ps and debuggers; Swift cannot call variadic functions.
static inline void seratus_name_thread(const char *name) {
  prctl(PR_SET_NAME, name, 0, 0, 0);
}

#endif
