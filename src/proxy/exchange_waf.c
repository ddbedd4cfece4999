/* SPDX-License-Identifier: Apache-2.0
 *
 * What the web ACL of a load balancer makes of a request (aws-waf.md 5): it
 * goes on, with fields inserted, or is answered here.
 */
#include "http/page.h"
#include "proxy/exchange.h"

#define INSERTED "x-amzn-waf-"

enum {
    /* Of one evaluation: thousands of values (arguments, members of a body)
     * after each of some dozen chains of transformations. */
    WAF_ARENA_MAX = 32 * 1024 * 1024,
};

static enum step_result fail(struct exchange *ex, enum reason reason)
{
    ex->reason = (uint8_t)reason;
    return STEP_FAIL;
}

/* ---- what is looked at ------------------------------------------------------ */

static bool wants_more(const struct piece *piece, uint32_t limit)
{
    return !piece->end && piece->data.n < limit;
}

static void inspected_of(const struct exchange *ex, const struct piece *piece,
                         uint32_t limit, struct inspected *to)
{
    const struct conn_tls *tls = conn_tls(server_stream_conn(ex->client));
    const struct request *req = ex->request;

    *to = (struct inspected){
        .method = slice_of(&req->fields, req->method_name),
        .host = slice_of(&req->fields, req->authority),
        .fields = &req->fields,
        .grpc = ex->grpc,
        .version = req->version,
        .https = tls != NULL,
        .client = *server_stream_client(ex->client),
    };
    if (tls) {
        to->ja3 = conn_tls_ja3(tls);
        to->ja4 = conn_tls_ja4(tls);
    }
    inspected_put_target(to, slice_of(&req->fields, req->path));
    inspected_put_body(to, str_make(piece->data.p, piece->data.n), piece->end,
                       limit);
}

/* ---- what goes on ------------------------------------------------------------- */

/* No client may say what only the web ACL says. */
static void drop_forged(struct fields *fs)
{
    for (unsigned i = 0; i < fs->n; i++) {
        struct field *f = &fs->v[i];

        if (f->id == FIELD_OTHER && f->name_len >= sizeof(INSERTED) - 1 &&
            str_istarts(field_name(fs, f), STR(INSERTED)))
            f->flags |= FIELD_DROPPED;
    }
}

/* What stands behind "#" is no part of a target (RFC 9112 §3.2).  Rules saw it
 * as the fragment alone; many a target takes it for more of the path or of the
 * query. */
static void drop_fragment(struct request *request)
{
    struct str path = slice_of(&request->fields, request->path);
    const char *hash = path.n ? memchr(path.p, '#', path.n) : NULL;

    if (hash)
        request->path.n = (uint32_t)(hash - path.p);
}

static bool insert(struct exchange *ex, struct added_field *to,
                   const struct waf_header *header)
{
    size_t n = sizeof(INSERTED) - 1 + header->name.n;
    char *name = arena_take(&ex->arena, n);

    if (name == NULL)
        return false;
    memcpy(name, INSERTED, sizeof(INSERTED) - 1);
    memcpy(name + sizeof(INSERTED) - 1, header->name.p, header->name.n);
    *to = (struct added_field){str_make(name, n), header->value};
    return true;
}

static enum step_result go_on(struct exchange *ex,
                              const struct waf_result *result)
{
    ex->waf = result->failed ? WAF_WORD_FAILED : WAF_WORD_PASSED;
    drop_forged(&ex->request->fields);
    drop_fragment(ex->request);
    if (result->ninserted == 0)
        return STEP_NEXT;
    ex->inserted =
        arena_take(&ex->arena, sizeof(*ex->inserted) * result->ninserted);
    if (ex->inserted == NULL)
        return fail(ex, REASON_OUT_OF_MEMORY);
    while (ex->ninserted < result->ninserted) {
        if (!insert(ex, &ex->inserted[ex->ninserted],
                    result->inserted[ex->ninserted]))
            return fail(ex, REASON_OUT_OF_MEMORY);
        ex->ninserted++;
    }
    return STEP_NEXT;
}

/* ---- answers --------------------------------------------------------------------- */

