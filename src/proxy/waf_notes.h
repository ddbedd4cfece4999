/* SPDX-License-Identifier: Apache-2.0
 *
 * What a worker notes of requests that web ACLs looked at, and the memory that
 * it takes: nothing of it is taken while a request is served.
 */
#ifndef SLUICE_PROXY_WAF_NOTES_H
#define SLUICE_PROXY_WAF_NOTES_H

#include "crypto/sha256.h"
#include "proxy/waf_log.h"
#include "waf/sampler.h"

enum { WAF_NOTES_ROOM = 128 * 1024 };

struct waf_notes {
    struct waf_meter *meter;
    struct sha256 sha;
    struct waf_sample_box *box; /* until control swaps it */
    char *line;                 /* WAF_LOG_LINE_MAX: the line that is made */
    char *room; /* WAF_NOTES_ROOM: values that are shown as others */
};

struct waf_notes *waf_notes_new(void);        /* NULL without memory */
void waf_notes_free(struct waf_notes *notes); /* NULL: nothing */

#endif
