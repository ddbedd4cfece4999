/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <string.h>

static void put_number(char *out, int value, int digits)
{
    while (digits-- > 0) {
        out[digits] = (char)('0' + value % 10);
        value /= 10;
    }
}

void clock_http_date(int64_t seconds, char out[CLOCK_HTTP_DATE_LEN])
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t t = (time_t)seconds;
    struct tm tm;

    gmtime_r(&t, &tm);
    memcpy(out, "Xxx, 00 Xxx 0000 00:00:00 GMT", CLOCK_HTTP_DATE_LEN);
    memcpy(out, days + tm.tm_wday * 3, 3);
    put_number(out + 5, tm.tm_mday, 2);
    memcpy(out + 8, months + tm.tm_mon * 3, 3);
    put_number(out + 12, tm.tm_year + 1900, 4);
    put_number(out + 17, tm.tm_hour, 2);
    put_number(out + 20, tm.tm_min, 2);
    put_number(out + 23, tm.tm_sec, 2);
}
