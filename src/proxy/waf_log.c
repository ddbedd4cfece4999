/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/waf_log.h"

void waf_log_cut(struct waf_log_record *record, struct str line)
{
    for (unsigned i = 0; i < WAF_LOG_TEXTS; i++) {
        size_t n = line.n < WAF_LOG_TEXT_MAX ? line.n : WAF_LOG_TEXT_MAX;

        record->texts[i] = str_make(line.p, n);
        line = str_make(line.p + n, line.n - n);
    }
}

void waf_log_put_line(struct text *t, const struct waf_log_record *record)
{
    for (unsigned i = 0; i < WAF_LOG_TEXTS; i++)
        text_str_put(t, record->texts[i]);
}
