/* SPDX-License-Identifier: Apache-2.0
 *
 * A call of the API port of a running `sluice serve`: blocking, with
 * deadlines, one connection each.
 */
#ifndef SLUICE_APP_API_CLIENT_H
#define SLUICE_APP_API_CLIENT_H

#include "api/access_keys.h"
#include "base/address.h"
#include "base/error.h"

enum {
    API_CLIENT_MS = 2000, /* to connect; also without a byte afterwards */
    API_CLIENT_BODY_MAX = 256 * 1024 * 1024,
};

/* GET of a path.  The body, as large as it says it is, goes to `*body`, which
 * the caller frees (body->p).  False with an error that says what is at the
 * address instead and what to do: nothing listens, no answer in time, no
 * Sluice.  `begin`: what the body of a Sluice begins with.  `key`: signs the
 * request; NULL: it is not signed.  `left_out`: the field LOCAL_LEFT_OUT of the
 * answer (0: there was none); NULL: it does not matter. */
bool api_client_get(const struct address *address, const char *path,
                    struct str begin, const struct access_key *key,
                    struct text *body, uint64_t *left_out, struct error *error);

#endif
