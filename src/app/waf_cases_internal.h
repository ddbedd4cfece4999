/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the files of the readers of requests.
 */
#ifndef SLUICE_APP_WAF_CASES_INTERNAL_H
#define SLUICE_APP_WAF_CASES_INTERNAL_H

#include "app/waf_cases.h"
#include "model/value.h"

/* A request while it is read; its texts are the region's. */
struct case_reader {
    struct region *region;
    const struct waf_cases_defaults *defaults;
    struct waf_case *to;
};

/* From the value of an entry, a record, a line; what is wrong goes to
 * to->why. */
void waf_case_of_entry(struct case_reader *r, const struct value *entry);
void waf_case_of_record(struct case_reader *r, const struct value *record);
void waf_case_of_line(struct case_reader *r, const struct value *line);

/* Says why it is no request, the first time; false. */
bool waf_case_fails(struct case_reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A member that is a string or number; p == NULL: there is none. */
struct str waf_case_text(const struct value *map, const char *key);

/* "HTTP/2.0", "h3" ...: fields have no case of their own there. */
bool waf_case_is_http2(struct str version);

/* A list of {"name", "value"}. */
bool waf_case_headers(struct case_reader *r, const struct value *list);

/* The URL's text; false with why. */
bool waf_case_url(struct case_reader *r, struct str url);

/* "2026-01-02T03:04:05.678+01:00", as far as it is one. */
void waf_case_time(struct case_reader *r, struct str text);

/* Decodes base64. */
bool waf_case_base64(struct case_reader *r, struct str text, struct str *to);

#endif
