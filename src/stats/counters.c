/* SPDX-License-Identifier: Apache-2.0 */
#include "stats/counters.h"

static const struct entry {
    const char *name;
    const char *type;
    const char *help;
    const char *suffix;
    size_t offset;
} entries[] = {
#define SUFFIX_counter "_total"
#define SUFFIX_gauge ""
#define X(name, type, help)                                                    \
    {#name, #type, help, SUFFIX_##type, offsetof(struct counters, name)},
#include "stats/counters.def"
#undef X
};

uint64_t counters_sum(struct counters *const *all, unsigned n, size_t offset)
{
    uint64_t total = 0;

    for (unsigned i = 0; i < n; i++) {
        const void *counter = (const char *)all[i] + offset;

        total += atomic_load_explicit((const _Atomic uint64_t *)counter,
                                      memory_order_relaxed);
    }
    return total;
}

void counters_put(struct text *t, struct counters *const *all, unsigned n)
{
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        const struct entry *e = &entries[i];

        text_printf(t,
                    "# HELP sluice_%s%s %s\n"
                    "# TYPE sluice_%s%s %s\n"
                    "sluice_%s%s ",
                    e->name, e->suffix, e->help, e->name, e->suffix, e->type,
                    e->name, e->suffix);
        text_u64(t, counters_sum(all, n, e->offset));
        text_char(t, '\n');
    }
}
