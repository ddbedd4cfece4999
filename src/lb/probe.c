/* SPDX-License-Identifier: Apache-2.0 */
#include "lb/probe.h"

enum probe_type probe_type(const struct config_group *group)
{
    switch (group->version) {
    case VERSION_HTTP1:
        break;
    case VERSION_HTTP2:
        return PROBE_H2;
    case VERSION_GRPC:
        return PROBE_GRPC;
    }
    return group->health.protocol == PROTOCOL_HTTPS ? PROBE_HTTPS : PROBE_HTTP;
}

const char *probe_why(enum probe_type type, enum probe_result result)
{
    switch (result) {
    case PROBE_FAILED:
        return "it closed the connection before an answer";
    case PROBE_GARBLED:
        return type == PROBE_H2 || type == PROBE_GRPC
                   ? "its answer is no HTTP/2"
                   : "its answer is no HTTP/1.1";
    case PROBE_NO_GRPC_STATUS:
        return "its answer has no grpc-status";
    case PROBE_BAD_GRPC_STATUS:
        return "its grpc-status is no number from 0 to 99";
    case PROBE_PASSED:
    case PROBE_WRONG_CODE:
    case PROBE_TIMEOUT:
    case PROBE_INTERNAL:
        break;
    }
    return "";
}

/* ---- the request --------------------------------------------------------- */

/* A path as it may stand in a request line: what would end the line or the
 * path is encoded, the rest is the template's own business. */
void probe_put_path(struct text *t, const struct config_health *health)
{
    struct str path = health->path;

    if (path.n == 0)
        text_char(t, '/');
    for (size_t i = 0; i < path.n; i++) {
        unsigned char c = (unsigned char)path.p[i];

        if (c <= 0x20 || c == 0x7f || c == '#') {
            text_char(t, '%');
            text_hex(t, c, 2);
        } else {
            text_char(t, path.p[i]);
        }
    }
}

struct address probe_address(const struct config_health *health,
                             const struct address *address)
{
    struct address a = *address;

    if (health->port)
        a.port = health->port;
    return a;
}

void probe_put_authority(struct text *t, const struct config_health *health,
                         const struct address *address)
{
    struct address host = probe_address(health, address);

    host.scope = 0; /* a zone means nothing to the other side (RFC 6874 §4) */
    address_put(t, &host);
}

void probe_put_request(struct text *t, const struct config_health *health,
                       const struct address *address)
{
    TEXT_LITERAL(t, "GET ");
    probe_put_path(t, health);
    TEXT_LITERAL(t, " HTTP/1.1\r\nHost: ");
    probe_put_authority(t, health, address);
    TEXT_LITERAL(t, "\r\nConnection: close"
                    "\r\nUser-Agent: ELB-HealthChecker/2.0"
                    "\r\nAccept-Encoding: gzip, compressed\r\n\r\n");
}

/* ---- the answer over HTTP/1.1 -------------------------------------------- */

enum { STATUS_LEN = 12 }; /* "HTTP/1.1 200" */

enum reading { READING_MORE, READING_DONE, READING_BAD };

/* Whether what is there of "HTTP/1.x NNN" can be one. */
static bool begins_well(struct str s)
{
    static const char form[] = "HTTP/1.d ddd";

    for (size_t i = 0; i < s.n && i < STATUS_LEN; i++) {
        char c = s.p[i];

        if (form[i] == 'd' ? c < '0' || c > '9' : c != form[i])
            return false;
    }
    return s.n <= 9 || s.p[9] != '0';
}

