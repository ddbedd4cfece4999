/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the files of the template loader: what the files declare, and how
 * far it is resolved.
 *
 * Names are checked first, all of them (names.c); afterwards a name that is
 * not declared is just unknown.  Functions are evaluated when somebody asks
 * for their value: a branch of Fn::If that is not taken, never.
 */
#ifndef SLUICE_TEMPLATE_RESOLVE_H
#define SLUICE_TEMPLATE_RESOLVE_H

#include "model/arn.h"
#include "template/template.h"

enum {
    RESOLVE_DEPTH_MAX = 256,             /* functions and values, nested */
    RESOLVE_BYTES_MAX = 8 * 1024 * 1024, /* that functions make */
};

enum progress { FRESH, RUNNING, DONE };

enum truth { IS_FALSE, IS_TRUE, IS_UNKNOWN };

/* ---- sections.c: the merged sections ------------------------------------- */

enum section_id {
    SECTION_PARAMETERS,
    SECTION_MAPPINGS,
    SECTION_CONDITIONS,
    SECTION_RESOURCES,
    SECTION_OUTPUTS,
    SECTIONS,
};

struct section {
    unsigned n;
    unsigned cap;
    const struct value **entries; /* in the order written; on the heap */
    unsigned *by_key;             /* indexes, in the keys' order */
};

/* ---- what they declare --------------------------------------------------- */

struct parameter {
    const struct value *value; /* UNKNOWN without one */
    bool secret;               /* NoEcho */
};

struct condition {
    enum progress progress;
    enum truth truth;
    struct str cause; /* IS_UNKNOWN: why */
};

enum resource_kind {
    KIND_IGNORED, /* nobody reads it */
    KIND_READ,
    KIND_LOAD_BALANCER,
    KIND_LISTENER,
    KIND_RULE,
    KIND_GROUP,
    KIND_TRUST_STORE, /* its files are in AWS */
    KIND_CERTIFICATE, /* its names may be known only in AWS */
    /* What they refer to may be known only in AWS. */
    KIND_SECURITY_GROUP,
    KIND_INGRESS,
    KIND_SUBNET,
    KIND_WEB_ACL,
    KIND_RULE_GROUP,
    KIND_IP_SET,
    KIND_REGEX_SET,
    KIND_ALARM, /* composite ones as well */
    KIND_TOPIC,
};

struct declared {
    struct str id;
    const struct value *value; /* the entry of Resources */
    struct str type;
    enum resource_kind kind;
    bool dropped; /* by its Condition */
    enum progress progress;
    const struct value *properties; /* resolved; NULL: none */
    struct declared *asked_by;      /* while it is RUNNING */
    enum progress id_progress;
    struct str given_id; /* Metadata.Sluice.Id; n == 0: none */
};

struct export
{
    enum progress progress;
    const struct value *value;
};

struct resolver {
    struct region *region;
    struct report *report;
    const struct template_options *options;
    struct arn_scope scope;
    struct section sections[SECTIONS];
    struct parameter *parameters; /* in their sections' order */
    struct condition *conditions;
    struct declared *resources;
    struct export *outputs;
    struct str macro; /* a Transform that may add to the template */
    struct declared *running;
    unsigned depth;
    unsigned quiet;  /* faults are not errors: nobody needs the value */
    size_t produced; /* bytes */
    bool exhausted;
    bool secret; /* a NoEcho parameter was looked at */
};

/* Adds the document's sections; reports what does not belong there. */
void sections_add(struct resolver *r, const struct value *root);

/* Sorts them.  After the last sections_add(). */
void sections_ready(struct resolver *r);

void sections_free(struct resolver *r);

/* The index of the entry, -1 when there is none. */
int section_find(const struct resolver *r, enum section_id id, struct str key);

/* The nearest key of the sections whose bits (1 << id) are in the mask, or
 * NULL. */
const char *section_suggest(const struct resolver *r, unsigned mask,
                            struct str word);

/* ---- resolve.c ----------------------------------------------------------- */

/* What Ref AWS::NoValue resolves to: its property or element is left out. */
extern const struct value resolve_no_value;

/* The value without functions; never NULL. */
const struct value *resolve(struct resolver *r, const struct value *v);

