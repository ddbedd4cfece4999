/* SPDX-License-Identifier: Apache-2.0 */
#include "api/local_meters.h"

enum {
    ROW_MAX = 4096, /* of most; others are tried with more */
    BUCKETS = 9,    /* of the histogram, each four times the one before */
    FIRST_OCTAVE = 5,
};

/* Names and zones have no character that would have to be escaped. */
static void put_labels(struct text *t, struct str balancer, struct str zone)
{
    TEXT_LITERAL(t, "load_balancer=\"");
    text_str_put(t, balancer);
    TEXT_LITERAL(t, "\",zone=\"");
    text_str_put(t, zone);
    text_char(t, '"');
}

static void put_group(struct text *t, const struct group_reading *row)
{
    TEXT_LITERAL(t, "target_group=\"");
    text_str_put(t, row->group);
    TEXT_LITERAL(t, "\",");
    put_labels(t, row->balancer, row->zone);
}

static void put_number(struct text *t, uint64_t n)
{
    TEXT_LITERAL(t, "} ");
    text_u64(t, n);
    text_char(t, '\n');
}

static void put_help(struct text *t, const char *of,
                     const struct meter_word *word)
{
    text_printf(t, "# HELP sluice_%s_%s_total %s\n", of, word->name,
                word->metric[0] ? word->metric
                                : "The first ten of each request");
    text_printf(t, "# TYPE sluice_%s_%s_total counter\n", of, word->name);
}

static void put_balancer_count(struct text *t, const struct meters_reading *r,
                               unsigned what)
{
    const struct meter_word *word = &balancer_count_words[what];
    bool begun = false;

    for (unsigned i = 0; i < r->nbalancers; i++) {
        const struct balancer_reading *row = &r->balancers[i];

        if (row->counts[what] == 0)
            continue;
        if (!begun)
            put_help(t, "load_balancer", word);
        begun = true;
        text_printf(t, "sluice_load_balancer_%s_total{", word->name);
        put_labels(t, row->balancer, row->zone);
        put_number(t, row->counts[what]);
    }
}

static void put_group_count(struct text *t, const struct meters_reading *r,
                            unsigned what)
{
    const struct meter_word *word = &group_count_words[what];
    bool begun = false;

    for (unsigned i = 0; i < r->ngroups; i++) {
        const struct group_reading *row = &r->groups[i];

        if (row->counts[what] == 0)
            continue;
        if (!begun)
            put_help(t, "target_group", word);
        begun = true;
        text_printf(t, "sluice_target_group_%s_total{", word->name);
        put_group(t, row);
        put_number(t, row->counts[what]);
    }
}

static void put_open(struct text *t, const struct meters_reading *r)
{
    TEXT_LITERAL(t, "# HELP sluice_load_balancer_connections Connections open, "
                    "of clients and to targets\n"
                    "# TYPE sluice_load_balancer_connections gauge\n");
    for (unsigned i = 0; i < r->nbalancers; i++) {
        TEXT_LITERAL(t, "sluice_load_balancer_connections{");
        put_labels(t, r->balancers[i].balancer, r->balancers[i].zone);
        put_number(t, r->balancers[i].connections);
    }
}

/* ---- times ------------------------------------------------------------------ */

static void put_seconds(struct text *t, uint64_t us)
{
    text_printf(t, "%u.%06u", (unsigned)(us / 1000000),
                (unsigned)(us % 1000000));
}

static void put_bucket(struct text *t, const struct group_reading *row,
                       uint64_t bound_us, uint64_t n)
{
    TEXT_LITERAL(t, "sluice_target_group_response_seconds_bucket{");
    put_group(t, row);
    TEXT_LITERAL(t, ",le=\"");
    if (bound_us)
        put_seconds(t, bound_us);
    else
        TEXT_LITERAL(t, "+Inf");
    text_char(t, '"');
    put_number(t, n);
}

/* Bounds of ours lie where those of the meter do. */
static void put_histogram(struct text *t, const struct group_reading *row)
{
    uint64_t bound = 32u << FIRST_OCTAVE;
    uint64_t n = 0;
    unsigned i = 0;

    for (unsigned k = 0; k < BUCKETS; k++, bound *= 4) {
        while (i < meter_time_bucket(bound))
            n += row->times[i++];
        put_bucket(t, row, bound, n);
    }
    while (i < METER_TIMES)
        n += row->times[i++];
    put_bucket(t, row, 0, n);
    TEXT_LITERAL(t, "sluice_target_group_response_seconds_sum{");
    put_group(t, row);
    TEXT_LITERAL(t, "} ");
    put_seconds(t, row->times_us);
    TEXT_LITERAL(t, "\nsluice_target_group_response_seconds_count{");
    put_group(t, row);
    put_number(t, n);
}

static void put_times(struct text *t, const struct meters_reading *r)
{
    TEXT_LITERAL(t, "# HELP sluice_target_group_response_seconds "
                    "TargetResponseTime: target_processing_time of the access "
                    "log\n"
                    "# TYPE sluice_target_group_response_seconds histogram\n");
    for (unsigned i = 0; i < r->ngroups; i++)
        put_histogram(t, &r->groups[i]);
}

/* ---- all of it -------------------------------------------------------------- */

void local_put_meters(struct text *t, const struct meters_reading *reading)
{
    for (unsigned i = 0; i < BALANCER_COUNTS; i++)
        put_balancer_count(t, reading, i);
    put_open(t, reading);
    for (unsigned i = 0; i < GROUP_COUNTS; i++)
        put_group_count(t, reading, i);
    put_times(t, reading);
}

size_t local_meters_room(const struct meters_reading *reading)
{
    return ((size_t)reading->nbalancers + (size_t)reading->ngroups + 2) *
           ROW_MAX;
}
