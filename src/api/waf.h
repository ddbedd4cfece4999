/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS WAF (wafv2) of scope REGIONAL, in front of load balancers: what its
 * actions share (aws-waf.md 8).
 *
 * Web ACLs, rule groups, IP sets and regex pattern sets are resources of the
 * account in CloudFormation's words (AWS::WAFv2::IPSet ...), with their UUID in
 * Metadata.Sluice.Id.  Those of scope CLOUDFRONT are kept as well, with ARNs of
 * us-east-1 and global/, and never run: there is no distribution here that
 * could have them.
 *
 * A LockToken is the digest of what a resource says (its tags apart) and of
 * Metadata.Sluice.LockToken, a UUID that each update makes anew.  So it is
 * another one after every update, of the same content too, and after whatever
 * else changed the resource: a template that was read again, another node.  It
 * is the same after a restart, and tags and associations do not change it.
 */
#ifndef SLUICE_API_WAF_H
#define SLUICE_API_WAF_H

#include "api/action.h"

/* A kind of what has an ARN of wafv2's and a LockToken. */
struct wafv2_kind {
    const char *type;           /* AWS::WAFv2::IPSet */
    const char *path;           /* of its ARNs: ipset */
    const char *name;           /* of results: IPSet */
    const char *list;           /* ... and lists of them: IPSets */
    const char *field;          /* how faults call it: IP_SET */
    const char *const *members; /* that Create* and Update* take and Get* tells,
                                   but for those that all kinds have; NULL at
                                   the end */
    const char *const *fixed;   /* of those: what only Create* takes */
    enum quota quota;           /* how many there may be in a scope */
    const struct shape *shape;  /* of Create* */
};

extern const struct wafv2_kind wafv2_web_acls;
extern const struct wafv2_kind wafv2_rule_groups;
extern const struct wafv2_kind wafv2_ip_sets;
extern const struct wafv2_kind wafv2_regex_sets;

/* One of them as the account has it; resource NULL: there is none. */
struct wafv2_found {
    const struct wafv2_kind *kind;
    const struct account_resource *resource;
    struct str name;
    struct str uuid;
    struct str arn;
    bool cloudfront;
};

/* ---- finding ------------------------------------------------------------------- */

/* Of any kind, by its ARN. */
struct wafv2_found wafv2_with_arn(struct region *region,
                                  const struct account_view *view,
                                  struct str arn);

/* Of that kind, by its logical id. */
struct wafv2_found wafv2_with_id(struct region *region,
                                 const struct account_view *view,
                                 const struct wafv2_kind *kind, struct str id);

/* The one that Name, Scope and Id of the call name.  False: refused
 * (WAFNonexistentItemException). */
bool wafv2_find(struct call *call, const struct account_view *view,
                const struct wafv2_kind *kind, struct wafv2_found *found);

/* Its ARN for policies, whether there is one or not; `*` for the id of one that
 * the call makes. */
struct str wafv2_concerned(const struct call *call,
                           const struct account_view *view,
                           const struct wafv2_kind *kind);

/* The one that a member of the call names by its ARN; refused as
 * WAFNonexistentItemException, or WAFInvalidParameterException (RESOURCE_ARN)
 * when it is no ARN of that kind. */
bool wafv2_find_arn(struct call *call, const struct account_view *view,
                    const struct wafv2_kind *kind, const char *member,
                    struct wafv2_found *found);

/* All of a kind in the scope of the call, by name. */
struct wafv2_all {
    unsigned n;
    struct wafv2_found *found;
};
struct wafv2_all wafv2_all(struct call *call, const struct account_view *view,
                           const struct wafv2_kind *kind);

/* Scope CLOUDFRONT of the call. */
bool wafv2_is_cloudfront(const struct call *call);

/* "arn:aws:wafv2:REGION:ACCOUNT:regional/KIND/NAME/UUID", or global/. */
bool wafv2_is_arn(struct str arn, const struct wafv2_kind *kind);

struct str wafv2_lock_token(struct region *region,
                            const struct account_resource *resource);

/* Whether the ARN is named anywhere in Properties (NULL: it is not). */
bool wafv2_names(const struct value *properties, struct str arn);

/* Of a resource of any kind; n == 0: it is of none. */
struct str wafv2_arn_of(struct region *region, const struct account_view *view,
                        const struct account_resource *resource);

