// OpenSSL as Swift sees it: the headers, and what OpenSSL defines as macros, as inline functions of the same meaning.
#ifndef LONTAR_COPENSSL_SHIM_H
#define LONTAR_COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// Options are 64-bit shift expressions, which Swift does not import.
static const uint64_t LONTAR_OP_NO_RENEGOTIATION = SSL_OP_NO_RENEGOTIATION;
static const uint64_t LONTAR_OP_NO_TICKET = SSL_OP_NO_TICKET;
static const uint64_t LONTAR_OP_NO_COMPRESSION = SSL_OP_NO_COMPRESSION;

// MARK: Contexts and sessions

static inline int lontar_ssl_ctx_set_protocol_range(SSL_CTX *context, int lowest, int highest) {
  return SSL_CTX_set_min_proto_version(context, lowest) && SSL_CTX_set_max_proto_version(context, highest);
}

static inline int lontar_ssl_ctx_set_groups(SSL_CTX *context, const char *names) {
  return SSL_CTX_set1_groups_list(context, names) == 1;
}

static inline void lontar_ssl_ctx_set_mode(SSL_CTX *context, long mode) { SSL_CTX_set_mode(context, mode); }

static inline void lontar_ssl_ctx_session_cache_off(SSL_CTX *context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

static inline STACK_OF(X509) * lontar_ssl_ctx_chain(SSL_CTX *context) {
  STACK_OF(X509) *chain = NULL;
  SSL_CTX_get0_chain_certs(context, &chain);
  return chain;
}

static inline int lontar_ssl_set_server_name(SSL *ssl, const char *name) {
  return (int)SSL_set_tlsext_host_name(ssl, name);
}

// MARK: Stacks

static inline int lontar_x509_count(const STACK_OF(X509) * stack) { return stack == NULL ? 0 : sk_X509_num(stack); }
static inline X509 *lontar_x509_at(const STACK_OF(X509) * stack, int index) { return sk_X509_value(stack, index); }
static inline int lontar_name_count(const GENERAL_NAMES *names) { return names == NULL ? 0 : sk_GENERAL_NAME_num(names); }

// The bytes of a URI name and their count, or NULL when the name at `index` is of another kind. Not NUL-terminated text.
static inline const unsigned char *lontar_name_uri(const GENERAL_NAMES *names, int index, int *count) {
  const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
  if (name->type != GEN_URI) return NULL;
  *count = ASN1_STRING_length(name->d.uniformResourceIdentifier);
  return ASN1_STRING_get0_data(name->d.uniformResourceIdentifier);
}

// Writes the name in RFC 2253 form, control characters and non-ASCII escaped, into a memory BIO.
static inline int lontar_name_print(BIO *out, const X509_NAME *name) {
  return X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253);
}

// MARK: BIO

static inline void lontar_bio_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }
static inline void lontar_bio_set_retry_read(BIO *bio) { BIO_set_retry_read(bio); }
static inline long lontar_bio_memory(BIO *bio, char **bytes) { return BIO_get_mem_data(bio, bytes); }

// MARK: Errors

// Adds an entry of our own to this thread's error queue, so that a callback's reason survives until the call returns.
static inline void lontar_err_raise(int reason, const char *text) { ERR_raise_data(ERR_LIB_USER, reason, "%s", text); }

#endif