/* An UNKNOWN with this reason. */
const struct value *resolve_unknown(struct resolver *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* An error ("what\nremedy") unless r->quiet, and the UNKNOWN that stands for
 * the value. */
const struct value *resolve_fault(struct resolver *r, const struct place *place,
                                  const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A function that is not written as it must be. */
const struct value *resolve_misshapen(struct resolver *r,
                                      const struct value *call,
                                      const char *example);

/* Whether so many bytes more may be made; else an error, once. */
bool resolve_charge(struct resolver *r, size_t n, const struct place *place);

/* A STRING of text that stands in the region with a NUL behind it. */
const struct value *resolve_made(struct resolver *r, struct str text,
                                 const struct place *place);

/* The function that a map is: its one entry, whose key is Ref or begins with
 * Fn::.  NULL: it is none. */
const struct value *resolve_call(const struct value *map);

bool resolve_is_function(struct str name);

/* The nearest function's name, or NULL. */
const char *resolve_suggest(struct str name);

/* The elements of a list of `min` to `max` (at most 4); false when it is no
 * such list. */
bool resolve_arguments(const struct value *list, unsigned min, unsigned max,
                       const struct value *arguments[4]);

/* ---- functions ----------------------------------------------------------- */

typedef const struct value *resolve_function(struct resolver *r,
                                             const struct value *call,
                                             const struct value *argument);

/* functions_text.c */
resolve_function function_join, function_split, function_sub, function_base64,
    function_json;

/* One piece of Fn::Sub's text: what is literal, then a name in ${}. */
struct sub_piece {
    struct str literal;
    struct str name;
    bool has_name;
};

/* False at the end of the text. */
bool function_sub_next(struct str *rest, struct sub_piece *piece);

/* functions_list.c */
resolve_function function_select, function_length, function_zones,
    function_cidr, function_find_in_map, function_import, function_transform;

/* conditions.c */
resolve_function function_if;

/* references.c */
resolve_function reference_ref, reference_attribute;

/* The value of a name in Fn::Sub: "Name" or "Resource.Attribute". */
const struct value *reference_name(struct resolver *r,
                                   const struct place *place, struct str name);

/* Whether it is a pseudo parameter ("AWS::Region"). */
bool reference_is_pseudo(struct str name);

/* The nearest one, or NULL. */
const char *reference_suggest_pseudo(struct str name);

/* ---- parameters.c, conditions.c, names.c, resources.c, outputs.c --------- */

void parameters_read(struct resolver *r);

/* Judges every condition once, so that what is wrong is said once. */
void conditions_judge(struct resolver *r);

/* The condition of this name; IS_UNKNOWN with a cause when it cannot be
 * known. */
enum truth condition_truth(struct resolver *r, struct str name,
                           const struct place *place, struct str *cause);

/* Reports every name that is not declared. */
void names_check(struct resolver *r);

/* Indexes the resources and checks their types and attributes. */
void resources_declare(struct resolver *r);

/* Marks those whose Condition is false. */
void resources_drop(struct resolver *r);

/* The resource's properties, resolved; NULL when it has none. */
const struct value *resource_properties(struct resolver *r, struct declared *d,
                                        const struct place *place);

/* {id: {Type, Properties, Metadata}} of those that are not dropped. */
const struct value *resources_resolve(struct resolver *r);

/* Notes which types nobody reads. */
void resources_note_ignored(struct resolver *r);

/* NULL, or the attributes of a type, up to a NULL. */
const char *const *resource_attributes(enum resource_kind kind);

/* Of AWS::EC2: what is wrong with one is nobody's business unless a load
 * balancer asks for it. */
static inline bool resource_is_of_vpc(enum resource_kind kind)
{
    return kind >= KIND_SECURITY_GROUP && kind <= KIND_SUBNET;
}

/* The value of an output, resolved. */
const struct value *output_value(struct resolver *r, unsigned index);

void outputs_resolve(struct resolver *r, struct template *template);

/* ---- mistaken.c ---------------------------------------------------------- */

/* An error when the document is something else that people have at hand: a
 * Terraform plan, a Compose file.  True when it was reported. */
bool mistaken_report(const struct value *root, struct report *report);

/* By the file's name alone. */
bool mistaken_name(const char *file, struct report *report);

#endif
