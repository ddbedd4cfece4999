/* SPDX-License-Identifier: Apache-2.0 */
#include "match/inspected.h"

void inspected_put_target(struct inspected *to, struct str target)
{
    const char *hash = target.n ? memchr(target.p, '#', target.n) : NULL;
    struct str rest = target;

    if (hash) {
        rest.n = (size_t)(hash - target.p);
        to->fragment = str_make(hash + 1, target.n - rest.n - 1);
    }
    to->path = str_cut(&rest, '?');
    to->query = rest;
    if (to->path.n == 0)
        to->path = STR("/");
}

void inspected_put_body(struct inspected *to, struct str begin, bool ended,
                        uint32_t limit)
{
    to->body_whole = ended && begin.n <= limit;
    to->body = str_make(begin.p, begin.n < limit ? begin.n : limit);
}
