/* SPDX-License-Identifier: Apache-2.0
 *
 * Samples of requests that web ACLs looked at (aws-waf.md 7.7): the worker's
 * side.
 *
 * A worker hands over some of the requests that a rule matched (with a
 * VisibilityConfig that wants samples), that the default action ended, and of
 * all of an ACL: of each metric WAF_SAMPLES_BURST at once and then
 * WAF_SAMPLES_A_SECOND.  Each has a weight: how many came since the one before
 * it, itself with them, so that the weights of all are how many came.
 *
 * They are written into a box that the control thread swaps for an empty one
 * now and then (control/samples.h); where it is full a request waits for the
 * next one as a part of its weight.  DataProtectionConfig is applied,
 * RedactedFields are not.
 */
#ifndef SLUICE_WAF_SAMPLER_H
#define SLUICE_WAF_SAMPLER_H

#include "waf/meter.h"
#include "waf/privacy.h"
#include "waf/seen.h"

enum {
    WAF_SAMPLES_BURST = 50,
    WAF_SAMPLES_A_SECOND = 5,
    WAF_SAMPLE_METRICS_MAX = 16, /* of one request; the rest waits */
    WAF_SAMPLE_PATH_MAX = 4096,  /* bytes; what is longer is cut */
    /* Labels and inserted headers, then headers, of a sample: those that do
     * not fit are left out. */
    WAF_SAMPLE_NOTES_MAX = 8 * 1024,
    WAF_SAMPLE_HEADERS_MAX = 16 * 1024,
    WAF_SAMPLE_BOX = 256 * 1024,
};

/* Samples, one after the other. */
struct waf_sample_box {
    size_t n;
    char bytes[WAF_SAMPLE_BOX];
};

/* ---- the worker ------------------------------------------------------------------ */

/* Metrics that are to have a sample of a request. */
struct waf_sample_wish {
    const struct waf_program *program;
    unsigned n;
    struct waf_sample_metric {
        struct waf_due *due;
        struct str metric;
        enum waf_action_type action;
        const struct waf_match *match; /* of a group's rule; NULL: none */
        bool overridden;
        enum waf_action_type configured;
    } metrics[WAF_SAMPLE_METRICS_MAX];
};

/* Counts the request; whether a sample of it is wanted.  waf_meter_count() has
 * counted it before. */
bool waf_sample_wanted(struct waf_meter *meter,
                       const struct waf_program *program,
                       const struct waf_result *result, uint64_t now_ms,
                       struct waf_sample_wish *wish);

/* Writes it into the box.  False: there is no room now. */
bool waf_sample_put(struct waf_sample_box *box,
                    const struct waf_sample_wish *wish,
                    const struct waf_seen *seen,
                    const struct waf_privacy *privacy);

/* ---- the other side ----------------------------------------------------------------- */

/* A sample in a box, or a copy of it. */
struct waf_sample {
    struct str bytes; /* all of it */
    uint64_t time_ms; /* since 1970 */
    struct str arn;   /* of the ACL */
    unsigned nmetrics;
    size_t metrics; /* where they begin in `bytes` */
};

/* The next one of a box from *at on; false: there is none. */
bool waf_sample_next(const struct waf_sample_box *box, size_t *at,
                     struct waf_sample *sample);

/* What it is for one metric.  `*at` is sample->metrics at first. */
struct waf_sample_as {
    struct str metric;
    uint64_t weight;
    struct str action;
    struct str rule_in_group; /* n == 0: it was no group's */
    struct str overridden;    /* action; n == 0: none */
};
void waf_sample_metric(struct str bytes, size_t *at, struct waf_sample_as *as);

/* The request, piece by piece in this order. */
struct waf_sample_reader {
    const char *p;
    const char *end;
};
struct waf_sample_request {
    struct str client_ip;
    struct str country; /* n == 0: not known */
    struct str uri;
    struct str method;
    struct str version;
    unsigned status; /* that was answered; 0: none */
    unsigned asked;  /* 405: CAPTCHA, 202: Challenge; 0: none */
    struct str why;  /* "TOKEN_MISSING" */
    unsigned nlabels;
    unsigned ninserted;
    unsigned nheaders;
};
/* Then nlabels texts, ninserted and nheaders pairs of them. */
void waf_sample_read(const struct waf_sample *sample,
                     struct waf_sample_reader *reader,
                     struct waf_sample_request *request);
struct str waf_sample_text(struct waf_sample_reader *reader);

/* `bytes` of a sample once more. */
struct waf_sample waf_sample_of(struct str bytes);

#endif
