/* SPDX-License-Identifier: Apache-2.0
 *
 * What is wrong with a template, all of it: each problem with its place, what
 * it is, and how to mend it.
 *
 * Printed as
 *
 *     web.yaml:12:15: error: Port of listener Web is 0: a port is 1 to 65535
 *        12 |       Port: 0
 *           |             ^
 *         write the port that clients connect to, such as 80
 */
#ifndef SLUICE_MODEL_REPORT_H
#define SLUICE_MODEL_REPORT_H

#include "base/text.h"
#include "model/value.h"

enum severity { PROBLEM_ERROR, PROBLEM_WARNING, PROBLEM_NOTE };

struct problem {
    struct problem *next;
    unsigned number; /* in the order they were found; report_sort() */
    enum severity severity;
    struct place place; /* line 0: of no file */
    struct str what;    /* a clause without a full stop */
    struct str remedy;  /* n == 0: the problem says it all */
    const char *code;   /* what the API calls it, a string literal ("TooMany-
                           Actions"); NULL: ValidationError */
    /* Of a WAFInvalidParameterException (aws-waf.md 8.5).  A warning that has a
     * code is what the API refuses where it is asked for that very thing. */
    const char *field;    /* "FIELD_TO_MATCH"; NULL: not said */
    struct str parameter; /* n == 0: not said */
    const char *reason;   /* in AWS's words; NULL: `what` says it */
};

/* The same for who reports one; of the code a string literal, too. */
struct problem_detail {
    const char *code;
    const char *field;
    struct str parameter; /* copied */
    const char *reason;
};

/* A file's text, for the line that a problem shows. */
struct report_source {
    struct report_source *next;
    const char *file;
    struct str text;
};

/* All zero: empty.  report_end() frees it. */
struct report {
    struct region region;
    struct problem *first;
    struct problem *last;
    struct report_source *sources;
    unsigned errors;
    unsigned warnings;
    unsigned notes;
    bool strict;  /* report_doubt() makes errors */
    bool verbose; /* notes are kept */
    bool partly;  /* those of report_partly() are */
};

enum { REPORT_MAX = 200 }; /* more problems are counted, not kept */

/* Registers a file's text, which must live as long as the report. */
void report_source(struct report *report, const char *file, struct str text);

/* The first error; NULL: there is none. */
const struct problem *report_first_error(const struct report *report);

/* A problem for somebody who has one line: what it is; how to mend it. */
struct str problem_line(struct region *region, const struct problem *problem);

/* Adds a problem; `remedy` may be NULL.  All texts are copied. */
void report_add(struct report *report, enum severity severity,
                const struct place *place, const char *remedy,
                const char *format, ...) __attribute__((format(printf, 5, 6)));

/* As report_add(), and the remedy is formatted too: the what ends at the first
 * LF of the formatted text, the remedy is what follows it. */
void report_error(struct report *report, const struct place *place,
                  const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with a code of the API. */
void report_refuse(struct report *report, const struct place *place,
                   const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same of any severity, with all that an API says. */
void report_tell(struct report *report, enum severity severity,
                 const struct place *place, const struct problem_detail *detail,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));

/* What report_doubt() is here. */
static inline enum severity report_doubtful(const struct report *report)
{
    return report->strict ? PROBLEM_ERROR : PROBLEM_WARNING;
}

void report_warning(struct report *report, const struct place *place,
                    const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A note that `check` prints without --verbose as well: what is served is not
 * all that was asked for. */
void report_partly(struct report *report, const struct place *place,
                   const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A warning, or an error when the report is strict. */
void report_doubt(struct report *report, const struct place *place,
                  const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts the problems in the order of their places. */
void report_sort(struct report *report);

/* Prints one problem as above. */
void report_put(struct text *t, const struct report *report,
                const struct problem *problem);

void report_end(struct report *report);

#endif
