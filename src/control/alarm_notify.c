/* SPDX-License-Identifier: Apache-2.0 */
#include "control/alarm_notify.h"

#include <stdlib.h>

#include "aws/post.h"
#include "aws/sns.h"
#include "base/memory.h"
#include "base/random.h"
#include "control/alarm_message.h"
#include "net/loop.h"

enum { LINES = 6 };

/* One message to one place. */
struct notice {
    struct list node;
    struct alarm_notify *notify;
    struct region region;
    struct alarm_acted acted; /* so far: whose it is, and what is sent */
    struct str to;            /* a topic's ARN, or a URL */
    unsigned tries;
    bool waits; /* for its next try */
    struct timer again;
    struct aws_call call; /* to a topic */
    struct post post;     /* to a URL */
    const char *lines[LINES];
};

struct alarm_notify {
    struct alarm_notify_options options;
    struct post_client *posts; /* NULL: nothing was posted so far */
    struct aws_client *client; /* the same of calls; not ours */
    struct list waiting;       /* struct notice */
    struct list sending;
    unsigned nwaiting;
    unsigned nsending;
    struct random random;
};

struct alarm_notify *
alarm_notify_new(const struct alarm_notify_options *options)
{
    struct alarm_notify *n = memory_zeroed(1, sizeof(*n));

    n->options = *options;
    list_init(&n->waiting);
    list_init(&n->sending);
    random_seed(&n->random);
    return n;
}

static void free_notice(struct notice *notice)
{
    timer_end(&notice->again);
    list_remove(&notice->node);
    region_end(&notice->region);
    free(notice);
}

static void cancel(struct notice *notice)
{
    struct alarm_notify *n = notice->notify;

    if (notice->post.url)
        post_cancel(n->posts, &notice->post);
    else if (n->client && !notice->waits)
        aws_call_cancel(n->client, &notice->call);
    free_notice(notice);
}

void alarm_notify_free(struct alarm_notify *n)
{
    if (n == NULL)
        return;
    while (!list_empty(&n->sending))
        cancel(LIST_ENTRY_OF(n->sending.next, struct notice, node));
    while (!list_empty(&n->waiting))
        free_notice(LIST_ENTRY_OF(n->waiting.next, struct notice, node));
    post_client_free(n->posts);
    free(n);
}

/* ---- the end of one ------------------------------------------------------------------------ */

static void go_on(struct alarm_notify *n);

/* `error` n == 0: it was told. */
static void finish(struct notice *notice, struct str error)
{
    struct alarm_notify *n = notice->notify;

    notice->acted.error = error;
    n->options.acted(n->options.owner, &notice->acted);
    n->nsending--;
    free_notice(notice);
    go_on(n);
}

static void published(struct aws_call *call)
{
    struct notice *notice = LIST_ENTRY_OF(call, struct notice, call);

    if (call->outcome == AWS_OK)
        finish(notice, STR(""));
    else if (call->code.n)
        finish(notice,
               region_printf(&notice->region,
                             STR_FMT " (Service: SNS; Status "
                                     "Code: %u; Error Code: " STR_FMT ")",
                             STR_ARG(call->message), call->status,
                             STR_ARG(call->code)));
    else
        finish(notice, region_copy(&notice->region, call->message));
}

static void post_again(struct notice *notice)
{
    if (!post_begin(notice->notify->posts, &notice->post))
        finish(notice, STR("there is no memory"));
}

static void on_again(struct timer *timer)
{
    struct notice *notice = LIST_ENTRY_OF(timer, struct notice, again);

    notice->waits = false;
    post_again(notice);
}

static void posted(struct post *post)
{
    struct notice *notice = LIST_ENTRY_OF(post, struct notice, post);

    if (post->status >= 200 && post->status < 300) {
        finish(notice, STR(""));
    } else if (++notice->tries < ALARM_NOTICE_TRIES) {
        notice->waits = true;
        loop_timer_set(notice->notify->options.loop, &notice->again,
                       ALARM_NOTICE_AGAIN_MS);
    } else if (post->status) {
        finish(notice, region_printf(&notice->region, STR_FMT " answered %u",
                                     STR_ARG(notice->to), post->status));
    } else {
        finish(notice, region_printf(&notice->region, STR_FMT ": %s",
                                     STR_ARG(notice->to), post->why));
    }
}

