// OpenSSL as Swift sees it: the headers, and the setters that OpenSSL defines as macros, as inline functions.
#ifndef SERATUS_COPENSSL_SHIM_H
#define SERATUS_COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#endif
