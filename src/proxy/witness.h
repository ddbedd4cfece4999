/* SPDX-License-Identifier: Apache-2.0
 *
 * A request that certain conditions accept, for messages: "/api/x" says more
 * than "/api/ *".  Each is a guess that was tried, so that what is told is
 * true; none may be found.  For cold paths.
 */
#ifndef SLUICE_PROXY_WITNESS_H
#define SLUICE_PROXY_WITNESS_H

#include "proxy/condition.h"

/* Guesses differ in which of a condition's values they go for, and in what
 * stands for its wildcards. */
enum { WITNESS_VARIANTS = 15 };

/* Puts what value `i` of the condition accepts: a host, a path, a header's
 * value, a method, "key=value" or an address.  False, with nothing put, when
 * none was found.  `scratch` as for condition_match(). */
bool witness_put_value(struct text *t, const struct condition *condition,
                       unsigned i, unsigned variant,
                       struct linear_scratch *scratch);

enum { WITNESS_FIELDS = 16, WITNESS_TEXT = 8192 };

struct witness {
    struct route_request request;
    struct fields fields;
    struct field v[WITNESS_FIELDS];
    struct address client;
    bool has_client; /* a condition asked for it */
    char room[WITNESS_TEXT];
};

/* Makes a request that all of the conditions accept.  The witness must not be
 * moved. */
bool witness_make(struct witness *w, const struct condition *conditions,
                  unsigned n, unsigned variant, struct linear_scratch *scratch);

/* "GET http://example.com/api/x?v=2 with X-Canary: 1 from 10.0.0.0". */
void witness_put(struct text *t, const struct witness *w,
                 const struct config_listener *listener);

#endif
