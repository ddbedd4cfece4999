/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of the log of a web ACL: whole lines (waf/log_line.h), which the
 * worker makes where the request is at hand, in pieces.
 */
#ifndef SLUICE_PROXY_WAF_LOG_H
#define SLUICE_PROXY_WAF_LOG_H

#include "base/text.h"

enum {
    WAF_LOG_TEXTS = 8,
    WAF_LOG_TEXT_MAX = 65520,
    /* A head of 64 KB whose bytes all become six, and what rules say of it. */
    WAF_LOG_LINE_MAX = WAF_LOG_TEXTS * WAF_LOG_TEXT_MAX,
    WAF_LOG_RECORD_MAX = 512 * 1024,
};

struct waf_log_record {
    uint32_t sink;       /* which log it goes to */
    uint32_t unused[15]; /* no record is shorter than a head in a ring */
    struct str texts[WAF_LOG_TEXTS];
};

/* The pieces of a line of at most WAF_LOG_LINE_MAX bytes. */
void waf_log_cut(struct waf_log_record *record, struct str line);

/* The line, or a part of it with t->overflow. */
void waf_log_put_line(struct text *t, const struct waf_log_record *record);

#endif
