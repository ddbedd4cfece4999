/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/provider.h"

#include "aws/client_internal.h"
#include "base/clock.h"

enum { TOKEN_FILE_MAX = 32 * 1024 };

#define IMDS_ROLES "/latest/meta-data/iam/security-credentials/"

/* ---- the end ------------------------------------------------------------- */

static void on_end(struct loop_task *task)
{
    struct provider *p = LIST_ENTRY_OF(task, struct provider, answer);
    struct aws_credentials *found = p->found;
    struct error error = p->error;

    p->found = NULL;
    region_forget(&p->memory);
    p->done(p, found, &error);
}

static void fail(struct provider *p, const char *why)
{
    aws_credentials_unref(p->found);
    p->found = NULL;
    error_set(&p->error, STR_FMT ": %s", STR_ARG(p->chain->from), why);
    loop_ready(p->client->loop, &p->answer);
}

static void assume(struct provider *p, const struct chain_role *role);

/* They are there, but for the roles that are left. */
static void go_on(struct provider *p, struct aws_credentials *found,
                  const char *why)
{
    if (found == NULL) {
        fail(p, why);
        return;
    }
    aws_credentials_unref(p->found);
    p->found = found;
    if (p->roles > 0)
        assume(p, &p->chain->roles[--p->roles]);
    else
        loop_ready(p->client->loop, &p->answer);
}

/* ---- roles --------------------------------------------------------------- */

static struct str role_body(struct provider *p, const struct chain_role *role,
                            struct str token)
{
    size_t cap = 512 + 3 * (role->arn.n + role->session.n +
                            role->external_id.n + token.n);
    struct text t = text_in(region_take(&p->memory, cap), cap);
    struct str session = role->session;

    if (session.n == 0)
        session = region_printf(&p->memory, "sluice-%lld",
                                (long long)clock_wall_seconds());
    aws_put_parameter(&t, "RoleArn", role->arn);
    aws_put_parameter(&t, "RoleSessionName", session);
    if (role->external_id.n)
        aws_put_parameter(&t, "ExternalId", role->external_id);
    if (role->duration_s)
        text_printf(&t, "&DurationSeconds=%u", role->duration_s);
    if (token.n)
        aws_put_parameter(&t, "WebIdentityToken", token);
    return text_str(&t);
}

static void on_role(struct aws_call *call)
{
    struct provider *p = call->owner;
    struct aws_credentials *found;
    struct error error;

    p->calling = false;
    if (call->outcome != AWS_OK) {
        fail(p, region_copy(&p->memory, call->message).p);
        return;
    }
    found = aws_credentials_of_sts(call->answer, str_of(call->action), &error);
    go_on(p, found, error.text);
}

static void call_sts(struct provider *p, const char *action, struct str body,
                     struct aws_credentials *keys)
{
    p->call = (struct aws_call){
        .service = AWS_STS,
        .action = action,
        .body = body,
        .done = on_role,
        .owner = p,
    };
    p->calling = true;
    aws_call_begin_as(p->client, &p->call, keys);
}

static void assume(struct provider *p, const struct chain_role *role)
{
    call_sts(p, "AssumeRole", role_body(p, role, STR("")), p->found);
}

/* ---- files and commands -------------------------------------------------- */

/* A token that stands in a file: one line, printable. */
static bool take_token(struct provider *p, const struct reader_text *text,
                       struct str *token)
{
    *token = str_trim(text->text);
    while (token->n &&
           (token->p[token->n - 1] == '\n' || token->p[token->n - 1] == '\r'))
        *token = str_trim(str_make(token->p, token->n - 1));
    if (!text->ok) {
        fail(p, text->why.text);
        return false;
    }
    for (size_t i = 0; i < token->n; i++) {
        if ((unsigned char)token->p[i] < ' ')
            token->n = 0;
    }
    if (token->n == 0 || token->n > TOKEN_FILE_MAX) {
        fail(p, region_printf(&p->memory,
                              STR_FMT ": holds no token: one line of text",
                              STR_ARG(p->chain->token_file))
                    .p);
        return false;
    }
    *token = region_copy(&p->memory, *token);
    return true;
}

static void on_web_token(struct reader *reader, const struct reader_text *text)
{
    struct provider *p = reader->owner;
    struct str token;

    if (take_token(p, text, &token))
        call_sts(p, "AssumeRoleWithWebIdentity",
                 role_body(p, &p->chain->web, token), NULL);
}

