// libpq as Swift sees it: the public header and the constants that are macros.
#ifndef SERATUS_CPOSTGRES_SHIM_H
#define SERATUS_CPOSTGRES_SHIM_H

#include <libpq-fe.h>

#endif