static bool is_control(char c)
{
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

/* Cuts one line off `*rest`; its CR is not part of it. */
static enum reading cut_line(struct str *rest, struct str *line)
{
    const char *lf = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    size_t n;

    if (lf == NULL)
        return READING_MORE;
    n = (size_t)(lf - rest->p);
    *line = str_make(rest->p, n && lf[-1] == '\r' ? n - 1 : n);
    rest->p += n + 1;
    rest->n -= n + 1;
    return READING_DONE;
}

static enum reading read_status(struct str *rest, unsigned *code)
{
    struct str line;

    if (!begins_well(*rest))
        return READING_BAD;
    if (cut_line(rest, &line) == READING_MORE)
        return READING_MORE;
    if (line.n < STATUS_LEN || (line.n > STATUS_LEN && line.p[12] != ' '))
        return READING_BAD;
    for (size_t i = STATUS_LEN; i < line.n; i++) {
        if (is_control(line.p[i]))
            return READING_BAD;
    }
    *code = (unsigned)(line.p[9] - '0') * 100 +
            (unsigned)(line.p[10] - '0') * 10 + (unsigned)(line.p[11] - '0');
    return READING_DONE;
}

static enum reading skip_fields(struct str *rest)
{
    struct str line;

    do {
        if (cut_line(rest, &line) == READING_MORE)
            return READING_MORE;
    } while (line.n);
    return READING_DONE;
}

static bool is_interim(unsigned code)
{
    return code < 200 && code != 101;
}

/* The code of the first response that is not interim. */
static enum reading read_code(struct str rest, unsigned *code)
{
    for (;;) {
        enum reading reading = read_status(&rest, code);

        if (reading != READING_DONE || !is_interim(*code))
            return reading;
        if (skip_fields(&rest) == READING_MORE)
            return READING_MORE;
    }
}

static enum probe_result judge_code(const struct config_health *health,
                                    unsigned code)
{
    return code_set_has(&health->codes, code) ? PROBE_PASSED : PROBE_WRONG_CODE;
}

bool probe_judge(const struct config_health *health, struct str response,
                 bool end, enum probe_result *result, unsigned *code)
{
    unsigned got = 0;
    enum reading reading = read_code(response, &got);

    if (reading == READING_DONE) {
        *code = got;
        *result = judge_code(health, got);
        return true;
    }
    if (reading == READING_MORE && response.n < PROBE_RESPONSE_MAX) {
        if (!end)
            return false;
        *result = PROBE_FAILED;
    } else {
        *result = PROBE_GARBLED;
    }
    *code = 0;
    return true;
}

/* ---- the answer over HTTP/2 ---------------------------------------------- */

enum { GRPC_STATUS_MAX = 99 };

void probe_take_grpc_status(struct probe_answer *answer, struct str value)
{
    uint64_t status;

    if (value.n == 0) {
        answer->grpc = PROBE_GRPC_ABSENT;
    } else if (str_to_u64(value, GRPC_STATUS_MAX, &status)) {
        answer->grpc = PROBE_GRPC_GIVEN;
        answer->grpc_status = (unsigned)status;
    } else {
        answer->grpc = PROBE_GRPC_BAD;
    }
}

void probe_take_trailers(struct probe_answer *answer, struct str lines)
{
    static const char name[] = "grpc-status: ";
    const size_t n = sizeof(name) - 1;
    struct str line;

    while (cut_line(&lines, &line) == READING_DONE) {
        if (line.n >= n && str_ieq(str_make(line.p, n), STR("grpc-status: ")))
            probe_take_grpc_status(answer, str_make(line.p + n, line.n - n));
    }
}

static enum probe_result judge_grpc(const struct config_health *health,
                                    const struct probe_answer *answer,
                                    unsigned *code)
{
    switch (answer->grpc) {
    case PROBE_GRPC_GIVEN:
        *code = answer->grpc_status;
        return judge_code(health, *code);
    case PROBE_GRPC_BAD:
        return PROBE_BAD_GRPC_STATUS;
    case PROBE_GRPC_ABSENT:
        break;
    }
    *code = answer->status;
    return answer->status == 200 ? PROBE_NO_GRPC_STATUS : PROBE_WRONG_CODE;
}

bool probe_judge_answer(const struct config_health *health,
                        enum probe_type type, const struct probe_answer *answer,
                        enum probe_stream stream, enum probe_result *result,
                        unsigned *code)
{
    *code = 0;
    if (type == PROBE_H2 && answer->status) {
        *code = answer->status;
        *result = judge_code(health, answer->status);
        return true;
    }
    if (stream == PROBE_STREAM_WHOLE && answer->status) {
        *result = judge_grpc(health, answer, code);
        return true;
    }
    *result = stream == PROBE_STREAM_WHOLE ? PROBE_GARBLED : PROBE_FAILED;
    return stream != PROBE_STREAM_OPEN;
}