static enum step_result custom_response(struct exchange *ex,
                                        const struct waf_action *action)
{
    struct added_field fields[PAGE_FIELDS_MAX];
    struct page page = {
        .status = action->status,
        .body = STR(""),
        .fields = fields,
    };

    if (action->body) {
        page.content_type = action->body->content_type;
        page.body = action->body->content;
    }
    for (; page.nfields < action->nheaders && page.nfields < PAGE_FIELDS_MAX;
         page.nfields++)
        fields[page.nfields] =
            (struct added_field){action->headers[page.nfields].name,
                                 action->headers[page.nfields].value};
    exchange_answer(ex, &page);
    return STEP_DONE;
}

/* The page that solves it is another one's to bring: a client that has none
 * sees by the field what is wanted. */
static enum step_result ask(struct exchange *ex, unsigned status,
                            const char *what)
{
    struct page page = {
        .status = status,
        .body = STR(""),
        .extra = {STR("x-amzn-waf-action"), str_of(what)},
        .more = {STR("Cache-Control"), STR("no-store")},
    };

    exchange_answer(ex, &page);
    return STEP_DONE;
}

static enum step_result act(struct exchange *ex,
                            const struct waf_result *result)
{
    switch (result->action) {
    case WAF_CAPTCHA:
        return ask(ex, 405, "captcha");
    case WAF_CHALLENGE:
        return ask(ex, 202, "challenge");
    default:
        break;
    }
    if (result->details && result->details->status)
        return custom_response(ex, result->details);
    return fail(ex, REASON_WAF_BLOCKED);
}

/* ---- the step --------------------------------------------------------------------- */

static void explain(struct exchange *ex, const struct waf_result *result)
{
    char room[160];
    struct text t = text_in(room, sizeof(room) - 1);

    text_str_put(&t, str_of(waf_action_words[result->action]));
    text_char(&t, ':');
    text_str_put(&t, result->terminating ? result->terminating->rule->name
                                         : STR("Default_Action"));
    room[t.n] = '\0';
    exchange_explain_more(ex, "waf", room);
}

static enum step_result conclude(struct exchange *ex,
                                 const struct waf_result *result)
{
    if (ex->trail.n)
        explain(ex, result);
    if (result->failed && !exchange_attributes(ex)->waf_fail_open) {
        ex->waf = WAF_WORD_FAILED;
        return fail(ex, REASON_WAF_FAILED);
    }
    if (result->failed || result->action == WAF_ALLOW)
        return go_on(ex, result);
    ex->waf = WAF_WORD_ENDED;
    return act(ex, result);
}

enum step_result exchange_inspect(struct exchange *ex)
{
    const struct waf_program *program = ex->table->waf;
    struct piece piece = exchange_seen(ex, &ex->request_hold);
    struct worker *w = ex->worker;
    struct inspected request;
    struct waf_result result;
    enum step_result step;
    uint32_t limit;

    if (program == NULL)
        return STEP_NEXT;
    limit = ex->grpc ? 0 : waf_program_body(program);
    if (wants_more(&piece, limit))
        return STEP_WAIT;
    inspected_of(ex, &piece, limit, &request);
    arena_init(&w->waf_arena, &w->loop.chunks, WAF_ARENA_MAX);
    waf_evaluate(program, w->waf,
                 &(struct waf_evaluation){.request = &request,
                                          .arena = &w->waf_arena,
                                          .rates = w->rates,
                                          .now_ms = w->loop.now_us / 1000},
                 &result);
    exchange_waf_seen(ex, &request, &result);
    step = conclude(ex, &result);
    arena_reset(&w->waf_arena);
    return step;
}

struct str exchange_waf_actions(struct exchange *ex, struct str action)
{
    struct text t;
    char *room;

    switch ((enum waf_word)ex->waf) {
    case WAF_WORD_NONE:
        return action;
    case WAF_WORD_ENDED:
        return STR("waf");
    default:
        break;
    }
    room = arena_take(&ex->arena, action.n + 16);
    if (room == NULL)
        return action;
    t = text_in(room, action.n + 16);
    text_str_put(&t,
                 ex->waf == WAF_WORD_FAILED ? STR("waf-failed") : STR("waf"));
    if (ex->reason != REASON_WAF_FAILED) {
        text_char(&t, ',');
        text_str_put(&t, action);
    }
    return text_str(&t);
}
