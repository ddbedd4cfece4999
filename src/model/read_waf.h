/* SPDX-License-Identifier: Apache-2.0
 *
 * How web ACLs and what belongs to them are read (aws-waf.md 1, 2, 3, 5): what
 * the readers share.  Private to the model.
 *
 * IP sets and regex pattern sets are read first, then rule groups, ACLs, and
 * what names ACLs.  Whatever is kept stands in the region of the config_waf.
 * Errors carry AWS's exception, and Field, Parameter and Reason where it has
 * them (report.h); what AWS takes and nobody here knows is a warning, an error
 * when the report is strict.  What patterns of regexes AWS refuses is not seen
 * here: match/ knows it (waf/program.h).
 */
#ifndef SLUICE_MODEL_READ_WAF_H
#define SLUICE_MODEL_READ_WAF_H

#include "crypto/sha256.h"
#include "model/read.h"

enum {
    WAF_STATEMENTS_MAX = 10000, /* of one ACL or group */
    WAF_NAME_MAX = 128,
    WAF_ARN_MAX = 2048,
};

/* AWS's reasons. */
#define WAF_NONE_OR_MANY                                                       \
    "You have used none or multiple values for a field that requires exactly " \
    "one value."
#define WAF_MANY                                                               \
    "Your statement has multiple values set for a field that requires "        \
    "exactly one value."
#define WAF_BAD_REFERENCE "A reference in your rule statement is not valid."
#define WAF_TOO_FEW                                                            \
    "You haven't met a minimum requirement for a threshold setting. Examples " \
    "include a rule group capacity setting that's too low and an OR "          \
    "statement with only one nested statement."
#define WAF_BAD_FORMAT "The parameter contains formatting that is not valid."
#define WAF_BAD_ARN                                                            \
    "The ARN isn't valid. A valid ARN begins with arn: and includes other "    \
    "information separated by colons or slashes."

/* What all resources of a build share. */
struct waf_build {
    struct config_waf *waf;
    struct region *region; /* waf's */
    struct kept_file *files;
    struct unknown_names unknown;
    unsigned nnames;
    struct waf_name *names;
    struct waf_managed *managed; /* groups that were read */
    /* By the index of the objects, over all kinds. */
    unsigned ndigests;
    struct waf_digest *digests;
};

/* A Name within the resources of its kind. */
struct waf_name {
    enum known_kind kind;
    bool global;
    struct str name;
    const struct resource *resource;
    const struct place *place;
};

/* What an object says and all that it refers to. */
struct waf_digest {
    const void *object;
    uint8_t bytes[SHA256_BYTES];
};

/* An ACL or a rule group while it is read. */
struct waf_reader {
    struct build *build;
    struct waf_build *waf;
    struct resource resource; /* a copy: its field changes */
    bool group;               /* else an ACL */
    bool managed;             /* ours, under AWS's name */
    bool scoped;              /* it may name what is of its Scope alone: */
    bool cloudfront;
    unsigned nbodies;
    const struct waf_response_body *bodies;
    unsigned nstatements;
    unsigned nreferences; /* to groups and sets */
    unsigned nrates;
    unsigned ninserted;
    unsigned nresponse_headers;
    struct sha256 sha; /* of what it says and refers to */
};

/* Where a statement stands. */
struct waf_at {
    const char *path; /* "Rules[3].Statement" */
    unsigned depth;
    bool nested; /* in another statement */
};

struct waf_build *waf_build(struct build *build);

/* ---- read_waf.c: texts, places, messages --------------------------------------- */

struct str waf_keep(const struct waf_build *waf, struct str s);
struct str waf_keep_text(const struct waf_build *waf,
                         const struct field *field);
struct place waf_place(struct build *build, const struct place *place);
void *waf_take(const struct waf_build *waf, size_t n, size_t size);

/* An error with WAFInvalidParameterException; `reason` may be NULL. */
void waf_refuse(const struct resource *resource, const struct place *place,
                const char *field, struct str parameter, const char *reason,
                const char *format, ...) __attribute__((format(printf, 6, 7)));

/* One of AWS's quotas: a doubt with WAFLimitsExceededException. */
void waf_limit(const struct resource *resource, const struct place *place,
               const char *format, ...) __attribute__((format(printf, 3, 4)));

/* "Rules[3].Statement" and a name behind it. */
const char *waf_path(const struct waf_reader *r, const char *path,
                     const char *name);
const char *waf_path_at(const struct waf_reader *r, const char *path,
                        unsigned index);

/* The member that a map has of those in `words` (NULL at the end): exactly one.
 * `*index`: which.  NULL with an error that has this Field and Parameter. */
const struct value *waf_one(const struct waf_reader *r,
                            const struct value *value, const char *path,
                            const char *const *words, const char *field,
                            const char *parameter, unsigned *index);

/* A list of 1 to `max` strings of 1 to `length` bytes; NULL with an error. */
const struct str *waf_strings(const struct waf_reader *r,
                              const struct value *value, const char *path,
                              unsigned max, unsigned length, unsigned *n);

/* Whether all characters are letters, digits, or in `others`. */
bool waf_is_word(struct str s, const char *others);

/* ---- waf_digest.c ----------------------------------------------------------------- */

