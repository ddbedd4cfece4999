/* SPDX-License-Identifier: Apache-2.0
 *
 * What the benches of web ACLs share: ACLs from the text of a template, and
 * requests put together by hand.
 */
#ifndef SLUICE_BENCH_WAF_BENCH_H
#define SLUICE_BENCH_WAF_BENCH_H

#include "base/text.h"
#include "model/config.h"
#include "waf/program.h"

#define BENCH_VISIBILITY                                                       \
    "VisibilityConfig: {CloudWatchMetricsEnabled: true, "                      \
    "SampledRequestsEnabled: true, MetricName: m}"

/* A template of one web ACL as far as its Rules. */
void bench_put_begin(struct text *t);
/* A rule that refers to a managed group of AWS. */
void bench_put_group(struct text *t, unsigned priority, const char *name);

/* The template's config and the program of its ACL; ends the process when
 * something is wrong with it. */
struct bench_acl {
    struct config *config;
    struct waf_program *program;
    double compile_ms;
};

void bench_acl_load(struct bench_acl *acl, struct str text);
void bench_acl_end(struct bench_acl *acl);

/* Microseconds of CPU that this thread has used. */
double bench_cpu_us(void);

enum { BENCH_FIELDS_MAX = 256, BENCH_TEXT_MAX = 256 * 1024 };

struct bench_request {
    struct inspected inspected;
    struct fields fields;
    struct field v[BENCH_FIELDS_MAX];
    char text[BENCH_TEXT_MAX]; /* of all that it refers to */
    size_t n;
};

/* GET / of HTTP/1.1. */
void bench_request_begin(struct bench_request *request);
/* "Name: value" */
void bench_request_header(struct bench_request *request, struct str line);
/* What a browser sends with each request. */
void bench_request_browser(struct bench_request *request);
struct str bench_request_keep(struct bench_request *request, struct str text);

#endif
