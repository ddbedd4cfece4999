/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "api/waf.h"
#include "base/base64.h"

enum { MARKER_MAX = 256, PAGE = 100 };

/* Base64, so that nobody is tempted to make one up. */
static struct str marker_of(struct region *region, struct str key)
{
    size_t room = BASE64_LEN(key.n) + 1;
    struct text marker = text_in(region_take(region, room), room);

    base64_put(&marker, (const uint8_t *)key.p, key.n);
    return text_str(&marker);
}

static bool read_marker(struct region *region, struct str marker,
                        struct str *key)
{
    char *plain = region_take(region, BASE64_BYTES(MARKER_MAX) + 1);
    long n = marker.n > MARKER_MAX ? -1 : base64_read(marker, (uint8_t *)plain);

    *key = str_make(plain, n > 0 ? (size_t)n : 0);
    return n > 0;
}

static int compare(const void *a, const void *b)
{
    const struct str *x = a;
    const struct str *y = b;

    return str_compare(*x, *y);
}

void wafv2_sort(struct str *keys, unsigned n)
{
    if (n)
        qsort(keys, n, sizeof(*keys), compare);
}

bool wafv2_page(struct call *call, const struct str *keys, unsigned n,
                struct wafv2_page *page)
{
    struct str marker = call_text(call, "NextMarker");
    unsigned limit = member_number(call->input, "Limit", PAGE);
    struct str shown = STR("");

    page->from = 0;
    if (marker.n && !read_marker(call->region, marker, &shown))
        return call_refuse(call, "ValidationError",
                           "The NextMarker '" STR_FMT
                           "' is none that was answered",
                           STR_ARG(marker));
    while (marker.n && page->from < n &&
           compare(&keys[page->from], &shown) <= 0)
        page->from++;
    page->to = n - page->from > limit ? page->from + limit : n;
    return true;
}

void wafv2_page_end(const struct call *call, const struct str *keys, unsigned n,
                    const struct wafv2_page *page, struct value *result)
{
    if (page->to < n && page->to)
        put_text(call->region, result, "NextMarker",
                 marker_of(call->region, keys[page->to - 1]));
}
