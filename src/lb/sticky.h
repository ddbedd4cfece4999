/* SPDX-License-Identifier: Apache-2.0
 *
 * What the cookies of stickiness hold, and whether they are followed (alb.md
 * 3.5).  Pure: `now` comes in.
 *
 * AWSALB and AWSALBCORS (the same value) name a target, AWSALBTG and
 * AWSALBTGCORS a target group, each until a point in time.  AWSALBAPP-0 to -3
 * are one text cut to what browsers keep; it names a target for each group
 * with an application's cookie, since one client may have several.  All are
 * sealed (crypto/seal.h) and written in base64.
 */
#ifndef SLUICE_LB_STICKY_H
#define SLUICE_LB_STICKY_H

#include "codec/cookie.h"
#include "crypto/seal.h"
#include "lb/group.h"

/* What became of a cookie: enum, word for machines, sentence for people. */
#define STICKY_VERDICTS(X)                                                     \
    X(ACCEPTED, "accepted", "accepted")                                        \
    X(NONE, "none", "there is no such cookie")                                 \
    X(NO_APP_COOKIE, "no-app-cookie",                                          \
      "not looked at: the application's own cookie is missing")                \
    X(UNREADABLE, "unreadable",                                                \
      "not accepted: it was not sealed by any of our keys, or it was changed") \
    X(EXPIRED, "expired", "not accepted: its time is over")                    \
    X(OTHER_GROUP, "other-group",                                              \
      "not accepted: it was made for another target group")                    \
    X(TARGET_GONE, "target-gone",                                              \
      "not accepted: its target is not registered any more")                   \
    X(TARGET_DRAINING, "target-draining",                                      \
      "not accepted: its target is being deregistered")                        \
    X(TARGET_UNHEALTHY, "target-unhealthy",                                    \
      "not accepted: its target is not healthy")                               \
    X(TARGET_UNREACHABLE, "target-unreachable",                                \
      "given up: its target could not be connected to")

enum sticky_verdict {
#define X(id, word, sentence) STICKY_##id,
    STICKY_VERDICTS(X)
#undef X
};

/* "target-gone"; "not accepted: its target ...". */
const char *sticky_word(enum sticky_verdict verdict);
const char *sticky_sentence(enum sticky_verdict verdict);

enum sticky_kind {
    STICKY_OF_TARGET, /* AWSALB, AWSALBCORS */
    STICKY_OF_GROUP,  /* AWSALBTG, AWSALBTGCORS */
    STICKY_OF_APP,    /* AWSALBAPP-0 to -3 */
};

enum {
    STICKY_SHARDS = 4,
    /* With "AWSALBAPP-0=" 4096 bytes, which is what browsers keep. */
    STICKY_SHARD_MAX = 4084,
    /* Of one AWSALBAPP; more than a load balancer of ALB's has groups. */
    STICKY_ENTRIES_MAX = 128,
    STICKY_VALUE_LEN = 128, /* of AWSALB and AWSALBTG, in characters */
};

struct sticky_entry {
    struct group_identity group;
    struct address target; /* family 0 in a cookie that names a group */
    uint16_t hint;         /* index of the target in its group, when made */
    int64_t expires_ms;    /* since 1970: not followed from then on */
};

struct sticky_list {
    unsigned n;
    struct sticky_entry v[STICKY_ENTRIES_MAX];
};

/* The identity of the group with this ARN: the same in every process. */
struct group_identity sticky_identity(struct str arn);

/* ---- what a request brings ----------------------------------------------- */

/* Slices of the head; p == NULL: not there. */
struct sticky_cookies {
    struct str target; /* AWSALBCORS, without it AWSALB */
    struct str group;  /* AWSALBTGCORS, without it AWSALBTG */
    struct str app[STICKY_SHARDS];
    bool target_cors; /* `target` is AWSALBCORS */
    bool group_cors;
    bool application; /* the application's cookie is there */
};

/* Of cookies that come twice the first counts, as RFC 6265 §5.4 orders them.
 * `application` is the name of the application's cookie; n == 0: none. */
void sticky_collect(struct sticky_cookies *cookies, const struct fields *fields,
                    struct str application);

/* Whether a browser that sent this wants SameSite=None on AWSALBAPP: Chromium
 * from 80 on, and the request is one across origins (it has Origin). */
bool sticky_wants_same_site(const struct fields *fields);

/* Whether the shard holds anything: those with "_remove_" do not. */
bool sticky_is_shard(struct str value);

/* Opens a value of AWSALB* or AWSALBTG*. */
bool sticky_open(struct seal *seal, enum sticky_kind kind, struct str value,
                 struct sticky_entry *entry);

/* Opens what AWSALBAPP-0, -1 ... make together, up to the first that is
 * missing.  False, with an empty list, when that is nothing or unreadable. */
bool sticky_open_list(struct seal *seal, const struct str shards[STICKY_SHARDS],
                      struct sticky_list *list);

/* ---- whether it is followed ---------------------------------------------- */

/* Whether an entry is followed by a request that goes to `group`.  ACCEPTED
 * sets `*target`, which may get requests now. */
enum sticky_verdict sticky_judge(const struct sticky_entry *entry,
                                 const struct group *group, int64_t now_ms,
                                 struct target **target);

/* Whether it is followed by a request that goes to one of n groups, whatever
 * their weights.  ACCEPTED sets `*choice`, the group's index. */
enum sticky_verdict sticky_judge_group(const struct sticky_entry *entry,
                                       struct group *const *groups, unsigned n,
                                       int64_t now_ms, unsigned *choice);

/* The entry of this group; NULL when there is none. */
const struct sticky_entry *sticky_find(const struct sticky_list *list,
                                       const struct group_identity *group);

/* ---- what a response sets ------------------------------------------------ */

/* To whom a browser sends a cookie. */
enum sticky_scope {
    STICKY_SITE,       /* requests of this site, or what the browser takes that
                          for: nothing is said */
    STICKY_ALL,        /* all: SameSite=None */
    STICKY_ALL_SECURE, /* the same and Secure, for clients that came by HTTPS */
};

/* Writes "NAME=VALUE; Expires=DATE; Path=/" and what the scope adds. */
void sticky_put_cookie(struct text *t, struct str name, struct str value,
                       struct str expires, enum sticky_scope scope);

/* An entry for a target of the group; `hint` is where it is tried first. */
struct sticky_entry sticky_entry_of(const struct group *group,
                                    const struct target *target, unsigned hint,
                                    int64_t expires_ms);

/* Leaves out what expired and the entry of this group. */
void sticky_drop(struct sticky_list *list, const struct group_identity *group,
                 int64_t now_ms);

/* Adds an entry; in a full list in the place of the one that expires first. */
void sticky_add(struct sticky_list *list, const struct sticky_entry *entry);

/* Writes STICKY_VALUE_LEN characters.  False when sealing failed or there was
 * no room. */
bool sticky_put(struct text *t, struct seal *seal, enum sticky_kind kind,
                const struct sticky_entry *entry);

/* Writes a list that is not empty, and cuts it: `shards` become slices of the
 * text.  Returns how many there are, 0 as sticky_put() is false. */
unsigned sticky_put_list(struct text *t, struct seal *seal,
                         const struct sticky_list *list,
                         struct str shards[STICKY_SHARDS]);

#endif
