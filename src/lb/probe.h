/* SPDX-License-Identifier: Apache-2.0
 *
 * What a health check sends and what it makes of the answer (alb.md 4.2).
 * Pure: bytes in, verdict out.
 */
#ifndef SLUICE_LB_PROBE_H
#define SLUICE_LB_PROBE_H

#include "base/text.h"
#include "lb/health.h"
#include "model/config.h"

/* How the targets of a group are asked: over TLS or not says the protocol of
 * its health check, whatever its own is; the version is the group's. */
enum probe_type probe_type(const struct config_group *group);

/* What our own log says of a failure beyond ALB's description: "its answer is no
 * HTTP/2"; "" when that says it all. */
const char *probe_why(enum probe_type type, enum probe_result result);

/* ---- HTTP/1.1 ------------------------------------------------------------ */

enum {
    PROBE_REQUEST_MAX = 4096, /* a path of 1024 bytes, all of them escaped */
    PROBE_RESPONSE_MAX = 16 * 1024,
};

/* GET PATH HTTP/1.1 with Host ADDRESS:PORT, Connection: close, User-Agent
 * ELB-HealthChecker/2.0 and Accept-Encoding: gzip, compressed.  `address` is
 * the target's; the health check's own port, when it has one, replaces its.
 * Bytes that no request line can carry are percent-encoded. */
void probe_put_request(struct text *t, const struct config_health *health,
                       const struct address *address);

/* Where the probe goes: the target's address, with the health check's port
 * when it has one of its own. */
struct address probe_address(const struct config_health *health,
                             const struct address *address);

/* Judges what came so far.  False: more is needed.  True: `*result` and
 * `*code` (0: no status came) are set.  `end`: the target closed.
 *
 * The status line decides; interim responses (1xx) before it are skipped, but
 * for 101, which nothing follows. */
bool probe_judge(const struct config_health *health, struct str response,
                 bool end, enum probe_result *result, unsigned *code);

/* ---- HTTP/2 and gRPC ----------------------------------------------------- */

/* :path and :authority of a request over HTTP/2: what stands in the request
 * line and in the Host field of the other one. */
void probe_put_path(struct text *t, const struct config_health *health);
void probe_put_authority(struct text *t, const struct config_health *health,
                         const struct address *address);

enum probe_stream {
    PROBE_STREAM_OPEN,
    PROBE_STREAM_WHOLE, /* the target ended it */
    PROBE_STREAM_CUT,   /* reset, or the connection is gone */
};

/* What an answer over HTTP/2 has said so far; zeroed at first. */
struct probe_answer {
    unsigned status; /* :status of the head that is not interim; 0: none yet */
    enum {
        PROBE_GRPC_ABSENT, /* or empty */
        PROBE_GRPC_BAD,
        PROBE_GRPC_GIVEN,
    } grpc;
    unsigned grpc_status; /* 0 to 99, when given */
};

/* Takes a grpc-status, from the head (gRPC's Trailers-Only) or from the trailers: the last one counts. */
void probe_take_grpc_status(struct probe_answer *answer, struct str value);

/* What of trailers ("name: value\r\n" lines) is a grpc-status. */
void probe_take_trailers(struct probe_answer *answer, struct str lines);

/* As probe_judge().  PROBE_H2: the status decides as soon as it is there.
 * PROBE_GRPC: grpc-status decides when the stream is whole; without one an
 * HTTP status that is not 200 is the code, and a wrong one. */
bool probe_judge_answer(const struct config_health *health,
                        enum probe_type type, const struct probe_answer *answer,
                        enum probe_stream stream, enum probe_result *result,
                        unsigned *code);

#endif
