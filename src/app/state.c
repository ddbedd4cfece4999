/* SPDX-License-Identifier: Apache-2.0 */
#include "app/state.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/state_folder.h"
#include "base/file.h"
#include "base/log.h"
#include "model/account_json.h"
#include "model/merge.h"
#include "store/kept.h"

/* How often another node may be faster. */
enum { TRIES = 8 };

static const char file_name[] = "/account.sqlite";

/* ---- where it is ------------------------------------------------------------ */

static bool is_service(void)
{
    const char *folder = getenv("STATE_DIRECTORY");

    return folder && folder[0];
}

/* A template says what the account is, so that nothing need be kept between
 * runs at a terminal; a service has a folder for it. */
static const char *default_where(struct state *state, struct error *error)
{
    char folder[PATH_MAX];
    const char *there;

    if (state->options.templates && !is_service())
        return STORE_MEMORY;
    there = state_folder(state->options.folder, folder);
    if (there == NULL)
        return STORE_MEMORY;
    if (!file_make_folders(there, error))
        return NULL;
    if ((size_t)snprintf(state->path, sizeof(state->path), "%s%s", there,
                         file_name) >= sizeof(state->path)) {
        error_set(error, "the name of the state folder is too long");
        return NULL;
    }
    return state->path;
}

static bool is_memory(const char *where)
{
    return strcmp(where, STORE_MEMORY) == 0;
}

bool state_open(struct state *state, const struct state_options *options,
                struct error *error)
{
    char folder[PATH_MAX];
    struct store_open_options how = {.memory = -1};

    state->options = *options;
    how.where = options->where ? options->where : default_where(state, error);
    if (how.where == NULL)
        return false;
    how.folder = state_folder(options->folder, folder);
    how.takes_over = state->parent->start == START_UPGRADE;
    how.patient = state->parent->start == START_CRASHED;
    if (is_memory(how.where) && state->parent->fd >= 0) {
        how.memory = parent_account(state->parent, error);
        if (how.memory < 0)
            return false;
    }
    state->store = store_open(&how, &state->found, error);
    return state->store != NULL;
}

void state_end(struct state *state)
{
    if (state->store)
        state->store->ops->end(state->store);
    kept_free(state->found);
    kept_free(state->document);
    region_end(&state->region);
    state->store = NULL;
    state->found = state->document = NULL;
}

/* ---- region, account and stack --------------------------------------------- */

static struct str scope_of(struct region *region, const struct config *config)
{
    return region_printf(region, STR_FMT " " STR_FMT " " STR_FMT,
                         STR_ARG(config->region_name), STR_ARG(config->account),
                         STR_ARG(config->stack));
}

static bool discards(const struct state *state)
{
    return state->options.reset && state->parent->start == START_FIRST;
}

struct str state_stack(const struct state *state)
{
    struct str rest = state->found ? state->found->scope : STR("");

    if (discards(state))
        return STR("");
    str_cut(&rest, ' ');
    str_cut(&rest, ' ');
    return rest.p ? rest : STR("");
}

static bool put_scope(struct text *t, struct str scope)
{
    struct str rest = scope;
    struct str region_name = str_cut(&rest, ' ');
    struct str account = rest.p ? str_cut(&rest, ' ') : STR("");

    text_printf(t, "region " STR_FMT ", account " STR_FMT ", stack " STR_FMT,
                STR_ARG(region_name), STR_ARG(account),
                STR_ARG(rest.p ? rest : STR("")));
    return true;
}

/* Ids and ARNs that clients hold must not change under them. */
static bool check_scope(struct state *state, struct str scope,
                        struct error *error)
{
    char buffers[2][160];
    struct text is = text_in(buffers[0], sizeof(buffers[0]));
    struct text wanted = text_in(buffers[1], sizeof(buffers[1]));

    if (str_eq(state->found->scope, scope))
        return true;
    put_scope(&is, state->found->scope);
    put_scope(&wanted, scope);
    return error_set(error,
                     "the account that is kept is of " STR_FMT
                     "; this start says " STR_FMT
                     ": its ARNs would change. Set AWS_REGION, AWS_ACCOUNT_ID "
                     "and --stack as they were, name another place with "
                     "--state, or discard what is kept with --reset",
                     STR_ARG(text_str(&is)), STR_ARG(text_str(&wanted)));
}

/* ---- what runs --------------------------------------------------------------- */

