/* SPDX-License-Identifier: Apache-2.0
 *
 * One end of an HTTP/2 connection in memory: what it is told is written down
 * as text, what it has to say gathers in a buffer.
 */
#ifndef TESTS_UNIT_CODEC_H2_SIDE_H
#define TESTS_UNIT_CODEC_H2_SIDE_H

#include "codec/h2.h"

enum {
    SIDE_STREAMS = 256,
    SIDE_OUT = 4 << 20,
    SIDE_LOG = 1 << 20,
};

/* What a server does with a request. */
enum side_answer {
    SIDE_ECHO, /* 200, with the body that came, piece by piece */
    SIDE_SILENT,
    SIDE_EARLY, /* 200 "early" before the body came */
};

struct side_stream {
    struct h2_stream h2;
    bool used;
    bool answered;
    size_t received; /* of the body */
};

struct side {
    struct h2 h2;
    struct chunk_pool chunks;
    struct h2_port *port;
    bool full;   /* there is no room for bodies */
    bool pauses; /* a stream is paused as soon as something comes on it */
    enum side_answer answer;
    bool alive; /* what h2_receive() said last */
    unsigned requests;
    unsigned closed;
    unsigned pongs;
    uint64_t now_s;
    struct text log; /* what it was told */
    char *out;       /* SIDE_OUT bytes of room */
    size_t n;
    struct side_stream streams[SIDE_STREAMS];
};

/* Both begin at once: what they have to say stands in `out` then. */
struct side *side_new(bool client);
struct side *side_new_websocket(void);
void side_free(struct side *s);

/* Hands p to it in pieces of `step` bytes. */
bool side_give_in_steps(struct side *s, struct str bytes, size_t step);
bool side_give(struct side *s, struct str bytes);

/* Moves what stands in `out` back and forth until neither has anything. */
void side_settle(struct side *a, struct side *b);
void side_settle_in_steps(struct side *a, struct side *b, size_t step);

/* What it has said so far, and forgets that it did. */
struct str side_take(struct side *s);

/* A stream that is not in use. */
struct side_stream *side_stream(struct side *s);

/* A client's request; fields as "name: value\r\n" lines. */
struct side_stream *side_ask(struct side *s, const char *method,
                             const char *path, const char *lines,
                             struct h2_piece piece);

/* Whether the log has this. */
bool side_was_told(const struct side *s, const char *what);

/* ---- frames by hand ------------------------------------------------------ */

struct frames {
    char *p;
    size_t n;
    size_t cap;
};

/* With the client's first bytes and an empty SETTINGS in it. */
struct frames frames_begin(void);
void frames_end(struct frames *f);
void frames_add(struct frames *f, unsigned type, unsigned flags, uint32_t id,
                struct str payload);
void frames_raw(struct frames *f, struct str bytes);

/* A header block of these lines, all literal; a line that begins with ':' is
 * a pseudo-header field ":name: value". */
struct str frames_block(const char *lines);

/* HEADERS with END_HEADERS and `flags`. */
void frames_headers(struct frames *f, unsigned flags, uint32_t id,
                    const char *lines);

/* GET / with END_STREAM. */
void frames_get(struct frames *f, uint32_t id);

/* The first frame of this type in bytes: its payload; p == NULL: there is
 * none.  Flags and stream are set if they are not NULL. */
struct str frames_find(struct str bytes, unsigned type, uint32_t *id);

/* The code of the GOAWAY that ends a session, -1 when there is none, or of the
 * RST_STREAM for a stream. */
int frames_goaway(struct str bytes);
int frames_reset(struct str bytes, uint32_t id);

unsigned frames_count(struct str bytes, unsigned type);

#endif
