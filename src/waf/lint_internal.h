/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the files of what is said of web ACLs.
 */
#ifndef SLUICE_WAF_LINT_INTERNAL_H
#define SLUICE_WAF_LINT_INTERNAL_H

#include "base/chunk.h"
#include "match/byte_set.h"
#include "waf/lint.h"

enum {
    /* Steps of comparing statements with each other, for one list of rules:
     * beyond that it is told that not all were compared. */
    LINT_WORK_MAX = 2 * 1000 * 1000,
    /* Bytes of a line of a head: no value of it is longer. */
    LINT_LINE_MAX = 16 * 1024,
};

struct lint {
    struct waf_program *program;
    const struct config_web_acl *acl;
    struct report *report;
    struct region region;
    struct chunk_pool pool;
    struct arena arena; /* for transformations */
    uint64_t work;
    /* Of two statements that are compared the first is looked at later than
     * the other one: 1, earlier: -1, at the same time: 0.  Labels come and
     * never go. */
    int later;
};

/* A rule where it stands. */
struct lint_at {
    const struct waf_rule *rule;
    const struct config_rule_group *group; /* NULL: the ACL's own */
    unsigned position; /* in the ACL: of what refers to it */
};

enum lint_truth { LINT_DEPENDS, LINT_ALWAYS, LINT_NEVER };

/* Why a statement is always or never true, and how to mend it. */
struct lint_reason {
    struct str why;
    struct str remedy;
};

/* lint_value.c: what is known of one statement over values or addresses. */
enum lint_truth lint_leaf(struct lint *lint, const struct waf_statement *s,
                          struct lint_reason *reason);
/* The value after a chain; p == NULL: it is too long for that. */
struct str lint_transform(struct lint *lint, const struct waf_chain *chain,
                          struct str text);
/* Whether a test is true of a value as it is after the chain; BYTE_MATCH, SIZE
 * and REGEX_MATCH. */
bool lint_is_true_of(const struct waf_statement *s, struct str value);
/* Whether the part is one value at most. */
bool lint_is_single(const struct waf_field *field);
/* Whether the statement may be true whatever the value is. */
bool lint_is_true_unseen(const struct waf_field *field);
/* Lengths for which it is true, both ends included; false: there is none. */
bool lint_size_range(const struct waf_statement *s, uint64_t *least,
                     uint64_t *most);

/* lint_label.c: the same of a label match of a rule. */
enum lint_truth lint_label(struct lint *lint, const struct lint_at *at,
                           const struct waf_statement *s,
                           struct lint_reason *reason);

/* lint_cover.c: whether whatever makes `a` true makes `b` true, too; `b` NULL:
 * everything.  False also where that is not known. */
bool lint_implies(struct lint *lint, const struct waf_statement *a,
                  const struct waf_statement *b);
/* Whether they cannot both be true. */
bool lint_excludes(struct lint *lint, const struct waf_statement *a,
                   const struct waf_statement *b);
/* Whether all headers that can keep a rule with `a` from being applied keep
 * one with `b` from it as well. */
bool lint_applies_with(const struct waf_statement *a,
                       const struct waf_statement *b);
/* Same part of the request, same transformations. */
bool lint_same_values(const struct waf_statement *a,
                      const struct waf_statement *b);

/* lint_habit.c: what looks like a mistake in a rule. */
void lint_habits(struct lint *lint, const struct lint_at *at);

/* lint_witness.c: a request that the rule is meant for; what became of it.
 * False: none could be made up. */
struct lint_witness {
    char text[256];            /* "GET /admin" */
    bool matched;              /* by the rule itself */
    const struct waf_rule *by; /* that ended it; NULL: none */
};
bool lint_try_witness(struct lint *lint, const struct waf_rule *rule,
                      const struct waf_statement *statement,
                      struct lint_witness *witness);

/* lint.c: a warning "rule NAME, PATH: what", of a rule group with "group NAME, "
 * before it; behind the LF the remedy. */
void lint_say(struct lint *lint, enum severity severity,
              const struct lint_at *at, const struct waf_statement *s,
              const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
