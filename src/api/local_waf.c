/* SPDX-License-Identifier: Apache-2.0 */
#include "api/local_waf.h"

static void put_label(struct text *t, const char *name, struct str value)
{
    text_str_put(t, str_of(name));
    TEXT_LITERAL(t, "=\"");
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '"' || value.p[i] == '\\')
            text_char(t, '\\');
        text_char(t, value.p[i]);
    }
    text_char(t, '"');
}

static void put_sample(struct text *t, const struct waf_metric *m,
                       unsigned word, uint64_t number)
{
    text_str_put(t, m->label ? STR("sluice_waf_labels_total{")
                             : STR("sluice_waf_requests_total{"));
    put_label(t, m->label ? "namespace" : "acl", m->acl);
    text_char(t, ',');
    put_label(t, m->label ? "label" : "rule", m->rule);
    text_char(t, ',');
    if (!m->label) {
        put_label(t, "rule_group", m->group);
        text_char(t, ',');
    }
    put_label(t, "action", str_of(waf_meter_words[word]));
    TEXT_LITERAL(t, "} ");
    text_u64(t, number);
    text_char(t, '\n');
}

static bool is_same(const struct waf_metric *a, const struct waf_metric *b)
{
    return str_eq(a->acl, b->acl) && str_eq(a->group, b->group) &&
           str_eq(a->rule, b->rule);
}

/* Those of one kind, which stand together. */
static void put_all(struct text *t, const struct waf_metric *v, unsigned n)
{
    for (unsigned i = 0, end; i < n; i = end) {
        uint64_t sums[WAF_METER_WORDS] = {0};

        for (end = i; end < n && is_same(&v[i], &v[end]); end++) {
            for (unsigned k = 0; k < WAF_METER_WORDS; k++)
                sums[k] += v[end].counts[k];
        }
        for (unsigned k = 0; k < WAF_METER_WORDS; k++) {
            if (sums[k])
                put_sample(t, &v[i], k, sums[k]);
        }
    }
}

void local_put_waf(struct text *t, const struct waf_metric *metrics, unsigned n)
{
    unsigned labels = 0;

    while (labels < n && !metrics[labels].label)
        labels++;
    TEXT_LITERAL(t, "# HELP sluice_waf_requests_total Requests by what rules "
                    "of web ACLs made of them\n"
                    "# TYPE sluice_waf_requests_total counter\n");
    put_all(t, metrics, labels);
    TEXT_LITERAL(t, "# HELP sluice_waf_labels_total Requests with a label by "
                    "what web ACLs made of them\n"
                    "# TYPE sluice_waf_labels_total counter\n");
    put_all(t, metrics + labels, n - labels);
}
