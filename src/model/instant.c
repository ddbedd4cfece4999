/* SPDX-License-Identifier: Apache-2.0 */
#include "model/instant.h"

#include <string.h>
#include <time.h>

/* The shape: 0 stands for a digit. */
static const char shape[] = "0000-00-00T00:00:00";

static bool has_shape(struct str s)
{
    for (size_t i = 0; i < sizeof(shape) - 1; i++) {
        bool digit = s.p[i] >= '0' && s.p[i] <= '9';

        if (shape[i] == '0' ? !digit : s.p[i] != shape[i])
            return false;
    }
    return true;
}

static int number(struct str s, size_t at, size_t n)
{
    int value = 0;

    for (size_t i = 0; i < n; i++)
        value = value * 10 + (s.p[at + i] - '0');
    return value;
}

/* ".678Z" or "Z". */
static bool parse_fraction(struct str s, unsigned *ms)
{
    unsigned scale = 100;

    *ms = 0;
    if (str_eq(s, STR("Z")))
        return true;
    if (s.n < 3 || s.n > 5 || s.p[0] != '.' || s.p[s.n - 1] != 'Z')
        return false;
    for (size_t i = 1; i + 1 < s.n; i++, scale /= 10) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        *ms += (unsigned)(s.p[i] - '0') * scale;
    }
    return true;
}

bool instant_parse(struct str text, uint64_t *ms)
{
    size_t n = sizeof(shape) - 1;
    struct tm tm, back;
    unsigned fraction;
    time_t t;

    if (text.n < n || !has_shape(text) ||
        !parse_fraction(str_make(text.p + n, text.n - n), &fraction))
        return false;
    memset(&tm, 0, sizeof(tm));
    tm.tm_year = number(text, 0, 4) - 1900;
    tm.tm_mon = number(text, 5, 2) - 1;
    tm.tm_mday = number(text, 8, 2);
    tm.tm_hour = number(text, 11, 2);
    tm.tm_min = number(text, 14, 2);
    tm.tm_sec = number(text, 17, 2);
    t = timegm(&tm);
    /* timegm() mends what no calendar has: 31 June is 1 July. */
    if (t < 0 || gmtime_r(&t, &back) == NULL ||
        back.tm_mday != number(text, 8, 2) ||
        back.tm_mon != number(text, 5, 2) - 1 ||
        back.tm_hour != number(text, 11, 2) ||
        back.tm_min != number(text, 14, 2) ||
        back.tm_sec != number(text, 17, 2))
        return false;
    *ms = (uint64_t)t * 1000 + fraction;
    return true;
}

struct str instant_text(struct region *region, uint64_t ms)
{
    time_t t = (time_t)(ms / 1000);
    struct tm tm;

    if (gmtime_r(&t, &tm) == NULL)
        memset(&tm, 0, sizeof(tm));
    return region_printf(region, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ",
                         tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                         tm.tm_hour, tm.tm_min, tm.tm_sec,
                         (unsigned)(ms % 1000));
}
