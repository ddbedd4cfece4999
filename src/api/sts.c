/* SPDX-License-Identifier: Apache-2.0
 *
 * STS, as far as clients ask it before they ask ELBv2: who am I.
 */
#include "api/services.h"

static bool caller_identity(struct call *call, const struct account_view *view)
{
    struct value *result = make_map(call->region);
    struct str user = call->caller.user;

    put_text(call->region, result, "Arn", call->caller.arn);
    put_text(call->region, result, "UserId",
             user.n ? call->caller.access_key : view->account_id);
    put_text(call->region, result, "Account", view->account_id);
    call->result = result;
    return true;
}

static const struct action actions[] = {
    {.name = "GetCallerIdentity", .answer = caller_identity},
};

const struct action_table sts_actions = ACTION_TABLE(actions);
