/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of what was served, and ALB's access log line made of them
 * (alb.md 7.1).  They travel in rings (proxy/log_ring.h).
 */
#ifndef SLUICE_PROXY_ACCESS_LOG_H
#define SLUICE_PROXY_ACCESS_LOG_H

#include "base/address.h"
#include "base/text.h"

/* The first field. */
enum access_type {
    ACCESS_HTTP,
    ACCESS_HTTPS,
    ACCESS_H2,
    ACCESS_GRPCS,
    ACCESS_WS,
    ACCESS_WSS
};

/* Texts of a record; n == 0 is written as "-". */
enum access_text {
    ACCESS_LOAD_BALANCER, /* app/NAME/ID */
    ACCESS_METHOD,
    ACCESS_HOST,   /* as it came, may have a port; without: the port is added */
    ACCESS_TARGET, /* the request target as the client sent it */
    ACCESS_USER_AGENT,
    ACCESS_SSL_CIPHER,
    ACCESS_SSL_PROTOCOL,
    ACCESS_TARGET_GROUP, /* its ARN */
    ACCESS_TRACE_ID,
    ACCESS_DOMAIN_NAME, /* SNI */
    ACCESS_CERTIFICATE,
    ACCESS_ACTIONS, /* "forward", "waf,forward" */
    ACCESS_REDIRECT_URL,
    ACCESS_ERROR_REASON,
    ACCESS_CLASSIFICATION, /* "Ambiguous" */
    ACCESS_CLASSIFICATION_REASON,
    ACCESS_TRANSFORMED_HOST,
    ACCESS_TRANSFORMED_URI,
    ACCESS_TRANSFORM_STATUS,
    ACCESS_TEXTS,
};

enum {
    ACCESS_PRIORITY_NONE = -2,  /* "-": no rule was looked at */
    ACCESS_PRIORITY_ERROR = -1, /* evaluation failed */
    ACCESS_USER_AGENT_MAX = 8192,
};

/* Microseconds since 1970 for points in time, microseconds for spans; -1 where
 * a span does not exist. */
struct access_record {
    uint32_t type;   /* enum access_type */
    uint32_t sink;   /* which log it goes to */
    int64_t time;    /* the response was complete (a tunnel: closed) */
    int64_t created; /* the request came */
    int64_t request_us;
    int64_t target_us;
    int64_t response_us;
    struct address client;
    struct address target; /* family 0: none */
    struct address local;  /* of the listener's socket: field 34 */
    uint16_t port;         /* of the listener */
    uint16_t status;       /* elb_status_code; 0: "-" */
    uint16_t target_status;
    uint8_t version; /* 9, 10, 11, 20; 0: the request could not be read */
    bool malformed;  /* the request is written "- http://HOST:PORT- -" */
    int32_t priority;
    uint64_t received;
    uint64_t sent;
    uint8_t conn_id[16]; /* TID_... ; all zero: "-" */
    struct str texts[ACCESS_TEXTS];
};

/* ALB's 34 fields and an LF, or nothing with t->overflow: the room is asked
 * for as if every byte had to be escaped (LOG_LINE_MAX is always enough).
 *
 * What alb.md leaves open: `"`, `\`, control and non-ASCII bytes are written
 * \xHH (in unquoted fields spaces too); a target is joined to HOST:PORT as it
 * came (`OPTIONS *` is "http://HOST:PORT*"), one in absolute form is written
 * as it came, with the listener's port where it has none; without ACCESS_HOST
 * the host is the address of the listener's socket; spans are rounded to the
 * nearest millisecond. */
void access_put_line(struct text *t, const struct access_record *record);

#endif
