/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/permission.h"

#include <stdlib.h>

#include "aws/xml_read.h"
#include "base/log.h"
#include "base/memory.h"

/* What is known to be missing. */
struct refused {
    char permission[64];
    char resource[192];
    bool told;
};

struct aws_permissions {
    struct aws_client *client;
    struct aws_call who;
    bool asking; /* what is refused meanwhile is told after it */
    char principal[AWS_PRINCIPAL_MAX];
    struct str account; /* of ARNs here; n == 0: nobody says */
    struct refused refused[AWS_REFUSALS_MAX];
    unsigned n;
    bool full; /* it was said that there are more */
};

static const struct permission_facts {
    const char *permission, *file, *follows;
} facts[] = {
#define X(permission, file, follows) {permission, file, follows},
#include "aws/permission.def"
#undef X
};

/* ---- one refusal ------------------------------------------------------------- */

/* The word behind a phrase of AWS's message; n == 0: it has none. */
static struct str word_behind(struct str text, struct str phrase)
{
    for (size_t i = 0; i + phrase.n <= text.n; i++) {
        struct str rest = str_make(text.p + i, text.n - i);

        if (!str_starts(rest, phrase))
            continue;
        rest = str_make(rest.p + phrase.n, rest.n - phrase.n);
        rest = str_cut(&rest, ' ');
        while (rest.n > 0 && (*rest.p == '"' || *rest.p == '\''))
            rest = str_make(rest.p + 1, rest.n - 1);
        while (rest.n > 0 && strchr("\"'.,;", rest.p[rest.n - 1]))
            rest.n--;
        return rest;
    }
    return STR("");
}

static const struct permission_facts *facts_of(struct str permission)
{
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        if (str_eq(permission, str_of(facts[i].permission)))
            return &facts[i];
    }
    return NULL;
}

struct aws_refusal aws_refusal_of(struct region *region,
                                  const struct aws_call *call)
{
    struct aws_refusal refusal = {
        .permission = aws_call_permission(region, call),
        .resource = word_behind(call->message, STR("on resource: ")),
        .principal = word_behind(call->message, STR("User: ")),
    };

    if (call->service == AWS_S3 && call->bucket.n > 0)
        refusal.resource = region_printf(region, "arn:aws:s3:::%.*s/*",
                                         (int)call->bucket.n, call->bucket.p);
    return refusal;
}

struct str aws_refusal_text(struct region *region,
                            const struct aws_refusal *refusal)
{
    const struct permission_facts *known = facts_of(refusal->permission);
    struct str who = refusal->principal.n ? refusal->principal
                                          : STR("whoever Sluice runs as");
    struct str what =
        refusal->resource.n > 0
            ? region_printf(region, " on %.*s", (int)refusal->resource.n,
                            refusal->resource.p)
            : STR("");

    if (known)
        return region_printf(
            region, "%.*s may not do %.*s%.*s: %s; attach contrib/iam/%s",
            (int)who.n, who.p, (int)refusal->permission.n,
            refusal->permission.p, (int)what.n, what.p, known->follows,
            known->file);
    return region_printf(
        region, "%.*s may not do %.*s%.*s: attach a policy that allows it",
        (int)who.n, who.p, (int)refusal->permission.n, refusal->permission.p,
        (int)what.n, what.p);
}

/* ---- those of a client ----------------------------------------------------------- */

static void keep(char *to, size_t cap, struct str s)
{
    size_t n = s.n < cap - 1 ? s.n : cap - 1;

    memcpy(to, s.p, n);
    to[n] = '\0';
}

static void tell(struct aws_permissions *permissions, struct refused *refused)
{
    struct region region = {NULL};
    struct aws_refusal refusal = {
        .permission = str_of(refused->permission),
        .resource = str_of(refused->resource),
        .principal = str_of(permissions->principal),
    };
    struct str text;

    text = aws_refusal_text(&region, &refusal);
    log_write(LOG_ERROR, "aws", "%.*s", (int)text.n, text.p);
    region_end(&region);
    refused->told = true;
}

static void tell_all(struct aws_permissions *permissions)
{
    for (unsigned i = 0; i < permissions->n; i++) {
        if (!permissions->refused[i].told)
            tell(permissions, &permissions->refused[i]);
    }
}

static bool is_account(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n == AWS_ACCOUNT_DIGITS;
}

/* Nobody would look for logs under the keys of another account, and its topics
 * are none of AWS's. */
static void compare(const struct aws_permissions *permissions,
                    struct str account)
{
    struct str here = permissions->account;