/* Refused as WAFInvalidParameterException, WAFLimitsExceededException: tags
 * (NULL: none) that are given twice, too many, or AWS's. */
bool wafv2_tags_check(struct call *call, const struct value *tags);

/* ---- handlers of all kinds -------------------------------------------------------- */

bool wafv2_create(struct call *call, const struct account_view *view,
                  const struct wafv2_kind *kind);
bool wafv2_update(struct call *call, const struct account_view *view,
                  const struct wafv2_kind *kind);
bool wafv2_delete(struct call *call, const struct account_view *view,
                  const struct wafv2_kind *kind);

/* {Summary}, {NextLockToken}, {IPSets, NextMarker}. */
bool wafv2_answer_summary(struct call *call, const struct account_view *view,
                          const struct wafv2_kind *kind);
bool wafv2_answer_token(struct call *call, const struct account_view *view,
                        const struct wafv2_kind *kind);
bool wafv2_answer_list(struct call *call, const struct account_view *view,
                       const struct wafv2_kind *kind);

/* {IPSet, LockToken}; `more` (may be NULL) adds what the account has not. */
bool wafv2_answer_one(struct call *call, const struct account_view *view,
                      const struct wafv2_found *found,
                      void (*more)(struct call *call,
                                   const struct account_view *view,
                                   const struct wafv2_found *found,
                                   struct value *one));

/* A resource of wafv2's as the API spells its Properties, in the region: only
 * these members.  With a `shape` (of the whole) numbers and truths are what they
 * are there: parameters of a template are texts. */
struct value *wafv2_members(struct region *region,
                            const struct account_resource *resource,
                            const struct shape *shape,
                            const char *const *members);

/* ---- refusing: always false ---------------------------------------------------------- */

