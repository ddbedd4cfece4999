/* SPDX-License-Identifier: Apache-2.0
 *
 * Labels of a request (aws-waf.md 1.4): a set, in the order they were added.
 */
#include "waf/evaluate.h"

/* ---- queued ---------------------------------------------------------------------------- */

static void queue(struct run *run, uint32_t index, struct str name)
{
    struct queued_label *label = run_take(run, sizeof(*label));
    struct queued_label **end = &run->queued;

    if (!label)
        return;
    *label = (struct queued_label){.name = name, .index = index};
    while (*end)
        end = &(*end)->next;
    *end = label;
}

void run_queue_label(struct run *run, uint32_t label)
{
    if (run->scratch->present[label / 64] >> (label % 64) & 1)
        return;
    queue(run, label, run->program->labels[label].name);
}

static void queue_text(struct run *run, const char *prefix, const char *kind,
                       const char *country, const char *region)
{
    char buffer[96];
    struct text t = text_in(buffer, sizeof(buffer));
    char *p;

    text_str_put(&t, str_of(prefix));
    text_str_put(&t, str_of(kind));
    text_str_put(&t, str_of(country));
    if (region) {
        text_char(&t, '-');
        text_str_put(&t, str_of(region));
    }
    p = run_take(run, t.n);
    if (!p)
        return;
    memcpy(p, t.p, t.n);
    queue(run, NO_INDEX, str_make(p, t.n));
}

void run_queue_geo(struct run *run, bool forwarded,
                   const struct geo_place *place)
{
    const char *prefix =
        forwarded ? "awswaf:forwardedip:geo:" : "awswaf:clientip:geo:";

    queue_text(run, prefix, "country:", place->country, NULL);
    queue_text(run, prefix, "region:", place->country, place->region);
}

/* ---- seen ------------------------------------------------------------------------------ */

static void make_true(struct run *run, uint32_t at)
{
    const struct label_leaf *leaf = &run->program->label_leaves_all[at];

    if (run->scratch->label_leaves[at])
        return;
    run->scratch->label_leaves[at] = 1;
    run_pend(run, leaf->first_step, leaf->nsteps);
}

static bool show_known(struct run *run, uint32_t at)
{
    const struct waf_program *program = run->program;
    const struct label *label = &program->labels[at];
    uint64_t bit = UINT64_C(1) << (at % 64);

    if (run->scratch->present[at / 64] & bit)
        return false;
    run->scratch->present[at / 64] |= bit;
    for (uint32_t i = 0; i < label->nleaves; i++)
        make_true(run, program->label_leaves[label->first_leaf + i]);
    return true;
}

static bool show_geo(struct run *run, struct str name)
{
    const struct waf_program *program = run->program;

    for (struct waf_label *label = run->result->labels; label;
         label = label->next)
        if (str_eq(label->name, name))
            return false;
    for (uint32_t i = 0; i < program->ngeo_leaves; i++) {
        uint32_t at = program->geo_leaves[i];

        if (waf_label_matches(&program->label_leaves_all[at], name))
            make_true(run, at);
    }
    return true;
}

static void show(struct run *run, const struct queued_label *queued)
{
    const struct waf_trace *trace = run->evaluation->trace;
    struct waf_label *label;

    if (!(queued->index == NO_INDEX ? show_geo(run, queued->name)
                                    : show_known(run, queued->index)))
        return;
    label = run_take(run, sizeof(*label));
    if (!label)
        return;
    label->name = queued->name;
    *run->next_label = label;
    run->next_label = &label->next;
    if (trace && trace->label)
        trace->label(trace->owner, label->name);
}

void run_show_labels(struct run *run)
{
    const struct queued_label *queued = run->queued;

    run->queued = NULL;
    for (; queued; queued = queued->next)
        show(run, queued);
}
