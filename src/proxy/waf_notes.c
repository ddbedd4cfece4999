/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/waf_notes.h"

#include <stdlib.h>

#include "base/memory.h"

struct waf_notes *waf_notes_new(void)
{
    struct waf_notes *notes = memory_zeroed(1, sizeof(*notes));

    notes->meter = waf_meter_new();
    notes->box = malloc(sizeof(*notes->box));
    notes->line = malloc(WAF_LOG_LINE_MAX);
    notes->room = malloc(WAF_NOTES_ROOM);
    if (notes->box)
        notes->box->n = 0;
    if (notes->box && notes->line && notes->room && sha256_init(&notes->sha))
        return notes;
    waf_notes_free(notes);
    return NULL;
}

void waf_notes_free(struct waf_notes *notes)
{
    if (notes == NULL)
        return;
    waf_meter_free(notes->meter);
    sha256_end(&notes->sha);
    free(notes->box);
    free(notes->line);
    free(notes->room);
    free(notes);
}
