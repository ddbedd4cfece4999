/* SPDX-License-Identifier: Apache-2.0
 *
 * A line of the health check log (alb.md 7.5).
 */
#include "proxy/health_check_log.h"

#include "proxy/log_line.h"

enum { SECOND_NS = 1000 * 1000 * 1000 };

struct str health_check_reason(enum probe_result result, unsigned code)
{
    switch (result) {
    case PROBE_PASSED:
        break;
    case PROBE_WRONG_CODE:
        return code / 100 == 5 ? STR("TargetError")
                               : STR("ResponseCodeMismatch");
    case PROBE_TIMEOUT:
        return STR("TimedOut");
    case PROBE_FAILED:
        return STR("ConnectionReset");
    case PROBE_GARBLED:
        return STR("TargetError");
    case PROBE_INTERNAL:
        return STR("InternalError");
    }
    return STR("-");
}

/* Seconds with nine decimals. */
static char *put_latency(char *out, uint64_t ns)
{
    *out++ = ' ';
    out = line_number(out, ns / SECOND_NS);
    *out++ = '.';
    return line_digits(out, (unsigned)(ns % SECOND_NS), 9);
}

void health_check_put_line(struct text *t, const struct health_check_record *r)
{
    char *out = line_begin(t, r->texts, HEALTH_CHECK_TEXTS);

    if (out == NULL)
        return;
    out = LINE_LITERAL(out, "http ");
    out = line_time(out, r->time);
    out = put_latency(out, r->latency_ns);
    *out++ = ' ';
    out = line_address(out, &r->target);
    out = line_bare(out, r->texts[HEALTH_CHECK_TARGET_GROUP]);
    out = line_raw(out,
                   r->result == PROBE_PASSED ? STR(" PASS ") : STR(" FAIL "));
    out = line_status(out, r->code);
    *out++ = ' ';
    out = line_raw(out, health_check_reason(r->result, r->code));
    out = line_bare(out, r->texts[HEALTH_CHECK_LOAD_BALANCER]);
    *out++ = ' ';
    line_end(t, line_ip(out, &r->local));
}
