/* SPDX-License-Identifier: Apache-2.0 */
#include "stores.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../model/values.h"
#include "model/diff.h"

static char folder[] = "/tmp/sluice-store-XXXXXX";
static struct region paths;

struct account *stores_account(const char *text, uint64_t revision)
{
    struct region region = {NULL};
    struct place mark = {NULL, 0, 0};
    struct account *account =
        account_new(values_parse(&region, text, &mark), revision);

    region_end(&region);
    return account;
}

struct document *stores_document(const char *text, const char *base,
                                 uint64_t revision)
{
    struct document all = {
        .account = stores_account(text, revision),
        .base = base ? stores_account(base, 0) : NULL,
        .digest = base ? STR("9f86") : STR(""),
        .scope = STR("us-east-1 000000000000 test"),
    };
    struct document *document = kept_copy(&all);

    account_release(all.account);
    account_release(all.base);
    return document;
}

static void check_accounts(const struct account *a, const struct account *b)
{
    assert_int_equal(a->n, b->n);
    for (unsigned i = 0; i < a->n; i++) {
        assert_true(str_eq(a->resources[i]->id, b->resources[i]->id));
        assert_true(diff_equal(a->resources[i]->value, b->resources[i]->value));
    }
}

void stores_check_same(const struct document *a, const struct document *b)
{
    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal(a->account->revision, b->account->revision);
    check_accounts(a->account, b->account);
    assert_int_equal(a->base != NULL, b->base != NULL);
    if (a->base && b->base)
        check_accounts(a->base, b->base);
    assert_true(str_eq(a->digest, b->digest));
    assert_true(str_eq(a->scope, b->scope));
}

const char *stores_folder(void)
{
    static bool made;

    if (!made)
        assert_non_null(mkdtemp(folder));
    made = true;
    return folder;
}

const char *stores_path(const char *name)
{
    return region_printf(&paths, "%s/%s", stores_folder(), name).p;
}

void stores_end(void)
{
    char command[PATH_MAX];

    snprintf(command, sizeof(command), "rm -rf '%s'", stores_folder());
    assert_int_equal(system(command), 0);
    region_end(&paths);
}

/* ---- a host ------------------------------------------------------------------ */

static void work(void *owner, struct store_work *what)
{
    (void)owner;
    what->run(what);
    what->done(what);
}

static void changed(void *owner, const struct document *theirs)
{
    struct stores_host *host = owner;

    host->changes++;
    host->revision = theirs->account->revision;
}

void stores_begin(struct store *store, struct stores_host *host)
{
    host->host = (struct store_host){NULL, work, changed, host};
    store->ops->begin(store, &host->host);
}

struct outcome {
    struct store_save save;
    bool done;
    enum store_result result;
    struct error *error;
};

static void done(struct store_save *save, enum store_result result,
                 struct document *theirs, const struct error *error)
{
    struct outcome *outcome = (struct outcome *)save;

    outcome->done = true;
    outcome->result = result;
    *outcome->error = *error;
    assert_int_equal(theirs != NULL, result == STORE_CONFLICT);
}

enum store_result stores_save(struct store *store,
                              const struct document *before,
                              const struct document *after, struct error *error)
{
    struct outcome outcome = {
        .save = {before, after, done},
        .error = error,
    };

    store->ops->save(store, &outcome.save);
    assert_true(outcome.done);
    return outcome.result;
}