/* ---- the begin of one ------------------------------------------------------------------------ */

static void begin(struct notice *notice)
{
    struct alarm_notify *n = notice->notify;

    if (notice->post.url) {
        if (n->posts == NULL)
            n->posts = post_client_new(n->options.loop);
        if (n->posts == NULL)
            finish(notice, STR("there is no memory"));
        else
            post_again(notice);
        return;
    }
    if (n->client == NULL)
        n->client = n->options.client(n->options.owner);
    if (n->client == NULL)
        finish(notice, STR("there is no memory"));
    else
        aws_call_begin(n->client, &notice->call);
}

static bool is_sending(const struct alarm_notify *n, const struct notice *like)
{
    for (const struct list *node = n->sending.next; node != &n->sending;
         node = node->next) {
        const struct notice *notice = LIST_ENTRY_OF(node, struct notice, node);

        if (str_eq(notice->acted.name, like->acted.name) &&
            str_eq(notice->to, like->to))
            return true;
    }
    return false;
}

/* The first that may go now; NULL: none. */
static struct notice *next(const struct alarm_notify *n)
{
    for (struct list *node = n->waiting.next; node != &n->waiting;
         node = node->next) {
        struct notice *notice = LIST_ENTRY_OF(node, struct notice, node);

        if (!is_sending(n, notice))
            return notice;
    }
    return NULL;
}

static void go_on(struct alarm_notify *n)
{
    struct notice *notice = NULL;

    while (n->nsending < ALARM_NOTICES_AT_ONCE && (notice = next(n))) {
        list_remove(&notice->node);
        n->nwaiting--;
        list_push_back(&n->sending, &notice->node);
        n->nsending++;
        begin(notice);
    }
}

static struct notice *new_notice(struct alarm_notify *n,
                                 const struct alarm_change *change,
                                 struct str action, struct str to,
                                 struct str message)
{
    struct notice *notice = memory_zeroed(1, sizeof(*notice));
    struct region *region = &notice->region;

    notice->notify = n;
    list_init(&notice->node);
    timer_init(&notice->again, on_again);
    notice->to = region_copy(region, to);
    notice->acted = (struct alarm_acted){
        .name = region_copy(region, change->alarm->name),
        .composite = change->alarm->composite,
        .action = region_copy(region, action),
        .changed_ms = change->time_ms,
        .message = region_copy(region, message),
    };
    return notice;
}

static void enqueue(struct notice *notice)
{
    struct alarm_notify *n = notice->notify;

    list_push_back(&n->waiting, &notice->node);
    n->nwaiting++;
    go_on(n);
}

/* ---- messages ----------------------------------------------------------------------------------- */

static struct str new_uuid(struct alarm_notify *n, struct region *region)
{
    uint64_t a = random_u64(&n->random);
    uint64_t b = random_u64(&n->random);

    return region_printf(region, "%08x-%04x-4%03x-%04x-%012llx",
                         (unsigned)(a >> 32), (unsigned)(a >> 16) & 0xffff,
                         (unsigned)a & 0xfff,
                         ((unsigned)(b >> 48) & 0x3fff) | 0x8000,
                         (unsigned long long)(b & UINT64_C(0xffffffffffff)));
}

static struct sns_message message_of(struct notice *notice, struct str topic,
                                     struct str subject)
{
    struct region *region = &notice->region;

    return (struct sns_message){
        .topic = topic,
        .subject = subject,
        .text = notice->acted.message,
        .group = notice->acted.name,
        .once = region_printf(region, "%llu",
                              (unsigned long long)notice->acted.changed_ms),
    };
}

static void to_topic(struct alarm_notify *n, const struct alarm_change *change,
                     struct str topic, struct str subject, struct str message)
{
    struct notice *notice = new_notice(n, change, topic, topic, message);
    struct sns_message sns = message_of(notice, notice->to, subject);

