/* SPDX-License-Identifier: Apache-2.0
 *
 * Transformations of values, byte for byte (aws-waf.md 4): what rules of web
 * ACLs apply before they match.  Bytes in, bytes out, no state.
 */
#ifndef SLUICE_MATCH_TRANSFORM_H
#define SLUICE_MATCH_TRANSFORM_H

#include "base/arena.h"
#include "base/str.h"

/* TRANSFORM_NONE ..., numbered as enum waf_transformation (model/web_acl.h). */
enum transform {
#define X(name) TRANSFORM_##name,
#include "model/waf_transformations.def"
#undef X
    TRANSFORMS
};

/* The value after the transformation: `in` itself (same p and n) when nothing
 * changes, a part of it where that is enough, else bytes taken from the arena,
 * at most three times as many as `in` has (digests: 32).  p == NULL: the arena
 * is at its limit. */
struct str transform_apply(enum transform transform, struct str in,
                           struct arena *arena);

#endif