/* With the beginning that AWS's texts have; then ": " and what is meant here. */
bool wafv2_refuse_missing(struct call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool wafv2_refuse_used(struct call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool wafv2_refuse_limit(struct call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool wafv2_refuse_operation(struct call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* WAFInvalidParameterException; `field` is a literal of AWS's. */
bool wafv2_refuse_invalid(struct call *call, const char *field,
                          struct str parameter, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- pages --------------------------------------------------------------------------- */

/* Of a list whose keys ascend these are shown: from `from` up to, but not with,
 * `to`.  A marker holds the last key that was shown, so that nothing is left
 * out when something goes between two pages. */
struct wafv2_page {
    unsigned from;
    unsigned to;
};

/* Puts keys in their order. */
void wafv2_sort(struct str *keys, unsigned n);

/* What NextMarker and Limit ask for.  `keys` are in their order, as
 * wafv2_sort puts them.  False: refused. */
bool wafv2_page(struct call *call, const struct str *keys, unsigned n,
                struct wafv2_page *page);

/* Puts NextMarker into the result when there is more behind the page. */
void wafv2_page_end(const struct call *call, const struct str *keys, unsigned n,
                    const struct wafv2_page *page, struct value *result);

/* ---- shapes --------------------------------------------------------------------------- */

/* Members that many actions have (api/waf_words.c). */
extern const char *const wafv2_scopes[];

bool wafv2_is_name(struct str text); /* ^[\w\-]+$ */
bool wafv2_is_uuid(struct str text); /* Ids and LockTokens */
bool wafv2_is_description(struct str text);
bool wafv2_is_told(struct str text); /* .*\S.* */

#define WAFV2_NAME                                                             \
    .kind = MEMBER_TEXT, .min = 1, .max = 128, .fits = wafv2_is_name,          \
    .pattern = "^[\\w\\-]+$"
#define WAFV2_UUID                                                             \
    .kind = MEMBER_TEXT, .min = 1, .max = 36, .fits = wafv2_is_uuid,           \
    .pattern = "^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$"
#define WAFV2_TOLD(most)                                                       \
    .kind = MEMBER_TEXT, .min = 1, .max = (most), .fits = wafv2_is_told,       \
    .pattern = ".*\\S.*"
#define WAFV2_ARN                                                              \
    .kind = MEMBER_TEXT, .min = 20, .max = 2048, .fits = wafv2_is_told,        \
    .pattern = ".*\\S.*"

#define WAFV2_MEMBER_NAME                                                      \
    {                                                                          \
        .name = "Name", .required = true, WAFV2_NAME                           \
    }
#define WAFV2_MEMBER_SCOPE                                                     \
    {                                                                          \
        .name = "Scope", .kind = MEMBER_WORD, .required = true,                \
        .words = wafv2_scopes                                                  \
    }
#define WAFV2_MEMBER_ID                                                        \
    {                                                                          \
        .name = "Id", .required = true, WAFV2_UUID                             \
    }
#define WAFV2_MEMBER_LOCK                                                      \
    {                                                                          \
        .name = "LockToken", .required = true, WAFV2_UUID                      \
    }
#define WAFV2_MEMBER_DESCRIPTION                                               \
    {                                                                          \
        .name = "Description", .kind = MEMBER_TEXT, .min = 1, .max = 256,      \
        .fits = wafv2_is_description,                                          \
        .pattern = "^[\\w+=:#@/\\-,\\.][\\w+=:#@/\\-,\\.\\s]+"                 \
                   "[\\w+=:#@/\\-,\\.]$"                                       \
    }
#define WAFV2_MEMBER_TAGS                                                      \
    {                                                                          \
        .name = "Tags", .kind = MEMBER_STRUCTS, .shape = &wafv2_tag_shape,     \
        .least = 1                                                             \
    }
#define WAFV2_MEMBERS_OF_PAGE                                                  \
    {.name = "NextMarker", WAFV2_TOLD(256)},                                   \
    {                                                                          \
        .name = "Limit", .kind = MEMBER_NUMBER, .min = 1, .max = 100           \
    }

/* {Name, Scope, Id}, the same or {ARN}, with LockToken, {Scope, NextMarker,
 * Limit}. */
extern const struct shape wafv2_named_shape;
extern const struct shape wafv2_either_shape;
extern const struct shape wafv2_locked_shape;
extern const struct shape wafv2_list_shape;
extern const struct shape wafv2_tag_shape;   /* {Key, Value}, both required */
extern const struct shape wafv2_regex_shape; /* {RegexString} */

/* ---- declaring the actions of a kind ---------------------------------------------------- */

/* Handlers by these names: create_NAME ... */
#define WAFV2_HANDLERS(name, kind)                                             \
    static struct str concerned_##name(const struct call *call,                \
                                       const struct account_view *view)        \
    {                                                                          \
        return wafv2_concerned(call, view, kind);                              \
    }                                                                          \
    static bool create_##name(struct call *call,                               \
                              const struct account_view *view)                 \
    {                                                                          \
        return wafv2_create(call, view, kind);                                 \
    }                                                                          \
    static bool update_##name(struct call *call,                               \
                              const struct account_view *view)                 \
    {                                                                          \
        return wafv2_update(call, view, kind);                                 \
    }                                                                          \
    static bool delete_##name(struct call *call,                               \
                              const struct account_view *view)                 \
    {                                                                          \
        return wafv2_delete(call, view, kind);                                 \
    }                                                                          \
    static bool summary_##name(struct call *call,                              \
                               const struct account_view *view)                \
    {                                                                          \
        return wafv2_answer_summary(call, view, kind);                         \
    }                                                                          \
    static bool token_##name(struct call *call,                                \
                             const struct account_view *view)                  \
    {                                                                          \
        return wafv2_answer_token(call, view, kind);                           \
    }                                                                          \
    static bool list_##name(struct call *call,                                 \
                            const struct account_view *view)                   \
    {                                                                          \
        return wafv2_answer_list(call, view, kind);                            \
    }

/* Their actions; get_NAME is its own. */
#define WAFV2_ACTIONS(one, many, handler, create_shape, update_shape,          \
                      get_shape)                                               \
    {.name = "Create" one,                                                     \
     .input = &(create_shape),                                                 \
     .concerns = concerned_##handler,                                          \
     .edit = create_##handler,                                                 \
     .answer = summary_##handler},                                             \
        {.name = "Update" one,                                                 \
         .input = &(update_shape),                                             \
         .concerns = concerned_##handler,                                      \
         .edit = update_##handler,                                             \
         .answer = token_##handler},                                           \
        {.name = "Delete" one,                                                 \
         .input = &wafv2_locked_shape,                                         \
         .concerns = concerned_##handler,                                      \
         .edit = delete_##handler},                                            \
        {.name = "Get" one,                                                    \
         .input = &(get_shape),                                                \
         .concerns = concerned_##handler,                                      \
         .answer = get_##handler},                                             \
    {                                                                          \
        .name = "List" many, .input = &wafv2_list_shape,                       \
        .answer = list_##handler                                               \
    }

#endif
