/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests that are tried without a network: written as bytes and read by the
 * proxy's own parser, so that HTTP's rules are the same.
 */
#ifndef SLUICE_APP_OFFLINE_H
#define SLUICE_APP_OFFLINE_H

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "codec/h1.h"
#include "match/inspected.h"

/* A URL, cut in its parts; a path alone has no host. */
struct offline_url {
    struct str host;
    struct str target; /* path, query and fragment as they were written; may be
                          empty */
    uint16_t port;     /* 0: not said, of a path alone */
    bool https;
};

bool offline_cut_url(struct str url, struct offline_url *to,
                     struct error *error);

/* 443 or 80. */
uint16_t offline_standard_port(const struct offline_url *url);

struct offline_header {
    struct str name;
    struct str value;
};

/* What somebody says of a request. */
struct offline_request {
    struct str method;
    struct offline_url url;
    unsigned nheaders; /* those of HTTP/2 that begin with ":" are left out */
    const struct offline_header *headers;
    unsigned nlines; /* and these, as they are written: "Name: value" */
    const char *const *lines;
    struct str body;   /* p == NULL: it has none */
    bool body_unknown; /* ... or nobody knows */
    bool http2;
    struct address client;
    struct str ja3; /* n == 0: not known */
    struct str ja4;
};

/* The body that "DATA" or "@FILE" says, NULL: none.  The file is the caller's
 * to forget.  False with an error. */
bool offline_read_data(const char *data, struct file_text *file,
                       struct str *body, struct error *error);

/* Whether one of the lines has that name. */
bool offline_has_line(const struct offline_request *from, struct str name);

/* The request as it is read; offline_end() it. */
struct offline {
    struct text head;
    struct field *fields;
    struct request request;
};

/* Writes and reads it.  The URL's Host is added where no header has that name
 * (that of a line would be a second one), the Content-Length of a body where
 * nothing says how long it is.  False with an error: it is answered before
 * any rule is tried, or cannot be written at all. */
bool offline_read(struct offline *offline, const struct offline_request *from,
                  enum desync_mode mode, struct error *error);
void offline_end(struct offline *offline);

/* As a web ACL looks at it, of whose program `limit` is the body.  It is as
 * good as the two. */
void offline_inspected(const struct offline *offline,
                       const struct offline_request *from, uint32_t limit,
                       struct inspected *to);

#endif