/* Adds a value with all that is in it; places do not count. */
void waf_digest_value(struct sha256 *sha, const struct value *value);
void waf_digest_str(struct sha256 *sha, struct str s);

/* Notes the digest of an object, adds that of one which was noted. */
void waf_digest_note(struct waf_build *waf, const void *object,
                     struct sha256 *sha);
void waf_digest_add(struct sha256 *sha, const struct waf_build *waf,
                    const void *object);

/* ---- read_waf_entity.c: what has an ARN ---------------------------------------------- */

/* With ENTITY_PROPERTIES in the table. */
struct entity_input {
    struct field name;
    struct field description;
    struct field scope;
};

#define ENTITY_PROPERTIES(type, member)                                        \
    {.name = "Name",                                                           \
     .kind = PROPERTY_STRING,                                                  \
     .offset = offsetof(type, member.name),                                    \
     .flags = PROPERTY_UNKNOWABLE,                                             \
     .example = "shop"},                                                       \
        {.name = "Description",                                                \
         .kind = PROPERTY_STRING,                                              \
         .offset = offsetof(type, member.description),                         \
         .flags = PROPERTY_UNKNOWABLE,                                         \
         .max = 256},                                                          \
        {.name = "Scope",                                                      \
         .kind = PROPERTY_WORD,                                                \
         .offset = offsetof(type, member.scope),                               \
         .flags = PROPERTY_REQUIRED,                                           \
         .words = waf_scope_words,                                             \
         .example = "REGIONAL"},                                               \
    {                                                                          \
        .name = "Tags", .kind = PROPERTY_IGNORED                               \
    }

extern const char *const waf_scope_words[];

/* Fills it in; `kind` is the one whose ARN it has, which becomes known as that
 * of `object`. */
void waf_read_entity(struct build *build, const struct resource *resource,
                     enum known_kind kind, const struct entity_input *input,
                     void *object, struct waf_entity *entity);

/* "awswaf:ACCOUNT:webacl:NAME:". */
struct str waf_label_prefix(const struct waf_build *waf,
                            const struct waf_entity *entity, const char *kind);

/* What stands in a reference's Arn.  NULL: it is none that is known here (which
 * was said, and what follows from it: `then`), or none at all. */
void *waf_find(const struct waf_reader *r, enum known_kind kind,
               const struct field *field, const char *path, const char *then);
#define WAF_NO_MATCH "the statement never matches"

/* ---- rules, statements, actions -------------------------------------------------------- */

/* read_waf_rule.c: a LIST of rules, ascending by priority. */
const struct waf_rule *waf_read_rules(struct waf_reader *r,
                                      const struct value *list,
                                      const char *path, unsigned *n);
extern const struct schema waf_visibility_schema;
struct waf_visibility waf_read_visibility(const struct waf_reader *r,
                                          const struct field *field,
                                          const char *path);
extern const struct schema waf_immunity_schema;
/* Seconds; 0: not said. */
unsigned waf_read_immunity(const struct waf_reader *r,
                           const struct field *field, const char *path,
                           unsigned least);

/* read_waf_action.c.  False with an error. */
bool waf_read_action(struct waf_reader *r, const struct value *value,
                     const char *path, struct waf_action *action);
bool waf_read_default_action(struct waf_reader *r, const struct value *value,
                             struct waf_action *action);
bool waf_read_bodies(struct waf_reader *r, const struct field *field);

/* read_waf_statement.c.  NULL with an error. */
const struct waf_statement *waf_read_statement(struct waf_reader *r,
                                               const struct value *value,
                                               const struct waf_at *at);

/* read_waf_match.c, read_waf_address.c, read_waf_rate.c, read_waf_group.c: by
 * the type of the statement.  False with an error. */
typedef bool waf_read_function(struct waf_reader *r, const struct value *value,
                               const struct waf_at *at,
                               struct waf_statement *to);
waf_read_function waf_read_byte_match, waf_read_regex_match,
    waf_read_regex_set_match, waf_read_size, waf_read_sqli, waf_read_xss,
    waf_read_geo, waf_read_ip_set_match, waf_read_asn, waf_read_label_match,
    waf_read_rate, waf_read_managed_group, waf_read_group;

/* read_waf_field.c. */
bool waf_read_field(struct waf_reader *r, const struct value *value,
                    const char *path, struct waf_field *field);

/* read_waf_match.c: TextTransformations. */
extern const struct schema waf_transformation_schema;
bool waf_read_chain(struct waf_reader *r, const struct field *list,
                    const char *path, struct waf_chain *chain);

/* read_waf_address.c: ForwardedIPConfig. */
extern const struct schema waf_forwarded_schema;
bool waf_read_forwarded(struct waf_reader *r, const struct field *field,
                        const char *path, struct waf_forwarded *forwarded);

/* read_waf_logging.c */
void waf_read_protections(struct waf_reader *r, const struct field *field,
                          struct config_web_acl *acl);

/* waf_label.c: what is wrong with a label's name, or with a key of labels; a
 * clause, LF, and a remedy.  NULL: nothing. */
const char *waf_label_fault(struct str label);
const char *waf_label_key_fault(struct str key, bool name_space);

/* waf_country.c */
bool waf_is_country(struct str code);

#endif
