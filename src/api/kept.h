/* SPDX-License-Identifier: Apache-2.0
 *
 * Links to texts that the account keeps, in the place of S3's presigned URLs:
 * good for ten minutes, for whoever has one.
 *
 *     http://127.0.0.1:4566/kept/WHAT?Expires=SECONDS&Signature=HEX
 *
 * WHAT is trust-store/ID/bundle or trust-store/ID/revocation/NUMBER; the
 * signature is of it and the end, with the view's link_key.
 */
#ifndef SLUICE_API_KEPT_H
#define SLUICE_API_KEPT_H

#include "api/call.h"

enum { KEPT_LINK_S = 600 };

/* A link to that, from now on. */
struct str kept_link(struct region *region, const struct account_view *view,
                     struct str what);

/* Whether a path of the API port (with its query) is such a link's. */
bool kept_is(struct str target);

/* Follows one: 200 with the text, which stands in the account; 403 when it is
 * none of ours or too old, 404 when what it names is gone. */
unsigned kept_follow(const struct account_view *view, struct str target,
                     struct str *text);

#endif