static void on_output(struct reader *reader, const struct reader_text *text)
{
    struct provider *p = reader->owner;
    struct aws_credentials *found;
    struct error error;
    struct error why;

    if (!text->ok) {
        fail(p, text->why.text);
        return;
    }
    found = aws_credentials_of_json(text->text, true, &error);
    if (found == NULL)
        error_set(&why, "what credential_process printed: %s", error.text);
    go_on(p, found, why.text);
}

static void read_token(struct provider *p,
                       void (*done)(struct reader *reader,
                                    const struct reader_text *text))
{
    if (!reader_files(p->reader, &p->chain->token_file, 1, done))
        fail(p, "there is no thread to read the token's file");
}

/* ---- metadata services --------------------------------------------------- */

static void on_metadata(struct metadata *m, unsigned status, struct str text,
                        const struct error *why)
{
    struct provider *p = LIST_ENTRY_OF(m, struct provider, metadata);
    struct aws_credentials *found;
    struct error error;
    struct error wrong;

    if (status != 200) {
        fail(p, why->text);
        return;
    }
    found = aws_credentials_of_json(text, false, &error);
    if (found == NULL)
        error_set(&wrong, "%s: %s", m->transfer.url, error.text);
    go_on(p, found, wrong.text);
}

static void ask_container(struct provider *p, struct str token)
{
    struct str url = p->chain->url;

    p->metadata.done = on_metadata;
    metadata_get(&p->metadata, url, token, !str_istarts(url, STR("https:")));
}

static void on_container_token(struct reader *reader,
                               const struct reader_text *text)
{
    struct provider *p = reader->owner;
    struct str token;

    if (take_token(p, text, &token))
        ask_container(p, token);
}

/* The first line names the role; it stands in a URL. */
static bool is_role(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c >= '0' && c <= '9') || memchr("_+=,.@-", c, 7)))
            return false;
    }
    return name.n > 0 && name.n <= 128;
}

static void on_imds_role(struct metadata *m, unsigned status, struct str text,
                         const struct error *why)
{
    struct provider *p = LIST_ENTRY_OF(m, struct provider, metadata);
    struct str rest = text;
    struct str role = str_trim(str_cut(&rest, '\n'));

    if (status == 404) {
        fail(p, "the instance has no role; give it an instance profile, or "
                "set other credentials");
    } else if (status != 200) {
        fail(p, why->text);
    } else if (!is_role(role)) {
        fail(p, "what it answers is no name of a role");
    } else {
        p->metadata.done = on_metadata;
        metadata_imds(
            m, p->chain->url,
            region_printf(&p->memory, IMDS_ROLES STR_FMT, STR_ARG(role)));
    }
}

/* ---- beginning ----------------------------------------------------------- */

static void begin_static(struct provider *p)
{
    struct error error;
    struct aws_credentials *found =
        aws_credentials_new(&p->chain->keys, p->chain->expires, &error);

    go_on(p, found, error.text);
}

void provider_begin(struct provider *p, const struct aws_chain *chain)
{
    p->chain = chain;
    p->roles = chain->nroles;
    p->error.text[0] = '\0';
    p->reader->owner = p;
    metadata_end(&p->metadata);
    metadata_init(&p->metadata, p->client->loop, p->client->transport);
    switch (chain->kind) {
    case CHAIN_STATIC:
        begin_static(p);
        break;
    case CHAIN_WEB_IDENTITY:
        read_token(p, on_web_token);
        break;
    case CHAIN_PROCESS:
        if (!reader_run(p->reader, chain->command, p->environment, on_output))
            fail(p, "there is no thread to run credential_process in");
        break;
    case CHAIN_CONTAINER:
        if (chain->token_file.n)
            read_token(p, on_container_token);
        else
            ask_container(p, chain->token);
        break;
    case CHAIN_IMDS:
        p->metadata.done = on_imds_role;
        metadata_imds(&p->metadata, chain->url, STR(IMDS_ROLES));
        break;
    }
}

void provider_init(struct provider *p, struct aws_client *client,
                   char *const *environment, struct reader *reader)
{
    p->client = client;
    p->environment = environment;
    p->reader = reader;
    loop_task_init(&p->answer, on_end);
    metadata_init(&p->metadata, client->loop, client->transport);
}

void provider_end(struct provider *p)
{
    if (p->calling)
        aws_call_cancel(p->client, &p->call);
    p->calling = false;
    metadata_end(&p->metadata);
    list_remove(&p->answer.node);
    aws_credentials_unref(p->found);
    p->found = NULL;
    region_forget(&p->memory);
}
