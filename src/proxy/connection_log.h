/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of the connections that clients opened, and ALB's connection log
 * line made of them (alb.md 7.4): one for each connection, when it is accepted
 * (with TLS: when its handshake ended, well or not).
 */
#ifndef SLUICE_PROXY_CONNECTION_LOG_H
#define SLUICE_PROXY_CONNECTION_LOG_H

#include "base/address.h"
#include "base/text.h"

/* Texts of a record; n == 0 is written as "-".  All but the first are of TLS,
 * those of the certificate of mutual TLS. */
enum connection_text {
    CONNECTION_LOAD_BALANCER, /* app/NAME/ID */
    CONNECTION_TLS_PROTOCOL,  /* "TLSv1.3" */
    CONNECTION_TLS_CIPHER,
    CONNECTION_CERT_SUBJECT,
    CONNECTION_CERT_VALIDITY, /* "NotBefore=...;NotAfter=..." */
    CONNECTION_CERT_SERIAL,
    CONNECTION_VERIFY_STATUS, /* "Success", "Failed:ClientCertExpired" */
    CONNECTION_KEY_EXCHANGE,
    CONNECTION_TEXTS,
};

struct connection_record {
    uint32_t sink;        /* which log it goes to */
    uint16_t port;        /* of the listener */
    int64_t time;         /* microseconds since 1970 */
    int64_t handshake_us; /* -1: "-" */
    struct address client;
    struct address local; /* of the listener's socket: ip_address */
    uint8_t conn_id[16];  /* TID_..., as in the access log */
    struct str texts[CONNECTION_TEXTS];
};

/* ALB's 15 fields and an LF, or nothing with t->overflow, as
 * access_put_line() does it.  The subject is in quotes also where it is "-",
 * as the absent texts of the access log are. */
void connection_put_line(struct text *t,
                         const struct connection_record *record);

/* ---- the record of a worker's connection --------------------------------- */

struct server_stream;
struct worker;
struct worker_port;

/* TID_...: the same for all that is logged of a connection. */
void connection_id(uint8_t id[16], const struct worker *worker,
                   const struct server_stream *stream);

/* A client was accepted without TLS: its record, where the log is wanted. */
void connection_log_accepted(struct worker_port *port,
                             const struct server_stream *stream);

/* A handshake ended, well or not: the record of a connection with TLS. */
void connection_log_handshake(struct server_stream *stream);

#endif