    sns_publish(&notice->region, &sns, &notice->call);
    notice->call.done = published;
    enqueue(notice);
}

/* A header's text: what is in an ARN of the template may be anything. */
static const char *line(struct region *region, const char *name,
                        struct str value)
{
    struct str made =
        region_printf(region, "%s: " STR_FMT, name, STR_ARG(value));
    char *p = (char *)(uintptr_t)made.p;

    for (size_t i = 0; i < made.n; i++) {
        if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f)
            p[i] = '?';
    }
    return p;
}

static void to_endpoint(struct alarm_notify *n,
                        const struct alarm_change *change,
                        const struct config_topic *topic,
                        const struct config_subscription *to,
                        struct str subject, struct str message)
{
    struct notice *notice =
        new_notice(n, change, topic->arn, to->endpoint, message);
    struct region *region = &notice->region;
    struct sns_notification it = {
        .message = message_of(notice, region_copy(region, topic->arn), subject),
        .id = new_uuid(n, region),
        .time_ms = (int64_t)change->time_ms,
    };
    unsigned lines = 0;

    notice->lines[lines++] = "Content-Type: text/plain; charset=UTF-8";
    notice->lines[lines++] =
        "User-Agent: Amazon Simple Notification Service Agent";
    notice->lines[lines++] = "x-amz-sns-message-type: Notification";
    notice->lines[lines++] = line(region, "x-amz-sns-message-id", it.id);
    notice->lines[lines++] =
        line(region, "x-amz-sns-topic-arn", it.message.topic);
    if (to->raw)
        notice->lines[lines++] = "x-amz-sns-rawdelivery: true";
    notice->post = (struct post){
        .url = notice->to.p,
        .lines = notice->lines,
        .nlines = lines,
        .body = to->raw ? notice->acted.message
                        : sns_notification_body(region, &it),
        .done = posted,
    };
    enqueue(notice);
}

/* ---- actions ---------------------------------------------------------------------------------------- */

static bool is_http(const struct config_subscription *to)
{
    return str_eq(to->protocol, STR("http")) ||
           str_eq(to->protocol, STR("https"));
}

static bool has_http(const struct config_topic *topic)
{
    for (unsigned i = 0; topic && i < topic->nsubscriptions; i++) {
        if (is_http(&topic->subscriptions[i]))
            return true;
    }
    return false;
}

static void tell(struct alarm_notify *n, const struct alarm_change *change,
                 const struct config_topic *topic, struct str action,
                 struct str subject, struct str message)
{
    if (topic == NULL) {
        to_topic(n, change, action, subject, message);
        return;
    }
    for (unsigned i = 0; i < topic->nsubscriptions; i++) {
        if (is_http(&topic->subscriptions[i]))
            to_endpoint(n, change, topic, &topic->subscriptions[i], subject,
                        message);
    }
}

const char *alarm_notify_act(struct alarm_notify *n,
                             const struct config *config,
                             const struct alarm_change *change,
                             struct str action)
{
    const struct config_topic *topic =
        n->options.http ? config_find_topic(config, action) : NULL;
    char s[CONFIG_ALARM_NAME_MAX * 4 + 64];
    struct text subject = text_in(s, sizeof(s));
    char *room;
    struct text message;

    if (!sns_is_topic(action))
        return "Sluice runs no actions of this kind";
    if (!has_http(topic))
        topic = NULL;
    if (topic == NULL && n->options.client == NULL)
        return "nobody said --publish sns";
    if (n->nwaiting >= ALARM_NOTICES_MAX)
        return "too many others wait";
    room = memory_zeroed(1, ALARM_MESSAGE_MAX);
    message = text_in(room, ALARM_MESSAGE_MAX);
    alarm_message_put(&message, config, change);
    alarm_message_put_subject(&subject, config, change);
    if (text_ok(&message))
        tell(n, change, topic, action, text_str(&subject), text_str(&message));
    free(room);
    return text_ok(&message) ? NULL : "its message is longer than 256 KB";
}
