/* SPDX-License-Identifier: Apache-2.0 */
#include "api/local_sources.h"

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

static void put_sample(struct text *t, const char *name,
                       const struct status_source *source, uint64_t number)
{
    text_printf(t, "\n%s{", name);
    put_label(t, "target_group", source->group);
    text_char(t, ',');
    put_label(t, "source", source->name);
    TEXT_LITERAL(t, "} ");
    text_u64(t, number);
}

void local_put_sources(struct text *t, const struct status_source *sources,
                       unsigned n)
{
    if (n == 0)
        return;
    TEXT_LITERAL(t, "\n# HELP sluice_discovery_answers_total Answers of "
                    "sources of targets that were believed\n"
                    "# TYPE sluice_discovery_answers_total counter");
    for (unsigned i = 0; i < n; i++)
        put_sample(t, "sluice_discovery_answers_total", &sources[i],
                   sources[i].answers);
    TEXT_LITERAL(t, "\n# HELP sluice_discovery_failures_total Questions to "
                    "sources of targets that failed, or whose answer was not "
                    "believed\n"
                    "# TYPE sluice_discovery_failures_total counter");
    for (unsigned i = 0; i < n; i++)
        put_sample(t, "sluice_discovery_failures_total", &sources[i],
                   sources[i].failures);
    TEXT_LITERAL(t, "\n# HELP sluice_discovery_targets Targets that a source "
                    "has found\n"
                    "# TYPE sluice_discovery_targets gauge");
    for (unsigned i = 0; i < n; i++)
        put_sample(t, "sluice_discovery_targets", &sources[i],
                   sources[i].ntargets);
}
