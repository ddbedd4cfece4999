/* SPDX-License-Identifier: Apache-2.0
 *
 * An account in a test, and calls to it: what control/calls.c does, without
 * threads, workers or a store.
 */
#ifndef TESTS_API_CALLS_H
#define TESTS_API_CALLS_H

#include "api/action.h"

struct calls {
    struct region region;
    struct local local; /* set what is local before calls_begin() */
    struct account *account;
    struct config *config;
    struct account_view view;            /* of both; set what else it has */
    const struct object_source *objects; /* NULL: S3 has none */
    struct call call;                    /* the last one */
    struct random random;
};

/* An account of these resources (values.h), which must be right. */
void calls_begin(struct calls *calls, const char *resources);
void calls_end(struct calls *calls);

/* Runs an action with an input written as in values.h; $Id in it is the ARN of
 * resource Id.  calls->call has the result or the fault; true without one. */
bool calls_try(struct calls *calls, const struct action_table *table,
               const char *name, const char *input, ...)
    __attribute__((format(printf, 4, 5)));

/* It must succeed, or be refused with this code and a message that begins
 * with this; "": any. */
#define MUST(calls, table, name, ...)                                          \
    calls_must((calls), (table), (name), __FILE__, __LINE__, __VA_ARGS__)
#define REFUSES(calls, code, begin, table, name, ...)                          \
    calls_refuses((calls), (code), (begin), (table), (name), __FILE__,         \
                  __LINE__, __VA_ARGS__)

void calls_must(struct calls *calls, const struct action_table *table,
                const char *name, const char *file, int line, const char *input,
                ...) __attribute__((format(printf, 6, 7)));
void calls_refuses(struct calls *calls, const char *code, const char *begin,
                   const struct action_table *table, const char *name,
                   const char *file, int line, const char *input, ...)
    __attribute__((format(printf, 8, 9)));

/* ARN of a resource; the test fails when there is none. */
struct str calls_arn(const struct calls *calls, struct str id);

/* What stands at a path of the result, "TargetGroups.0.Port": a text, "" for
 * what is there and has none, NULL when it is not there. */
const char *calls_at(const struct calls *calls, const char *path);

/* That it is this; NULL: not there. */
#define AT(calls, path, text)                                                  \
    calls_expect((calls), (path), (text), __FILE__, __LINE__)
void calls_expect(const struct calls *calls, const char *path, const char *text,
                  const char *file, int line);

#endif
