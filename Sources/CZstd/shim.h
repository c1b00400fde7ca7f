// Zstandard as Swift sees it.
#ifndef LONTAR_CZSTD_SHIM_H
#define LONTAR_CZSTD_SHIM_H

#include <zstd.h>

#endif
