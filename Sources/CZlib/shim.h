// zlib as Swift sees it: the header, and what zlib defines as macros, as inline functions of the same meaning.
#ifndef LONTAR_CZLIB_SHIM_H
#define LONTAR_CZLIB_SHIM_H

#include <zlib.h>

static inline int lontar_deflate_init(z_stream *stream, int level, int window_bits) {
  return deflateInit2(stream, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
}

static inline int lontar_inflate_init(z_stream *stream, int window_bits) {
  return inflateInit2(stream, window_bits);
}

#endif
