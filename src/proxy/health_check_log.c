/* SPDX-License-Identifier: Apache-2.0
 *
 * A line of the health check log (alb.md 7.5).
 */
#include "proxy/health_check_log.h"

#include "proxy/log_line.h"

enum { SECOND_NS = 1000 * 1000 * 1000 };

/* An answer with an HTTP status where a gRPC one was awaited has none. */
static struct str wrong_code(enum probe_type type, unsigned code)
{
    if (code / 100 == 5)
        return STR("TargetError");
    if (type != PROBE_GRPC)
        return STR("ResponseCodeMismatch");
    return code < 100 ? STR("GRPCUnexpectedStatus")
                      : STR("GRPCStatusHeaderEmpty");
}

struct str health_check_reason(enum probe_type type, enum probe_result result,
                               unsigned code)
{
    switch (result) {
    case PROBE_PASSED:
        break;
    case PROBE_WRONG_CODE:
        return wrong_code(type, code);
    case PROBE_TIMEOUT:
        return STR("TimedOut");
    case PROBE_FAILED:
        return STR("ConnectionReset");
    case PROBE_GARBLED:
        return STR("TargetError");
    case PROBE_NO_GRPC_STATUS:
        return STR("GRPCStatusHeaderEmpty");
    case PROBE_BAD_GRPC_STATUS:
        return STR("GRPCUnexpectedStatus");
    case PROBE_INTERNAL:
        return STR("InternalError");
    }
    return STR("-");
}

static struct str type_word(enum probe_type type)
{
    switch (type) {
    case PROBE_HTTP:
        break;
    case PROBE_HTTPS:
        return STR("https ");
    case PROBE_H2:
        return STR("h2 ");
    case PROBE_GRPC:
        return STR("grpc ");
    }
    return STR("http ");
}

/* 0 is a gRPC status like others, where there is one. */
static char *put_code(char *out, const struct health_check_record *r)
{
    if (r->type == PROBE_GRPC &&
        (r->result == PROBE_PASSED || r->result == PROBE_WRONG_CODE))
        return line_number(out, r->code);
    return line_status(out, r->code);
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
    out = line_raw(out, type_word(r->type));
    out = line_time(out, r->time);
    out = put_latency(out, r->latency_ns);
    *out++ = ' ';
    out = line_address(out, &r->target);
    out = line_bare(out, r->texts[HEALTH_CHECK_TARGET_GROUP]);
    out = line_raw(out,
                   r->result == PROBE_PASSED ? STR(" PASS ") : STR(" FAIL "));
    out = put_code(out, r);
    *out++ = ' ';
    out = line_raw(out, health_check_reason(r->type, r->result, r->code));
    out = line_bare(out, r->texts[HEALTH_CHECK_LOAD_BALANCER]);
    *out++ = ' ';
    line_end(t, line_ip(out, &r->local));
}
