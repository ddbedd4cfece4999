/* SPDX-License-Identifier: Apache-2.0 */
#include "api/paging.h"

#include "base/base64.h"

/* A marker is the number of what was shown, made a text that nobody is tempted
 * to count with. */
static const char prefix[] = "sluice-page-";

enum { MARKER_MAX = 64 };

static struct str marker_of(struct region *region, unsigned shown)
{
    char buffer[BASE64_LEN(MARKER_MAX)];
    struct text marker = text_in(buffer, sizeof(buffer));
    struct str plain = region_printf(region, "%s%u", prefix, shown);

    base64_put(&marker, (const uint8_t *)plain.p, plain.n);
    return region_copy(region, text_str(&marker));
}

static bool read_marker(struct str marker, unsigned n, unsigned *from)
{
    uint8_t plain[BASE64_BYTES(MARKER_MAX)];
    long got = marker.n > MARKER_MAX ? -1 : base64_read(marker, plain);
    size_t len = sizeof(prefix) - 1;
    uint64_t number;

    if (got < (long)len || memcmp(plain, prefix, len) != 0 ||
        !str_to_u64(str_make((const char *)plain + len, (size_t)got - len),
                    UINT32_MAX, &number))
        return false;
    /* What was listed may have become less since. */
    *from = number < n ? (unsigned)number : n;
    return true;
}

bool paging_of(struct call *call, unsigned n, struct paging *page)
{
    const struct value *marker = call_get(call, "Marker");
    unsigned size = member_number(call->input, "PageSize", PAGING_MAX);

    page->from = 0;
    if (marker && marker->text.n && !read_marker(marker->text, n, &page->from))
        return call_refuse(call, "ValidationError",
                           "The marker '" STR_FMT "' is not valid",
                           STR_ARG(marker->text));
    page->to = n - page->from > size ? page->from + size : n;
    return true;
}

void paging_end(const struct call *call, unsigned n, const struct paging *page,
                struct value *result)
{
    if (page->to < n)
        put_text(call->region, result, "NextMarker",
                 marker_of(call->region, page->to));
}
