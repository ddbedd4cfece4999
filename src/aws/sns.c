/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/sns.h"

#include <stdlib.h>
#include <time.h>

#include "aws/xml_read.h"

enum { PARTS = 6 };

/* ---- ARNs ------------------------------------------------------------------------- */

static bool split(struct str arn, struct str parts[PARTS])
{
    for (unsigned i = 0; i < PARTS; i++) {
        if (arn.p == NULL)
            return false;
        parts[i] = i + 1 < PARTS ? str_cut(&arn, ':') : arn;
    }
    return true;
}

bool sns_is_topic(struct str arn)
{
    struct str parts[PARTS];

    return split(arn, parts) && str_eq(parts[0], STR("arn")) &&
           str_eq(parts[2], STR("sns")) && parts[3].n && parts[4].n &&
           parts[5].n;
}

struct str sns_topic_region(struct str arn)
{
    struct str parts[PARTS];

    return split(arn, parts) ? parts[3] : STR("");
}

static bool ends_with(struct str s, struct str end)
{
    return s.n >= end.n && str_eq(str_make(s.p + s.n - end.n, end.n), end);
}

/* ---- Publish ------------------------------------------------------------------------ */

static struct str subject_of(struct region *region, struct str subject)
{
    char *made = region_take(region, SNS_SUBJECT_MAX);
    size_t n = subject.n < SNS_SUBJECT_MAX ? subject.n : SNS_SUBJECT_MAX - 1;

    for (size_t i = 0; i < n; i++) {
        char c = subject.p[i];

        made[i] = c;
        if (c < 0x20 || c > 0x7e)
            made[i] = '?';
    }
    return str_make(made, n);
}

void sns_publish(struct region *region, const struct sns_message *message,
                 struct aws_call *call)
{
    size_t room =
        256 + 3 * (message->topic.n + SNS_SUBJECT_MAX + message->text.n +
                   message->group.n + message->once.n);
    struct text t = text_in(region_take(region, room), room);

    aws_put_parameter(&t, "TopicArn", message->topic);
    if (message->subject.n)
        aws_put_parameter(&t, "Subject", subject_of(region, message->subject));
    aws_put_parameter(&t, "Message", message->text);
    if (ends_with(message->topic, STR(".fifo"))) {
        aws_put_parameter(&t, "MessageGroupId", message->group);
        aws_put_parameter(&t, "MessageDeduplicationId", message->once);
    }
    *call = (struct aws_call){
        .service = AWS_SNS,
        .action = "Publish",
        .body = text_str(&t),
        .region = region_copy(region, sns_topic_region(message->topic)),
    };
}

struct str sns_message_id(struct region *region, const struct aws_call *call)
{
    return xml_read_text(region, call->answer,
                         "PublishResponse/PublishResult/MessageId");
}

/* ---- notifications --------------------------------------------------------------------- */

/* 2026-11-23T21:00:00.000Z */
static struct str time_text(struct region *region, int64_t ms)
{
    time_t s = (time_t)(ms / 1000);
    struct tm tm;

    if (gmtime_r(&s, &tm) == NULL)
        tm = (struct tm){.tm_mday = 1};
    return region_printf(region, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                         tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                         tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(ms % 1000));
}

static void put_member(struct text *t, const char *name, struct str value)
{
    text_printf(t, "%s\"%s\" : ", t->n > 1 ? ",\n  " : "\n  ", name);
    text_json(t, value);
}

struct str sns_notification_body(struct region *region,
                                 const struct sns_notification *notification)
{
    const struct sns_message *m = &notification->message;
    size_t room = 1024 + 6 * (m->topic.n + SNS_SUBJECT_MAX + m->text.n);
    struct text t = text_in(region_take(region, room), room);

    text_char(&t, '{');
    put_member(&t, "Type", STR("Notification"));
    put_member(&t, "MessageId", notification->id);
    put_member(&t, "TopicArn", m->topic);
    if (m->subject.n)
        put_member(&t, "Subject", subject_of(region, m->subject));
    put_member(&t, "Message", m->text);
    put_member(&t, "Timestamp", time_text(region, notification->time_ms));
    TEXT_LITERAL(&t, "\n}");
    return text_str(&t);
}
