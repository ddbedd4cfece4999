/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a live request goes where it goes: asked for with X-Sluice-Explain and
 * the key that the operator chose, told in a response field of that name.
 */
#include "proxy/exchange.h"
#include "proxy/explain.h"
#include "proxy/explain_desync.h"

enum { TRAIL_MAX = 4096 };

/* Takes as long for a wrong key as for the right one. */
static bool same_key(struct str a, struct str b)
{
    unsigned char differ = a.n != b.n;

    for (size_t i = 0; i < a.n && i < b.n; i++)
        differ |= (unsigned char)(a.p[i] ^ b.p[i]);
    return differ == 0;
}

/* Whether any of the fields has the key.  Those that do are dropped: it is none
 * of the target's business. */
static bool take_key(struct fields *fs, struct str key)
{
    bool found = false;

    for (unsigned i = 0; i < fs->n; i++) {
        struct field *f = &fs->v[i];

        if (str_ieq(field_name(fs, f), STR("X-Sluice-Explain")) &&
            same_key(field_value(fs, f), key)) {
            f->flags |= FIELD_DROPPED;
            found = true;
        }
    }
    return found;
}

void exchange_explain_more(struct exchange *ex, const char *key,
                           const char *word)
{
    struct text t = text_in((char *)(uintptr_t)ex->trail.p, TRAIL_MAX);

    if (ex->trail.n == 0)
        return;
    t.n = ex->trail.n;
    text_char(&t, ';');
    text_str_put(&t, str_of(key));
    text_char(&t, '=');
    text_str_put(&t, str_of(word));
    if (text_ok(&t))
        ex->trail = text_str(&t);
}

void exchange_explain_target(struct exchange *ex)
{
    uint32_t told =
        atomic_load_explicit(&ex->target->told, memory_order_relaxed);
    char room[16];
    struct text percent = text_in(room, sizeof(room) - 1);

    text_u64(&percent, (told & TARGET_TOLD_WEIGHT) * 100 / WEIGHT_FULL);
    text_char(&percent, '%');
    room[percent.n] = '\0';
    exchange_explain_more(ex, "target", ex->target->text);
    exchange_explain_more(ex, "weight", room);
    exchange_explain_more(ex, "slow-start",
                          told & TARGET_TOLD_SLOW_START ? "yes" : "no");
    exchange_explain_more(
        ex, "anomaly", told & TARGET_TOLD_ANOMALOUS ? "anomalous" : "normal");
}

void exchange_explain(struct exchange *ex, const struct route_request *request)
{
    struct worker *w = ex->worker;
    struct text t;
    char *room;

    if (!take_key(&ex->request->fields, w->explain_key))
        return;
    room = arena_take(&ex->arena, TRAIL_MAX);
    if (room == NULL)
        return;
    t = text_in(room, TRAIL_MAX);
    explain_put_header(&t, ex->table->router, ex->table->config, request,
                       w->scratch);
    explain_put_desync_header(&t, ex->request);
    ex->trail = text_str(&t);
}
