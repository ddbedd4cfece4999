/* SPDX-License-Identifier: Apache-2.0
 *
 * The account that a process starts with: what is kept, what the template says,
 * or both.
 *
 *     nothing kept, or --reset     the template
 *     after a crash                what is kept
 *     the same template as then    what is kept
 *     no template                  what is kept
 *     another template             both, merged as HUP would (model/merge.h)
 *
 * ARNs are made of region, account and stack; an account that is kept goes on
 * only with the same ones.
 */
#ifndef SLUICE_APP_STATE_H
#define SLUICE_APP_STATE_H

#include <limits.h>

#include "app/parent.h"
#include "model/config.h"
#include "store/open.h"

struct state_options {
    const char *where;  /* --state; NULL: the default */
    const char *folder; /* --state-folder; NULL: that of the environment */
    const char *stack;  /* --stack; NULL: not given */
    bool templates;     /* there is a template, or --to */
    bool reset;
};

/* All zero but parent: nothing is open. */
struct state {
    struct parent *parent;
    struct state_options options;
    struct store *store;
    struct document *found;    /* what was kept; NULL: nothing */
    struct document *document; /* what runs */
    bool as_template;          /* ... which is the template as it is */
    bool unsaved;              /* server_options.unsaved */
    struct region region;
    char path[PATH_MAX]; /* of a file */
};

/* Opens the store and reads what is kept.  False with an error; state_end()
 * either way. */
bool state_open(struct state *state, const struct state_options *options,
                struct error *error);

/* The stack that the kept account is of; n == 0: nothing is kept. */
struct str state_stack(const struct state *state);

/* Chooses the document, and stores it.  `config` is the template's, of
 * `resources`.  False with an error. */
bool state_choose(struct state *state, const struct config *config,
                  const struct value *resources, struct error *error);

void state_end(struct state *state);

#endif
