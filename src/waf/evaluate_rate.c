/* SPDX-License-Identifier: Apache-2.0
 *
 * Rate-based rules (aws-waf.md 2.11): the key of a request, and whether too
 * many came with it.
 */
#include "waf/evaluate.h"

/* Of addresses that cannot be read, when such a request counts all the same. */
#define INVALID STR("INVALID")

/* ---- the values of a key ------------------------------------------------------------ */

static bool put_text(struct run *run, const struct text *t, struct str *value)
{
    char *p = run_take(run, t->n + 1);

    if (!p)
        return false;
    memcpy(p, t->p, t->n);
    *value = str_make(p, t->n);
    return true;
}

static bool put_address(struct run *run, const struct address *address,
                        struct str *value)
{
    char buffer[ADDRESS_TEXT_MAX];
    struct text t = text_in(buffer, sizeof(buffer));

    address_put_ip(&t, address);
    return put_text(run, &t, value);
}

static bool forwarded_value(struct run *run,
                            const struct waf_forwarded *forwarded,
                            struct str *value)
{
    struct origin_addresses addresses;

    run_addresses(run, forwarded, &addresses);
    if (addresses.absent)
        return false;
    if (!addresses.malformed)
        return put_address(run, &addresses.v[0], value);
    *value = INVALID;
    return forwarded->fallback == WAF_FALLBACK_MATCH;
}

static bool asn_value(struct run *run, const struct waf_forwarded *forwarded,
                      struct str *value)
{
    struct origin_addresses addresses;
    struct geo_place place;
    char buffer[24];
    struct text t = text_in(buffer, sizeof(buffer));

    run_addresses(run, forwarded, &addresses);
    if (addresses.absent)
        return false;
    if (addresses.malformed) {
        *value = INVALID;
        return forwarded->fallback == WAF_FALLBACK_MATCH;
    }
    geo_find(run->program->geo, &addresses.v[0], &place);
    text_u64(&t, place.asn);
    return put_text(run, &t, value);
}

/* All of one part, "a,b": who sends one more is no other. */
static bool join_values(struct run *run, const struct part_values *values,
                        struct str *value)
{
    size_t n = values->n;
    struct text t;

    for (unsigned i = 0; i < values->n; i++)
        n += values->values[i].text.n;
    t = text_in(run_take(run, n + 1), n + 1);
    if (!t.p)
        return false;
    for (unsigned i = 0; i < values->n; i++) {
        if (i)
            text_char(&t, ',');
        text_str_put(&t, values->values[i].text);
    }
    *value = text_str(&t);
    return true;
}

static bool source_value(struct run *run, uint32_t source, struct str *value)
{
    const struct part_values *values = &values_of(run->values, source)->values;

    if (values->state == PART_FAILED)
        run->result->failed = true;
    if (values->state == PART_TRUE) {
        *value = INVALID;
        return true;
    }
    if (values->state != PART_VALUES || values->n == 0)
        return false;
    if (values->n > 1)
        return join_values(run, values, value);
    *value = values->values[0].text;
    return true;
}

static bool labels_value(struct run *run, const struct rate_rule *rate,
                         const struct rate_key *key, struct str *value)
{
    const struct label_leaf leaf = {
        .key = key->name_space, .prefix = rate->prefix, .name_space = true};
    size_t n = 0;
    struct text t;

    for (struct waf_label *l = run->result->labels; l; l = l->next)
        if (waf_label_matches(&leaf, l->name))
            n += l->name.n + 1;
    if (n == 0)
        return false;
    t = text_in(run_take(run, n), n);
    if (!t.p)
        return false;
    for (struct waf_label *l = run->result->labels; l; l = l->next)
        if (waf_label_matches(&leaf, l->name)) {
            if (t.n)
                text_char(&t, ',');
            text_str_put(&t, l->name);
        }
    *value = text_str(&t);
    return true;
}

static bool key_value(struct run *run, const struct rate_rule *rate,
                      const struct rate_key *key, struct str *value)
{
    const struct waf_forwarded *forwarded = &rate->statement->u.rate.forwarded;

    switch (key->type) {
    case WAF_KEY_IP:
        return put_address(run, &run->evaluation->request->client, value);
    case WAF_KEY_FORWARDED_IP:
        return forwarded_value(run, forwarded, value);
    case WAF_KEY_ASN:
        return asn_value(run, forwarded, value);
    case WAF_KEY_LABEL_NAMESPACE:
        return labels_value(run, rate, key, value);
    default:
        return source_value(run, key->source, value);
    }
}

/* ---- the key --------------------------------------------------------------------------- */

static bool find_values(struct run *run, const struct rate_rule *rate,
                        struct waf_rated *rated)
{
    const struct waf_statement *statement = rate->statement;

    switch (statement->u.rate.aggregate) {
    case WAF_BY_IP:
        return put_address(run, &run->evaluation->request->client,
                           &rated->value);
    case WAF_BY_FORWARDED_IP:
        return forwarded_value(run, &statement->u.rate.forwarded,
                               &rated->value);
    case WAF_BY_CONSTANT:
        return true;
    case WAF_BY_KEYS:
        break;
    }
    rated->values = run_take(run, rate->nkeys * sizeof(*rated->values));
    if (!rated->values)
        return false;
    for (; rated->nvalues < rate->nkeys; rated->nvalues++)
        if (!key_value(run, rate, &rate->keys[rated->nvalues],
                       &rated->values[rated->nvalues]))
            return false;
    return true;
}

static void put_part(struct text *t, struct str part)
{
    uint32_t n = (uint32_t)part.n;

    text_put(t, (const char *)&n, sizeof(n));
    text_str_put(t, part);
}

/* Values with their lengths, so that none runs into its neighbour. */
static bool make_key(struct run *run, const struct waf_rated *rated,
                     struct str *key)
{
    size_t n = 0;
    struct text t;

    *key = rated->value.p ? rated->value : STR(""); /* of CONSTANT */
    if (rated->nvalues == 0)
        return true;
    for (unsigned i = 0; i < rated->nvalues; i++)
        n += sizeof(uint32_t) + rated->values[i].n;
    t = text_in(run_take(run, n), n);
    if (!t.p)
        return false;
    for (unsigned i = 0; i < rated->nvalues; i++)
        put_part(&t, rated->values[i]);
    *key = text_str(&t);
    return true;
}

bool run_rate(struct run *run, const struct step *step)
{
    const struct waf_evaluation *evaluation = run->evaluation;
    const struct rate_rule *rate = &run->program->rates[step->rate];
    struct waf_rated *rated = run_take(run, sizeof(*rated));
    struct str key;

    if (!rated)
        return false;
    rated->rule = step->rule;
    rated->group = run->item->group;
    *run->next_rated = rated;
    run->next_rated = &rated->next;
    rated->evaluated =
        find_values(run, rate, rated) && make_key(run, rated, &key);
    if (rated->evaluated && evaluation->rates)
        rated->limited = rate_count(evaluation->rates, &rate->instance, key,
                                    evaluation->now_ms);
    return rated->limited;
}
