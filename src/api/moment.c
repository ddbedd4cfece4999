/* SPDX-License-Identifier: Apache-2.0 */
#include "api/moment.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "model/instant.h"

enum {
    NUMBER_MAX = 64, /* bytes */
    DATE = 10,       /* 2026-01-02 */
    SECOND = 19,     /* 2026-01-02T03:04:05 */
};

static bool read_number(struct str text, double *seconds)
{
    char copy[NUMBER_MAX];
    char *end;

    if (text.n >= sizeof(copy))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (strchr("0123456789+-.eE", text.p[i]) == NULL || text.p[i] == '\0')
            return false;
    }
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    *seconds = strtod(copy, &end);
    return *end == '\0' && *seconds >= 0 && *seconds < (double)INT32_MAX * 1000;
}

/* ".678901", or nothing. */
static bool cut_fraction(struct str *rest, double *fraction)
{
    double scale = 0.1;
    size_t i = 1;

    *fraction = 0;
    if (rest->n == 0 || rest->p[0] != '.')
        return true;
    for (; i < rest->n && rest->p[i] >= '0' && rest->p[i] <= '9'; i++) {
        *fraction += (rest->p[i] - '0') * scale;
        scale /= 10;
    }
    if (i == 1 || i > 10)
        return false;
    rest->p += i;
    rest->n -= i;
    return true;
}

/* "Z", "+01:00", "+0100", or nothing. */
static bool read_zone(struct str zone, double *seconds)
{
    struct str rest = zone;
    struct str hours;
    uint64_t h;
    uint64_t m;

    *seconds = 0;
    if (zone.n == 0 || str_eq(zone, STR("Z")) || str_eq(zone, STR("z")))
        return true;
    if (zone.p[0] != '+' && zone.p[0] != '-')
        return false;
    rest = str_make(zone.p + 1, zone.n - 1);
    if (rest.n == 5) {
        hours = str_cut(&rest, ':');
    } else {
        hours = str_make(rest.p, rest.n < 2 ? rest.n : 2);
        rest = str_make(rest.p + hours.n, rest.n - hours.n);
    }
    if (hours.n != 2 || rest.p == NULL || rest.n != 2 ||
        !str_to_u64(hours, 23, &h) || !str_to_u64(rest, 59, &m))
        return false;
    *seconds = (double)(h * 3600 + m * 60) * (zone.p[0] == '-' ? -1 : 1);
    return true;
}

static bool read_date(struct str text, double *seconds)
{
    char whole[] = "0000-00-00T00:00:00Z";
    struct str rest = STR("");
    double fraction;
    double zone;
    uint64_t ms;

    if (text.n != DATE && text.n < SECOND)
        return false;
    memcpy(whole, text.p, text.n == DATE ? DATE : SECOND);
    if (text.n >= SECOND)
        rest = str_make(text.p + SECOND, text.n - SECOND);
    if (whole[DATE] == ' ' || whole[DATE] == 't')
        whole[DATE] = 'T';
    if (!instant_parse(str_of(whole), &ms) || !cut_fraction(&rest, &fraction) ||
        !read_zone(rest, &zone))
        return false;
    *seconds = (double)ms / 1000 + fraction - zone;
    return *seconds >= 0;
}

bool moment_read(struct str text, double *seconds)
{
    if (text.n == 0)
        return false;
    return read_number(text, seconds) || read_date(text, seconds);
}

void moment_put(struct text *t, double seconds)
{
    long long ms = llround(seconds < 0 ? 0 : seconds * 1000);
    time_t whole = (time_t)(ms / 1000);
    struct tm tm;

    if (gmtime_r(&whole, &tm) == NULL)
        memset(&tm, 0, sizeof(tm));
    text_printf(t, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900,
                tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    if (ms % 1000)
        text_printf(t, ".%03d", (int)(ms % 1000));
    text_char(t, 'Z');
}
