/* SPDX-License-Identifier: Apache-2.0
 *
 * A call of an AWS API, whatever protocol it came in: what was asked, what the
 * account looks like, what is answered.
 *
 * Calls come in as trees of values whose names are the API's (the query
 * protocol's `Conditions.member.1.Field` is Conditions: [{Field: ...}]) and go
 * out as such; api/wire* reads and writes the protocols.  Handlers are pure:
 *
 *     prepare  (call)                  fetches what stands elsewhere
 *     edit     (call, account before)  checks, and says what changes: call->edit
 *     answer   (call, account after)   says what the account is then
 *
 * A handler that refuses calls call_refuse().  Between the last two the account
 * with the edit is built as a config, stored, and run by all workers; what the
 * config's readers refuse is a ValidationError, or what problem->code says.
 */
#ifndef SLUICE_API_CALL_H
#define SLUICE_API_CALL_H

#include "api/alarm_view.h"
#include "api/waf_samples.h"
#include "base/address.h"
#include "base/random.h"
#include "model/account.h"
#include "model/config.h"

struct action;
struct metric_point;
struct series_store;

/* Who calls. */
struct caller {
    struct str access_key; /* id */
    struct str user;       /* its name; n == 0: nobody verified it */
    struct str arn;        /* arn:aws:iam::ACCOUNT:user/NAME */
};

/* One registered target as DescribeTargetHealth shows it. */
struct target_seen {
    struct str id;
    unsigned port; /* 0: it has none (lambda) */
    struct str zone;
    struct str state;       /* "healthy", "draining" ... */
    struct str reason;      /* "Target.Timeout"; n == 0: none */
    struct str description; /* n == 0: none */
    unsigned left_s;        /* "draining": for how long it does */
    struct str anomaly;     /* "normal", "anomalous"; n == 0: not known */
    bool mitigation;
};

/* What there is, at one moment.  `now_ms` is wall clock time. */
struct account_view {
    const struct account *account;
    const struct config *config; /* built from it */
    struct str region_name;
    struct str account_id; /* 12 digits */
    uint64_t now_ms;
    /* Where clients reach the API, for links to what it keeps ("presigned
     * URLs", api/link.h), and what these are signed with. */
    struct str api_url; /* http://127.0.0.1:4566 */
    struct str link_key;
    /* Calls `visit` for each target of the group (by its ARN), those that
     * drain too; texts live as long as the call of `visit`.  False when health
     * is not known now. */
    bool (*targets)(void *owner, struct str group_arn,
                    void (*visit)(void *to, const struct target_seen *target),
                    void *to);
    /* What web ACLs saw; NULL: nothing. */
    samples_function *samples;
    rate_keys_function *rate_keys;
    /* Of alarms; NULL: nobody evaluates them. */
    alarm_function *alarm;
    alarm_history_function *alarm_history;
    void *owner;                       /* of all of these */
    const struct series_store *series; /* metrics; NULL: none are kept */
};

/* Why a call is refused: the wire code (without "Exception"), and the HTTP
 * status of it. */
struct fault {
    const char *code; /* NULL: it is not */
    unsigned status;
    struct str message;
    /* Of a WAFInvalidParameterException (aws-waf.md 8.1): members of its
     * body; NULL, n == 0: they are not told. */
    const char *field;
    struct str parameter;
    struct str reason;
    /* Its code in forms, of a service that speaks several protocols (by
     * wire_answer()); NULL: it has one code. */
    const char *query;
};

enum { CALL_MADE_MAX = 4 };

struct call {
    const struct action *action;
    const struct value *input; /* a MAP, checked against the action's shape */
    bool typed;                /* its values have kinds: of JSON and CBOR */
    struct caller caller;
    struct str request_id; /* UUID */
    struct random random;  /* seeded: what call_new_id() takes */
    struct region *region; /* of the call; all that the handlers make */
    struct edit edit;      /* by edit(): what changes; empty: nothing */
    /* From prepare() and edit() to answer(): ARNs of what was made, changed or
     * found. */
    unsigned nmade;
    struct str made[CALL_MADE_MAX];
    const struct value *more;   /* the same, whatever it wants */
    const struct value *result; /* by answer(): MAP of the members of the
                                   result; NULL: it has none */
    /* By answer(): what is to be added to the metrics that are kept
     * (api/cloudwatch.h). */
    unsigned npoints;
    const struct metric_point *points;
    /* By answer(): an alarm that is to be in another state; NULL: none. */
    const struct alarm_setting *set_alarm;
    struct fault fault;
};

/* With the status of that code. */
struct fault fault_make(const char *code, struct str message);

/* A WAFInvalidParameterException in AWS's words, in the region: "Error reason:
 * REASON, field: FIELD, parameter: PARAMETER".  `field` is a literal. */
struct fault fault_invalid(struct region *region, const char *field,
                           struct str parameter, struct str reason);

/* What a problem is to who asked for it, in the region. */
struct fault fault_of(struct region *region, const struct problem *problem);

/* The same fault with texts that live as long as the region. */
struct fault fault_copy(struct region *region, const struct fault *fault);

/* Always false.  Status 400 but for the codes that have another one
 * (api/fault.def). */
bool call_refuse(struct call *call, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Of something that the call makes: 16 lower-case hex digits (ids of ARNs); a
 * UUID (certificates, requests).  Another one at each call, in the region. */
struct str call_new_id(struct call *call);
struct str call_new_uuid(struct call *call);

/* ---- reading the input ------------------------------------------------------ */

/* A member; NULL when it was not given. */
const struct value *call_get(const struct call *call, const char *name);

/* Its text, empty when it was not given. */
struct str call_text(const struct call *call, const char *name);

/* The same of any MAP. */
struct str member_text(const struct value *map, const char *name);

/* Its number, `fallback` when it was not given (the shape checked it). */
unsigned member_number(const struct value *map, const char *name,
                       unsigned fallback);

/* Its number with a fraction, and its time in seconds since 1970, rounded down;
 * of a scalar. */
double member_real(const struct value *map, const char *name, double fallback);
int64_t member_time(const struct value *map, const char *name,
                    int64_t fallback);
double value_real(const struct value *number);

/* "true"; false when it was not given. */
bool member_true(const struct value *map, const char *name);

/* ---- making values ------------------------------------------------------------ */

/* All in the region; `put_` adds at the end of a MAP, `add_` of a LIST. */
struct value *make_map(struct region *region);
struct value *make_list(struct region *region);
void put_text(struct region *region, struct value *map, const char *name,
              struct str text);
void put_number(struct region *region, struct value *map, const char *name,
                uint64_t number);
void put_real(struct region *region, struct value *map, const char *name,
              double number);
void put_time(struct region *region, struct value *map, const char *name,
              int64_t seconds);
void put_bool(struct region *region, struct value *map, const char *name,
              bool truth);
void put_value(struct region *region, struct value *map, const char *name,
               struct value *value);
struct value *put_map(struct region *region, struct value *map,
                      const char *name);
struct value *put_list(struct region *region, struct value *map,
                       const char *name);
void add_text(struct region *region, struct value *list, struct str text);
void add_real(struct region *region, struct value *list, double number);
void add_time(struct region *region, struct value *list, int64_t seconds);
struct value *add_map(struct region *region, struct value *list);

/* A MAP like `map` with that entry changed or added; `value` NULL: left out.
 * The other entries are copied. */
struct value *with_entry(struct region *region, const struct value *map,
                         const char *name, const struct value *value);

#endif