struct choice {
    struct account *base;     /* what the template says; NULL: there is none */
    struct document document; /* holds its accounts */
};

static const char *where_of(const struct state *state)
{
    struct str what;
    bool connected;

    state->store->ops->tell(state->store, &what, &connected);
    return what.p;
}

static void log_choice(const struct state *state, const char *why)
{
    const struct document *found = state->found;

    log_write(LOG_INFO, "state", "%s: %u resources of revision %llu %s",
              where_of(state), found->account->n,
              (unsigned long long)found->account->revision, why);
}

static void take_template(struct state *state, struct choice *choice)
{
    uint64_t revision = state->found ? state->found->account->revision + 1 : 1;

    choice->document.account = account_again(choice->base, revision);
    state->as_template = true;
}

static void take_found(const struct state *state, struct choice *choice)
{
    const struct document *found = state->found;

    choice->document.account = account_hold(found->account);
    choice->document.digest = found->digest;
    account_release(choice->document.base);
    choice->document.base = found->base ? account_hold(found->base) : NULL;
}

static bool merge(struct state *state, struct choice *choice,
                  const struct config *config, struct error *error)
{
    struct error why = {""};

    choice->document.account =
        account_merge(state->found->account, state->found->base, choice->base,
                      config->stack, &why);
    if (choice->document.account)
        return true;
    return error_set(error,
                     "%s; the account is kept (%s), and --reset discards it",
                     why.text, where_of(state));
}

static bool choose(struct state *state, struct choice *choice,
                   const struct config *config, struct error *error)
{
    bool first = state->parent->start == START_FIRST;

    if (state->found == NULL || discards(state)) {
        if (state->found)
            log_choice(state, "are discarded (--reset)");
        take_template(state, choice);
        return true;
    }
    if (!check_scope(state, choice->document.scope, error))
        return false;
    if (state->parent->start == START_CRASHED || !state->options.templates ||
        str_eq(state->found->digest, choice->document.digest)) {
        if (first)
            log_choice(state, "go on");
        take_found(state, choice);
        state->as_template =
            account_is_template(state->found->account, choice->base);
        return true;
    }
    log_choice(state, "are merged with the template, which is another one");
    return merge(state, choice, config, error);
}

static void forget(struct choice *choice)
{
    account_release(choice->document.account);
    account_release(choice->document.base);
    choice->document.account = choice->document.base = NULL;
}

static struct choice begin_choice(struct state *state,
                                  const struct config *config,
                                  struct account *base)
{
    struct choice choice = {.base = base};

    choice.document.scope = scope_of(&state->region, config);
    choice.document.digest = STR("");
    state->as_template = false;
    if (state->options.templates) {
        choice.document.base = account_hold(base);
        choice.document.digest = account_json_digest(base, &state->region);
    }
    return choice;
}

/* Stored where it is not what was kept.  STORE_CONFLICT: another node was
 * faster, and what it made was found. */
static enum store_result keep(struct state *state, const struct choice *choice,
                              struct error *error)
{
    enum store_result result;
    struct document *theirs = NULL;

    if (state->found &&
        state->found->account->revision == choice->document.account->revision)
        return STORE_SAVED;
    state->unsaved = state->found && state->parent->start == START_UPGRADE;
    result = state->store->ops->put(state->store, state->found,
                                    &choice->document, &theirs, error);
    if (result == STORE_CONFLICT) {
        kept_free(state->found);
        state->found = theirs;
    }
    return result;
}

static enum store_result try(struct state *state, const struct config *config,
                             struct account *base, struct error *error)
{
    struct choice choice = begin_choice(state, config, base);
    enum store_result result = STORE_FAILED;

    if (choose(state, &choice, config, error))
        result = keep(state, &choice, error);
    if (result == STORE_SAVED)
        state->document = kept_copy(&choice.document);
    forget(&choice);
    return result;
}

bool state_choose(struct state *state, const struct config *config,
                  const struct value *resources, struct error *error)
{
    struct account *base = account_new(resources, 0);
    enum store_result result = STORE_CONFLICT;

    for (unsigned i = 0; i < TRIES && result == STORE_CONFLICT; i++)
        result = try(state, config, base, error);
    account_release(base);
    if (result == STORE_CONFLICT)
        return error_set(error, "other nodes change the account all the time: "
                                "start again");
    return result == STORE_SAVED;
}