    if (here.n == 0 || str_eq(account, here) || !is_account(account))
        return;
    log_write(LOG_WARN, "aws",
              "calls of AWS are made in account " STR_FMT
              ", but ARNs here say " STR_FMT
              ": logs in S3 have that one in their keys, and topics of alarms "
              "are looked for there and not found; set AWS_ACCOUNT_ID=" STR_FMT
              " (--to does not take it)",
              STR_ARG(account), STR_ARG(here), STR_ARG(account));
}

#define IDENTITY "GetCallerIdentityResponse/GetCallerIdentityResult/"

/* The answer of sts:GetCallerIdentity. */
static void on_identity(struct aws_call *call)
{
    struct aws_permissions *permissions = call->owner;
    struct region region = {NULL};

    permissions->asking = false;
    if (call->outcome == AWS_OK) {
        keep(permissions->principal, sizeof(permissions->principal),
             xml_read_text(&region, call->answer, IDENTITY "Arn"));
        compare(permissions,
                xml_read_text(&region, call->answer, IDENTITY "Account"));
        region_end(&region);
    }
    if (permissions->principal[0])
        log_write(LOG_INFO, "aws", "calls of AWS are made as %s",
                  permissions->principal);
    else
        log_write(LOG_WARN, "aws", "who calls AWS is not known: %.*s",
                  (int)call->message.n, call->message.p);
    tell_all(permissions);
}

/* Of S3 each bucket counts for itself: a call that is allowed says which. */
static struct refused *find(struct aws_permissions *permissions,
                            const struct aws_refusal *refusal, bool of_bucket)
{
    for (unsigned i = 0; i < permissions->n; i++) {
        struct refused *refused = &permissions->refused[i];

        if (str_eq(refusal->permission, str_of(refused->permission)) &&
            (!of_bucket ||
             str_eq(refusal->resource, str_of(refused->resource))))
            return refused;
    }
    return NULL;
}

static void add(struct aws_permissions *permissions,
                const struct aws_refusal *refusal)
{
    struct refused *made;

    if (permissions->n == AWS_REFUSALS_MAX) {
        if (!permissions->full)
            log_write(LOG_ERROR, "aws",
                      "more than %d permissions are missing: the others are "
                      "not named",
                      AWS_REFUSALS_MAX);
        permissions->full = true;
        return;
    }
    made = &permissions->refused[permissions->n++];
    made->told = false;
    keep(made->permission, sizeof(made->permission), refusal->permission);
    keep(made->resource, sizeof(made->resource), refusal->resource);
    if (refusal->principal.n > 0 && permissions->principal[0] == '\0')
        keep(permissions->principal, sizeof(permissions->principal),
             refusal->principal);
    if (permissions->principal[0] || !permissions->asking)
        tell(permissions, made);
}

/* It was missing, and is not any more. */
static void forget(struct aws_permissions *permissions, struct refused *refused)
{
    if (refused->told)
        log_write(LOG_INFO, "aws", "%s on %s is allowed now",
                  refused->permission, refused->resource);
    *refused = permissions->refused[--permissions->n];
}

void aws_permissions_seen(struct aws_permissions *permissions,
                          const struct aws_call *call)
{
    bool forbidden = aws_call_is_forbidden(call);
    bool of_bucket = call->service == AWS_S3;
    struct aws_refusal refusal;
    struct refused *known;
    struct region region = {NULL};

    if (!forbidden && (permissions->n == 0 || call->outcome != AWS_OK))
        return;
    refusal = aws_refusal_of(&region, call);
    known = find(permissions, &refusal, of_bucket);
    if (forbidden && !known)
        add(permissions, &refusal);
    else if (!forbidden && known && of_bucket)
        forget(permissions, known);
    region_end(&region);
}

void aws_permissions_check(struct aws_permissions *permissions)
{
    if (permissions->asking)
        return;
    permissions->asking = true;
    permissions->who = (struct aws_call){
        .service = AWS_STS,
        .action = "GetCallerIdentity",
        .done = on_identity,
        .owner = permissions,
    };
    aws_call_begin(permissions->client, &permissions->who);
}

struct aws_permissions *aws_permissions_new(struct aws_client *client,
                                            struct str account)
{
    struct aws_permissions *permissions =
        memory_zeroed(1, sizeof(*permissions));

    permissions->client = client;
    permissions->account = account;
    return permissions;
}

void aws_permissions_free(struct aws_permissions *permissions)
{
    if (permissions && permissions->asking)
        aws_call_cancel(permissions->client, &permissions->who);
    free(permissions);
}
