/* SPDX-License-Identifier: Apache-2.0
 *
 * Shapes of wafv2's inputs as its newest model has them, and short words to
 * write them down.  What AWS bounds by a reader of its own (a limit of ours
 * too) the readers of the model check, not these.
 *
 *     NAME(MUST, "Name", 128)     a text of that pattern and length
 *     TOLDS(MAY, "Names", least, most, 64)    a list of such texts
 */
#ifndef SLUICE_API_WAF_SHAPE_H
#define SLUICE_API_WAF_SHAPE_H

#include "api/waf.h"

#define MAY .required = false
#define MUST .required = true

#define TEXT(must, called, low, high)                                          \
    {                                                                          \
        .name = (called), must, .kind = MEMBER_TEXT, .min = (low),             \
        .max = (high)                                                          \
    }
#define FITTING(must, called, high, function, regex)                           \
    {                                                                          \
        .name = (called), must, .kind = MEMBER_TEXT, .min = 1, .max = (high),  \
        .fits = (function), .pattern = (regex)                                 \
    }
#define FITTING_ALL(must, called, few, many, high, function, regex)            \
    {                                                                          \
        .name = (called), must, .kind = MEMBER_TEXTS, .least = (few),          \
        .most = (many), .min = 1, .max = (high), .fits = (function),           \
        .pattern = (regex)                                                     \
    }
#define NAME(must, called, high)                                               \
    FITTING(must, called, high, wafv2_is_name, "^[\\w\\-]+$")
#define TOLD(must, called, high)                                               \
    FITTING(must, called, high, wafv2_is_told, ".*\\S.*")
#define LABEL(must, called, high)                                              \
    FITTING(must, called, high, wafv2_is_label, "^[0-9A-Za-z_\\-:]+$")
#define NAMESPACE(must, called, high)                                          \
    FITTING(must, called, high, wafv2_is_namespace, "^[0-9A-Za-z_\\-:]+:$")
#define METRIC(must, called, high)                                             \
    FITTING(must, called, high, wafv2_is_metric, "^[\\w#:\\.\\-/]+$")
#define HEADER(must, called, high)                                             \
    FITTING(must, called, high, wafv2_is_header, "^[a-zA-Z0-9-]+$")
#define INSERTED(must, called, high)                                           \
    FITTING(must, called, high, wafv2_is_inserted, "^[a-zA-Z0-9._$-]+$")
#define ARN(must, called)                                                      \
    {                                                                          \
        .name = (called), must, WAFV2_ARN                                      \
    }
#define LINE(must, called, high)                                               \
    FITTING(must, called, high, wafv2_is_line, ".*")
#define PATH(must, called, high)                                               \
    FITTING(must, called, high, wafv2_is_path, "^\\/[^ ]*$")
#define TOLDS(must, called, few, many, high)                                   \
    FITTING_ALL(must, called, few, many, high, wafv2_is_told, ".*\\S.*")
#define DOMAINS(must, called, few, many, high)                                 \
    FITTING_ALL(must, called, few, many, high, wafv2_is_domain,                \
                "^[\\w\\.\\-/]+$")
#define POINTERS(must, called, few, many, high)                                \
    FITTING_ALL(must, called, few, many, high, wafv2_is_pointer,               \
                "([/])|([/](([^~])|(~[01]))+)")
#define TEXTS(must, called, few, many, low, high)                              \
    {                                                                          \
        .name = (called), must, .kind = MEMBER_TEXTS, .least = (few),          \
        .most = (many), .min = (low), .max = (high)                            \
    }
#define WORD(must, called, enumeration)                                        \
    {                                                                          \
        .name = (called), must, .kind = MEMBER_WORD, .words = (enumeration)    \
    }
#define NUMBER(must, called, low, high)                                        \
    {                                                                          \
        .name = (called), must, .kind = MEMBER_NUMBER, .min = (low),           \
        .max = (high)                                                          \
    }
#define NUMBERS(must, called, few, many, low, high)                            \
    {                                                                          \
        .name = (called), must, .kind = MEMBER_NUMBERS, .least = (few),        \
        .most = (many), .min = (low), .max = (high)                            \
    }
#define BOOL(must, called)                                                     \
    {                                                                          \
        .name = (called), must, .kind = MEMBER_BOOL                            \
    }
#define TIME(must, called)                                                     \
    {                                                                          \
        .name = (called), must, .kind = MEMBER_TIME                            \
    }
#define STRUCT(must, called, inner)                                            \
    {                                                                          \
        .name = (called), must, .kind = MEMBER_STRUCT, .shape = &(inner)       \
    }
#define STRUCTS(must, called, inner, few, many)                                \
    {                                                                          \
        .name = (called), must, .kind = MEMBER_STRUCTS, .shape = &(inner),     \
        .least = (few), .most = (many)                                         \
    }
#define MAP(must, called, inner, few)                                          \
    {                                                                          \
        .name = (called), must, .kind = MEMBER_MAP, .shape = &(inner),         \
        .least = (few)                                                         \
    }

bool wafv2_is_label(struct str text);
bool wafv2_is_namespace(struct str text);
bool wafv2_is_metric(struct str text);
bool wafv2_is_header(struct str text);
bool wafv2_is_inserted(struct str text);
bool wafv2_is_domain(struct str text);
bool wafv2_is_line(struct str text);    /* no line end: of headers */
bool wafv2_is_pointer(struct str text); /* JSON pointers, RFC 6901 */
bool wafv2_is_path(struct str text);

extern const char *const wafv2_fallbacks[];       /* MATCH, NO_MATCH */
extern const char *const wafv2_transformations[]; /* all of them */

extern const struct shape wafv2_empty_shape; /* {} */

/* waf_field_shapes.c */
extern const struct shape wafv2_field_shape;
extern const struct shape wafv2_transformation_shape;
extern const struct shape wafv2_pre_parse_shape;
extern const struct shape wafv2_forwarded_shape;
extern const struct shape wafv2_ip_set_forwarded_shape;

/* waf_managed_shapes.c, waf_statement_shapes.c */
extern const struct shape wafv2_managed_config_shape;
extern const struct shape wafv2_statement_shape;

/* waf_rule_shapes.c */
extern const struct shape wafv2_rule_shape;
extern const struct shape wafv2_rule_action_shape;
extern const struct shape wafv2_default_action_shape;
extern const struct shape wafv2_visibility_shape;
extern const struct shape wafv2_body_shape;
extern const struct shape wafv2_immunity_shape; /* CaptchaConfig, Challenge- */

/* waf_acl_shapes.c */
extern const struct shape wafv2_create_acl_shape;
extern const struct shape wafv2_update_acl_shape;
extern const struct shape wafv2_monetization_shape;

#endif
