/* SPDX-License-Identifier: Apache-2.0
 *
 * What the objects in S3 are called that logs become (alb.md 7.1, 7.4, 7.5;
 * aws-waf.md 7.4), and which five minutes of UTC they are of.  Pure.
 *
 *     [PREFIX/]AWSLogs/ACCOUNT/elasticloadbalancing/REGION/YYYY/MM/DD/
 *         [conn_log_|health_check_log_]ACCOUNT_elasticloadbalancing_REGION_
 *         app.NAME.ID_20260115T1235Z_10.0.0.7_4f8z0q1c.log.gz
 *     [PREFIX/]AWSLogs/ACCOUNT/WAFLogs/REGION/ACL/YYYY/MM/DD/HH/MM/
 *         ACCOUNT_waflogs_REGION_ACL_20260115T1230Z_9f3c01ab.log.gz
 *
 * The time is the end of the window; of WAF it is the begin, as of other logs
 * that AWS vends (those of VPC flows say so).
 */
#ifndef SLUICE_LOG_OBJECT_H
#define SLUICE_LOG_OBJECT_H

#include "model/config.h"

enum {
    LOG_WINDOW_S = 300,
    LOG_KEY_MAX = 1024,   /* bytes of a key that S3 takes */
    LOG_BUCKET_MAX = 255, /* of a bucket's name, of the oldest ones too */
};

/* Where the objects of one log go. */
struct log_place {
    enum log_kind kind;
    struct str bucket; /* n == 0: nowhere */
    struct str prefix; /* without "/" at its ends; n == 0: none */
    struct str account;
    struct str region;
    struct str name;     /* "app/NAME/ID"; of a web ACL its name */
    struct address node; /* whose log it is; family 0: of WAF */
};

bool log_place_equal(const struct log_place *a, const struct log_place *b);

/* The place that a destination of a web ACL names; its bucket is empty when it
 * is not one in S3.  The rest of the place is as it was. */
void log_place_of_arn(struct log_place *place, struct str arn);

/* Whether it is one: keys have LOG_KEY_MAX bytes at most, and no control
 * bytes. */
bool log_place_fits(const struct log_place *place);

/* Whether it has no control bytes: it can stand on a line. */
bool log_is_plain(struct str s);

/* When the window ends that this second is in; both since 1970. */
int64_t log_window_end(int64_t seconds);

/* The key of an object of the window that ends then; `random` makes it another
 * one than others of it.  Or nothing with t->overflow. */
void log_object_key(struct text *t, const struct log_place *place,
                    int64_t window_end, uint64_t random);

/* The key of the object that shows that logs can be put there: AWS puts one
 * when a log is turned on.  False: it puts none of that kind. */
bool log_object_test_key(struct text *t, const struct log_place *place);

/* What AWS says there. */
void log_object_test_body(struct text *t, const struct log_place *place,
                          int64_t seconds);

/* What a policy of IAM must allow to put that key, and all others of the account
 * there: "arn:aws:s3:::BUCKET/PREFIX/AWSLogs/ACCOUNT/" and an asterisk. */
void log_object_resource(struct text *t, struct str bucket, struct str key);

/* What people call that log: "access log". */
const char *log_kind_name(enum log_kind kind);

#endif
