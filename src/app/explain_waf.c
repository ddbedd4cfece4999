/* SPDX-License-Identifier: Apache-2.0 */
#include "app/explain_waf.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "waf/replay.h"

enum { TRAIL_TEXT = 16 * 1024 * 1024 };

static bool goes_on(const struct waf_result *result, bool fail_open)
{
    return result->failed ? fail_open : result->action == WAF_ALLOW;
}

static void put_end(struct text *t, const struct waf_result *result,
                    bool fail_open)
{
    if (goes_on(result, fail_open))
        TEXT_LITERAL(t, "the request goes on to the rules:\n");
    else
        text_printf(t,
                    "the web ACL answers %u; without it the rules would do:\n",
                    result->failed ? 500 : trail_status(result));
}

static void put(struct text *t, const struct trail *trail, bool fail_open,
                bool json)
{
    if (json) {
        trail_put_json(t, trail);
        return;
    }
    text_printf(t, "web ACL " STR_FMT "\n", STR_ARG(trail->acl->entity.name));
    trail_put_text(t, trail, false);
    put_end(t, &trail->result, fail_open);
}

void explain_waf_print(struct waf_program *program,
                       const struct offline *offline,
                       const struct offline_request *request, bool fail_open,
                       bool json)
{
    struct text t = text_in(memory_zeroed(1, TRAIL_TEXT), TRAIL_TEXT);
    struct replay *replay = replay_new(program);
    struct inspected inspected;
    struct trail trail;

    offline_inspected(offline, request, waf_program_body(program), &inspected);
    replay_try(replay, &inspected, 0, true, &trail);
    put(&t, &trail, fail_open, json);
    fwrite(t.p, 1, t.n, stdout);
    free(t.p);
    replay_free(replay);
}
