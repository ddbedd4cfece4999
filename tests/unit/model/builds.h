/* SPDX-License-Identifier: Apache-2.0
 *
 * Configs built in tests from short texts (values.h), and what is said about
 * those that are wrong.
 */
#ifndef TESTS_MODEL_BUILDS_H
#define TESTS_MODEL_BUILDS_H

#include "model/config.h"

/* Something wrong, and the whole message. */
struct fault {
    const char *text; /* with ^ at the place of the problem */
    const char *what;
    const char *remedy;
};

/* In these the %s is for the text of a case. */
extern const char in_nothing[];   /* the text is all of the resources */
extern const char in_balancer[];  /* properties of load balancer Lb */
extern const char in_group[];     /* properties of target group Tg */
extern const char in_listener[];  /* properties of listener Web, HTTP on 80 */
extern const char in_action[];    /* the DefaultActions of Web */
extern const char in_https[];     /* the same of an HTTPS listener */
extern const char in_rule[];      /* properties of rule Api of Web */
extern const char in_condition[]; /* the Conditions of Api */
extern const char in_transform[]; /* the Transforms of Api */
extern const char in_statement[]; /* the Statement of rule R of web ACL Acl */
extern const char in_acl_rule[];  /* ... R beside Name, Priority,
                                     VisibilityConfig */
extern const char in_rules[];     /* the Rules of Acl */
extern const char in_acl[];       /* properties of Acl beside Name, Scope,
                                     DefaultAction, VisibilityConfig */
/* In these there are IP set Ips, regex pattern set Res, rule group Own. */
/* Target groups Blue and Green and balancer Lb are there in all of them from
 * in_action on. */

/* A config that must have no problem at all; config_release() it. */
struct config *build_good(const char *frame, const char *text);

/* Each case is an error, the only problem, with this message and place. */
void check_errors(const char *frame, const struct fault *faults, size_t n);

/* Each is a warning. */
void check_warnings(const char *frame, const struct fault *faults, size_t n);

/* Each is a warning, and an error when the report is strict. */
void check_doubts(const char *frame, const struct fault *faults, size_t n);

/* Long words. */
#define A16 "aaaaaaaaaaaaaaaa"
#define A128 A16 A16 A16 A16 A16 A16 A16 A16
#define A1024 A128 A128 A128 A128 A128 A128 A128 A128

#define CHECK_ERRORS(frame, faults)                                            \
    check_errors(frame, faults, sizeof(faults) / sizeof(*(faults)))
#define CHECK_WARNINGS(frame, faults)                                          \
    check_warnings(frame, faults, sizeof(faults) / sizeof(*(faults)))
#define CHECK_DOUBTS(frame, faults)                                            \
    check_doubts(frame, faults, sizeof(faults) / sizeof(*(faults)))

#endif
