/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/refresh.h"

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

struct refresh refresh_plan(int64_t now, int64_t expires, uint64_t random)
{
    int64_t life = expires - now;
    int64_t early = (int64_t)(random % (REFRESH_JITTER_S + 1));

    if (expires == 0)
        return (struct refresh){INT64_MAX, INT64_MAX, INT64_MAX};
    if (life < 0)
        life = 0;
    return (struct refresh){
        .advised = expires - least(REFRESH_ADVISED_S + early, life / 2),
        .must = expires - least(REFRESH_MUST_S, life / 3),
        .expires = expires,
    };
}

unsigned refresh_again(unsigned failures, bool have_others, uint64_t random)
{
    unsigned wait = REFRESH_AGAIN_MIN_S;

    if (have_others)
        return REFRESH_STABLE_S + (unsigned)(random % REFRESH_STABLE_S);
    while (failures-- > 1 && wait < REFRESH_AGAIN_MAX_S)
        wait *= 2;
    return wait < REFRESH_AGAIN_MAX_S ? wait : REFRESH_AGAIN_MAX_S;
}
