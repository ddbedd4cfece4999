/* SPDX-License-Identifier: Apache-2.0
 *
 * SNS: Publish (query protocol, 2010-03-31), and what its topics send to HTTP
 * endpoints ("Parsing Amazon SNS message formats" of its developer guide).
 */
#ifndef SLUICE_AWS_SNS_H
#define SLUICE_AWS_SNS_H

#include "aws/client.h"

enum {
    SNS_SUBJECT_MAX = 100,        /* ASCII; more is cut */
    SNS_MESSAGE_MAX = 256 * 1024, /* bytes */
};

/* arn:aws:sns:REGION:ACCOUNT:NAME; false: it is none of those. */
bool sns_is_topic(struct str arn);

/* The region in it. */
struct str sns_topic_region(struct str arn);

struct sns_message {
    struct str topic;   /* ARN */
    struct str subject; /* n == 0: none */
    struct str text;
    /* Of topics whose name ends with .fifo. */
    struct str group;
    struct str once; /* two messages that say the same here are one */
};

/* A call of Publish, all zero but for this; texts stand in the region.  A
 * subject's characters that are not printable ASCII become "?". */
void sns_publish(struct region *region, const struct sns_message *message,
                 struct aws_call *call);

/* MessageId of its answer; n == 0: it has none. */
struct str sns_message_id(struct region *region, const struct aws_call *call);

/* What an HTTP endpoint gets, as SNS would send it but for signatures, which
 * only AWS can make: there are none. */
struct sns_notification {
    struct sns_message message;
    struct str id; /* UUID */
    int64_t time_ms;
};

/* {"Type": "Notification", "MessageId", "TopicArn", "Subject", "Message",
 * "Timestamp"}; p == NULL: no memory. */
struct str sns_notification_body(struct region *region,
                                 const struct sns_notification *notification);

#endif
