/* SPDX-License-Identifier: Apache-2.0
 *
 * How records of the logs of a load balancer (access, connection and
 * health-check log: alb.md 7; that of its web ACL: aws-waf.md 7) get from a thread to the writer of their lines.
 *
 * A thread writes records into its ring, a single writer thread reads them
 * (log/writer.h): neither ever waits for the other.  A record that
 * finds no room is dropped and counted.
 */
#ifndef SLUICE_PROXY_LOG_RING_H
#define SLUICE_PROXY_LOG_RING_H

#include "model/config.h"
#include "proxy/access_log.h"
#include "proxy/connection_log.h"
#include "proxy/health_check_log.h"
#include "proxy/waf_log.h"

enum {
    LOG_RING_SIZE = 1024 * 1024,
    LOG_RECORD_MAX = 64 * 1024,
    /* Room for the line of any record that came out of a ring, but for those
     * of web ACLs: every byte of a text may become four. */
    LOG_LINE_MAX = 4 * LOG_RECORD_MAX + 1024,
    LOG_SINK_NONE = -1, /* what is not logged */
};

struct log_record {
    enum log_kind kind;
    union {
        struct access_record access;
        struct connection_record connection;
        struct health_check_record health_check;
        struct waf_log_record waf;
    } of;
};

uint32_t log_record_sink(const struct log_record *record);

/* Its line with an LF, or nothing with t->overflow. */
void log_put_line(struct text *t, const struct log_record *record);

/* ---- the ring ----------------------------------------------------------- */

struct log_ring; /* one thread puts, one takes */

struct log_ring *log_ring_new(void); /* NULL without memory */
void log_ring_free(struct log_ring *ring);

/* Copies the record (the struct of its kind) with its texts into the ring;
 * false (and counted) when there is no room.  Texts are cut at their caps so
 * that a record always fits LOG_RECORD_MAX (of web ACLs: WAF_LOG_RECORD_MAX).  `*wake`: the ring is half full,
 * the reader should not wait for its tick. */
bool log_ring_put(struct log_ring *ring, enum log_kind kind, const void *record,
                  bool *wake);

/* Counts a record that could not even be made. */
void log_ring_lose(struct log_ring *ring);

/* The next record, its texts pointing into the ring until the next call;
 * false when there is none. */
bool log_ring_take(struct log_ring *ring, struct log_record *record);

/* Records that found no room, so far.  Any thread. */
uint64_t log_ring_dropped(const struct log_ring *ring);

/* Positions only grow: where the next record will be put (any thread), and
 * where the next log_ring_take() looks (the reader).  What was put before
 * log_ring_end() was E has been taken when log_ring_at() is E or more. */
uint64_t log_ring_end(const struct log_ring *ring);
uint64_t log_ring_at(const struct log_ring *ring);

#endif
