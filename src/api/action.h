/* SPDX-License-Identifier: Apache-2.0
 *
 * The actions of the APIs, each declared once: its name, the shape of its
 * input, whom it concerns, and its handlers.
 */
#ifndef SLUICE_API_ACTION_H
#define SLUICE_API_ACTION_H

#include "api/call.h"

/* ---- shapes of inputs (the service's model) ---------------------------------- */

enum member_kind {
    MEMBER_TEXT,    /* min to max characters; max 0: any number */
    MEMBER_WORD,    /* one of `words` */
    MEMBER_NUMBER,  /* min to max */
    MEMBER_REAL,    /* a number that is not infinite */
    MEMBER_TIME,    /* seconds since 1970, with or without a fraction, or ISO
                       8601; the checked value is seconds */
    MEMBER_BOOL,    /* true or false */
    MEMBER_TEXTS,   /* a list of texts; min and max are of its elements */
    MEMBER_WORDS,   /* a list of words */
    MEMBER_NUMBERS, /* a list of numbers */
    MEMBER_REALS,
    MEMBER_STRUCT,  /* `shape` */
    MEMBER_STRUCTS, /* a list of them */
    MEMBER_MAP,     /* text to text; with a `shape`, text to structures */
};

struct shape;

struct member {
    const char *name;
    enum member_kind kind;
    bool required;
    bool blank_is_none; /* TEXT: clients send it blank when they have none */
    uint64_t min;
    uint64_t max;
    uint16_t least;                /* elements of a list, entries of a MAP */
    uint16_t most;                 /* 0: any number */
    const char *const *words;      /* NULL at the end */
    const struct shape *shape;     /* may hold itself */
    bool (*fits)(struct str text); /* TEXT, TEXTS: a pattern of the model; NULL:
                                      any */
    const char *pattern;           /* how AWS writes it: for the error */
};

struct shape {
    const struct member *members;
    unsigned n;
};

#define SHAPE_OF(table)                                                        \
    {                                                                          \
        .members = (table), .n = sizeof(table) / sizeof(*(table))              \
    }

/* How an input is refused that does not fit its shape. */
enum refusal {
    /* ValidationError "1 validation error detected: Value 'X' at
     * 'actions.1.member.type' failed to satisfy constraint: Member must satisfy
     * enum value set: [...]". */
    REFUSE_VALIDATION,
    /* MissingParameter "The parameter Dimensions.member.1.Name is required.",
     * InvalidParameterValue "The value X for parameter Unit is invalid." */
    REFUSE_PARAMETER,
    /* ValidationError in the words of the latter. */
    REFUSE_PARAMETER_VALIDATION,
};

/* Checks `input` (a MAP) against the shape: blank lists become empty ones,
 * unknown members are left out.  The checked MAP, in call->region; NULL with
 * call->fault set, in the words that call->action (NULL: none) wants. */
const struct value *shape_check(const struct shape *shape,
                                const struct value *input, struct call *call);

/* ---- objects ------------------------------------------------------------------ */

enum object_result {
    OBJECT_READ,
    OBJECT_NOT_FOUND, /* there is no such bucket, key or version */
    OBJECT_REFUSED,   /* there is, and it cannot be read */
};

/* Where objects of S3 are read from. */
struct object_source {
    /* All of an object that has `max` bytes at most, in the region; `version`
     * may be empty.  When it is not read, `why` is a clause for people: where
     * was looked, and how to mend it.  Blocks. */
    enum object_result (*read)(void *owner, struct str bucket, struct str key,
                               struct str version, size_t max,
                               struct region *region, struct str *bytes,
                               struct error *why);
    void *owner;
};

/* ---- metrics ------------------------------------------------------------------ */

struct series_name;

/* What an answer reads of the metrics that are kept. */
struct metric_need {
    int64_t from_s; /* seconds since 1970 */
    int64_t to_s;
    bool all; /* else these: */
    unsigned n;
    const struct series_name *names; /* in the call's region */
};

/* ---- actions ------------------------------------------------------------------ */

struct action {
    const char *name;          /* CreateListener */
    const struct shape *input; /* NULL: it has none */
    enum refusal refusal;      /* of an input that does not fit it */
    /* Whom a policy has to allow it for: members whose values (a text or a list
     * of them) are ARNs, then NULL; none: "*". */
    const char *const *resources;
    /* The same of an action whose input has no ARN; of what it makes `*` stands
     * for the id.  In the call's region; NULL: `resources` says it. */
    struct str (*concerns)(const struct call *call,
                           const struct account_view *view);
    /* What has to be fetched before it (an object of S3): into call->more.  It
     * runs on the chore thread and may block; it knows the call alone, refuses
     * nothing, and what it could not get is edit()'s to refuse.  NULL:
     * nothing. */
    void (*prepare)(struct call *call, const struct object_source *objects);
    /* What it changes: into call->edit.  False: refused.  NULL: it changes
     * nothing. */
    bool (*edit)(struct call *call, const struct account_view *before);
    /* The result of the account as it is (then).  False: refused.  NULL: the
     * result has no members. */
    bool (*answer)(struct call *call, const struct account_view *after);
    /* Of one without an edit: which metrics the answer is made of.  It may take
     * long then, so that it is made by another thread: `after` has these, its
     * names, its config and its time, and nothing else.  NULL: it reads none, or
     * only which there are. */
    void (*reads)(const struct call *call, struct metric_need *need);
};

enum wire { WIRE_QUERY, WIRE_EC2, WIRE_JSON };

struct action_table {
    const struct action *actions;
    unsigned n;
};

/* What a service calls an error in forms, and in JSON and CBOR, and its
 * status. */
struct fault_name {
    const char *query;
    const char *shape;
    unsigned status;
};

/* A service of AWS: some tables of actions. */
struct service {
    const char *name;      /* as the signature names it: elasticloadbalancing */
    const char *policy;    /* as policies name it; NULL: the same */
    const char *version;   /* QUERY, EC2: of the API */
    const char *namespace; /* QUERY, EC2: of the XML */
    enum wire wire;        /* JSON: it takes no forms */
    /* Prefix of X-Amz-Target; NULL: it takes forms alone. */
    const char *target;
    /* Where its shapes are named (com.amazonaws.cloudwatch): its JSON is 1.0,
     * it speaks CBOR too (Smithy's RPC v2), and its errors have such names in
     * both.  NULL: JSON 1.1, no CBOR. */
    const char *shapes;
    const struct fault_name *faults; /* query NULL at the end; NULL: none */
    /* What it tells is made up: another emulator that requests are passed on to
     * knows better. */
    bool stands_in;
    const struct action_table *const *tables; /* NULL at the end */
};

#define ACTION_TABLE(table)                                                    \
    {                                                                          \
        (table), sizeof(table) / sizeof(*(table))                              \
    }

/* In policies: cloudwatch. */
static inline const char *service_policy(const struct service *service)
{
    return service->policy ? service->policy : service->name;
}

const struct action *service_action(const struct service *service,
                                    struct str name);

#endif
