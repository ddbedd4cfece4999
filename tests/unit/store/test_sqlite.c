/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store/sqlite.h"
#include "store/sqlite_file.h"
#include "stores.h"

#define A "A: {Type: T, Properties: {Port: 80, Vpc: ?only AWS knows?}}"
#define B "B: {Type: T}"
#define B2 "B: {Type: U}"
#define C "C: {Type: T}"

static struct store *open_at(const char *path, struct document **found)
{
    struct store_open_options options = {.where = path, .memory = -1};
    struct error error = {""};
    struct store *store = store_open(&options, found, &error);

    if (store == NULL)
        fail_msg("%s", error.text);
    return store;
}

static void check_kept(const char *path, const struct document *expected)
{
    struct document *found;
    struct error error = {""};

    assert_true(store_read(path, &found, &error));
    stores_check_same(found, expected);
    kept_free(found);
}

static void check_refused(const char *path, const char *why)
{
    struct store_open_options options = {.where = path, .memory = -1};
    struct document *found;
    struct error error = {""};

    assert_null(store_open(&options, &found, &error));
    assert_null(found);
    if (strstr(error.text, why) == NULL || strstr(error.text, path) == NULL)
        fail_msg("\"%s\" does not say \"%s\" and the file", error.text, why);
}

static void run_sql(const char *path, const char *sql)
{
    char *why = NULL;
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s", why);
    sqlite3_close(db);
}

/* ---- kept --------------------------------------------------------------------- */

static void test_what_was_saved_is_found_at_the_next_start(void **state)
{
    const char *path = stores_path("kept.sqlite");
    struct document *first = stores_document(A "," B, A, 1);
    struct document *second = stores_document(A "," B2 "," C, A, 2);
    struct document *third = stores_document(C, NULL, 3);
    struct error error = {""};
    struct document *theirs;
    struct document *found;
    struct stores_host host = {.changes = 0};
    struct store *store = open_at(path, &found);

    (void)state;
    assert_null(found);
    assert_int_equal(store->ops->put(store, NULL, first, &theirs, &error),
                     STORE_SAVED);
    check_kept(path, first);
    stores_begin(store, &host);
    assert_int_equal(stores_save(store, first, second, &error), STORE_SAVED);
    check_kept(path, second);
    assert_int_equal(stores_save(store, second, third, &error), STORE_SAVED);
    store->ops->end(store);

    store = open_at(path, &found);
    stores_check_same(found, third);
    assert_int_equal(host.changes, 0);
    store->ops->end(store);
    kept_free(found);
    kept_free(first);
    kept_free(second);
    kept_free(third);
}

static void test_another_order_is_kept_as_well(void **state)
{
    const char *path = stores_path("order.sqlite");
    struct document *first = stores_document(A "," B "," C, A "," B, 1);
    struct document *second = stores_document(C "," A "," B, B "," A, 2);
    struct error error = {""};
    struct document *theirs;
    struct document *found;
    struct store *store = open_at(path, &found);

    (void)state;
    assert_int_equal(store->ops->put(store, NULL, first, &theirs, &error),
                     STORE_SAVED);
    assert_int_equal(store->ops->put(store, first, second, &theirs, &error),
                     STORE_SAVED);
    store->ops->end(store);
    check_kept(path, second);
    kept_free(first);
    kept_free(second);
}

static void test_a_change_writes_only_what_differs(void **state)
{
    const char *path = stores_path("few.sqlite");
    struct document *first = stores_document(A "," B "," C, A "," B, 1);
    struct region region = {NULL};
    struct edit edit = {NULL, NULL};
    struct document after = *first;
    struct error error = {""};
    struct document *theirs;
    struct document *found;
    struct store *store = open_at(path, &found);

    (void)state;
    assert_int_equal(store->ops->put(store, NULL, first, &theirs, &error),
                     STORE_SAVED);
    store->ops->end(store);
    run_sql(path, "CREATE TABLE written (id TEXT);"
                  "CREATE TRIGGER a AFTER UPDATE ON resource BEGIN "
                  "INSERT INTO written VALUES (new.id); END;"
                  "CREATE TRIGGER b AFTER INSERT ON resource BEGIN "
                  "INSERT INTO written VALUES (new.id); END;"
                  "CREATE TRIGGER c AFTER UPDATE ON base BEGIN "
                  "INSERT INTO written VALUES ('base'); END;"
                  "CREATE TRIGGER d AFTER INSERT ON base BEGIN "
                  "INSERT INTO written VALUES ('base'); END;"
                  "CREATE TRIGGER e AFTER DELETE ON base BEGIN "
                  "INSERT INTO written VALUES ('base'); END;");
    store = open_at(path, &found);
    /* It shares all resources but one with the one before. */
    edit_put(&region, &edit, STR("B"), found->account->resources[2]->value);
    after.account = account_edit(found->account, &edit);
    after.base = found->base;
    assert_int_equal(store->ops->put(store, found, &after, &theirs, &error),
                     STORE_SAVED);
    store->ops->end(store);
    check_kept(path, &after);
    {
        struct sqlite_file file;
        int64_t n = 0;

        assert_true(sqlite_file_copy(&file, path, &error));
        assert_true(sqlite_file_number(
            &file, "SELECT count(*) * 100 + sum(id = 'B') FROM written", &n,
            &error));
        assert_int_equal(n, 101);
        sqlite_file_close(&file);
    }
    account_release(after.account);
    kept_free(found);
    kept_free(first);
    region_end(&region);
}

static void
test_a_document_that_is_not_the_newest_is_not_overwritten(void **state)
{
    const char *path = stores_path("conflict.sqlite");
    struct document *first = stores_document(A, NULL, 1);
    struct document *stale = stores_document(B, NULL, 5);
    struct document *next = stores_document(C, NULL, 6);
    struct error error = {""};
    struct document *theirs;
    struct document *found;
    struct store *store = open_at(path, &found);

    (void)state;
    assert_int_equal(store->ops->put(store, NULL, first, &theirs, &error),
                     STORE_SAVED);
    assert_int_equal(store->ops->put(store, stale, next, &theirs, &error),
                     STORE_CONFLICT);
    stores_check_same(theirs, first);
    kept_free(theirs);
    assert_int_equal(store->ops->put(store, NULL, next, &theirs, &error),
                     STORE_CONFLICT);
    kept_free(theirs);
    store->ops->end(store);
    check_kept(path, first);
    kept_free(first);
    kept_free(stale);
    kept_free(next);
}

static void test_a_file_is_for_its_owner_alone(void **state)
{
    const char *path = stores_path("private.sqlite");
    const char *const all[] = {path, stores_path("private.sqlite-wal"),
                               stores_path("private.sqlite-shm"),
                               stores_path("private.sqlite-lock")};
    struct document *first = stores_document(A, NULL, 1);
    struct error error = {""};
    struct document *theirs;
    struct document *found;
    struct stat status;
    struct store *store;
    int fd = open(path, O_WRONLY | O_CREAT, 0644);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    store = open_at(path, &found);
    assert_int_equal(store->ops->put(store, NULL, first, &theirs, &error),
                     STORE_SAVED);
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        assert_int_equal(stat(all[i], &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
    }
    store->ops->end(store);
    kept_free(first);
}

/* ---- versions ------------------------------------------------------------------- */

/* A file as Sluice of version 1 of the tables wrote it. */
static const char version_1[] =
    "CREATE TABLE account (one INTEGER PRIMARY KEY CHECK (one = 1), revision "
    "INTEGER NOT NULL, scope TEXT NOT NULL, digest TEXT NOT NULL, base TEXT);"
    "CREATE TABLE resource (id TEXT PRIMARY KEY, position INTEGER NOT NULL "
    "UNIQUE, value TEXT NOT NULL) WITHOUT ROWID;"
    "INSERT INTO account VALUES (1, 41, 'us-east-1 000000000000 test', '9f86',"
    " %s);"
    "INSERT INTO resource VALUES ('B', 7, '{\"Type\":\"T\"}');"
    "INSERT INTO resource VALUES ('A', 3, '{\"Type\":\"T\",\"Properties\":"
    "{\"Port\":80,\"Vpc\":{\"Sluice::Unknown\":\"only AWS knows\"}}}');"
    "PRAGMA application_id = 1399612261; PRAGMA user_version = 1;";

static void check_version_1(const char *name, const char *base_json,
                            const char *base)
{
    const char *path = stores_path(name);
    struct document *expected = stores_document(A "," B, base, 41);
    struct document *next = stores_document(A "," B2, base, 42);
    struct document *found;
    struct document *theirs;
    struct error error = {""};
    struct store *store;
    char sql[2000];

    snprintf(sql, sizeof(sql), version_1, base_json);
    run_sql(path, sql);
    expected->digest = next->digest = STR("9f86");
    check_kept(path, expected); /* and leaves it as it was */
    store = open_at(path, &found);
    stores_check_same(found, expected);
    assert_int_equal(store->ops->put(store, found, next, &theirs, &error),
                     STORE_SAVED);
    store->ops->end(store);
    check_kept(path, next);
    kept_free(found);
    kept_free(next);
    kept_free(expected);
}

static void test_a_file_of_an_older_version_is_changed(void **state)
{
    (void)state;
    check_version_1("old.sqlite",
                    "'{\"B\":{\"Type\":\"U\"},\"A\":{\"Type\":\"T\","
                    "\"Properties\":{\"Port\":80,\"Vpc\":"
                    "{\"Sluice::Unknown\":\"only AWS knows\"}}}}'",
                    B2 "," A);
    check_version_1("old-without-base.sqlite", "NULL", NULL);
}

static void test_a_file_of_a_newer_version_is_left_alone(void **state)
{
    const char *path = stores_path("newer.sqlite");

    (void)state;
    run_sql(path, "CREATE TABLE x (y); PRAGMA application_id = 1399612261; "
                  "PRAGMA user_version = 99;");
    check_refused(path, "version 99, which a newer Sluice made");
}

static void test_a_file_of_another_program_is_left_alone(void **state)
{
    const char *path = stores_path("others.sqlite");

    (void)state;
    run_sql(path, "CREATE TABLE bookmarks (url);");
    check_refused(path, "of another program");
}

/* ---- what goes wrong ------------------------------------------------------------- */

static void write_file(const char *path, const char *text, size_t n)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fwrite(text, 1, n, file);
    fclose(file);
}

static void test_what_is_no_database_is_refused(void **state)
{
    const char *path = stores_path("text.sqlite");

    (void)state;
    write_file(path, "Resources: {}\n", 14);
    check_refused(path, "damaged, or none of SQLite's");
}

static void test_a_damaged_file_is_refused(void **state)
{
    const char *path = stores_path("damaged.sqlite");
    struct document *first = stores_document(A "," B, A, 1);
    struct document *found;
    struct document *theirs;
    struct error error = {""};
    struct store *store = open_at(path, &found);
    char noise[4096];
    int fd;

    (void)state;
    assert_int_equal(store->ops->put(store, NULL, first, &theirs, &error),
                     STORE_SAVED);
    store->ops->end(store);
    memset(noise, 0xa5, sizeof(noise));
    fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, noise, sizeof(noise), 4096), sizeof(noise));
    close(fd);
    check_refused(path, "damaged");
    kept_free(first);
}

static void test_a_row_that_is_no_resource_is_named(void **state)
{
    const char *path = stores_path("row.sqlite");
    struct document *first = stores_document(A "," B, NULL, 1);
    struct document *found;
    struct document *theirs;
    struct error error = {""};
    struct store *store = open_at(path, &found);

    (void)state;
    assert_int_equal(store->ops->put(store, NULL, first, &theirs, &error),
                     STORE_SAVED);
    store->ops->end(store);
    run_sql(path, "UPDATE resource SET value = '{\"Type\":' WHERE id = 'B'");
    check_refused(path, "resource \"B\"");
    kept_free(first);
}

static void test_a_folder_that_is_missing_is_named(void **state)
{
    (void)state;
    check_refused(stores_path("missing/account.sqlite"),
                  "No such file or directory");
}

static void test_a_folder_is_no_file(void **state)
{
    const char *path = stores_path("folder.sqlite");

    (void)state;
    assert_int_equal(mkdir(path, 0700), 0);
    check_refused(path, "cannot write");
}

static void test_a_full_disk_refuses_the_change_and_keeps_the_rest(void **state)
{
    const char *path = stores_path("full.sqlite");
    struct document *first = stores_document(A, NULL, 1);
    struct region region = {NULL};
    struct value *map = value_new(&region, VALUE_MAP, NULL);
    struct value *large = value_new(&region, VALUE_MAP, NULL);
    struct document *found;
    struct document *theirs;
    struct document after;
    struct error error = {""};
    struct sqlite_file file;
    char *text = calloc(1, 200 * 1024);

    (void)state;
    assert_true(sqlite_file_open(&file, path, &error));
    assert_true(sqlite_file_update(&file, &error));
    assert_int_equal(sqlite_file_put(&file, NULL, first, &theirs, &error),
                     STORE_SAVED);
    memset(text, 'x', 200 * 1024 - 1);
    value_put(&region, large, STR("Type"),
              value_string(&region, str_of(text), NULL));
    value_put(&region, map, STR("B"), large);
    after = *first;
    after.account = account_new(map, 2);
    /* SQLite's own limit stands for the disk's: the error is the same. */
    assert_true(sqlite_file_run(&file, "PRAGMA max_page_count = 16", &error));
    assert_int_equal(sqlite_file_put(&file, first, &after, &theirs, &error),
                     STORE_FAILED);
    assert_non_null(strstr(error.text, "make room on its disk"));
    assert_true(sqlite_file_read(&file, &found, &error));
    stores_check_same(found, first);
    sqlite_file_close(&file);
    kept_free(found);
    kept_free(first);
    account_release(after.account);
    region_end(&region);
    free(text);
}

static void test_a_file_that_was_deleted_takes_nothing_more(void **state)
{
    const char *path = stores_path("deleted.sqlite");
    struct document *first = stores_document(A, NULL, 1);
    struct document *second = stores_document(B, NULL, 2);
    struct document *found;
    struct document *theirs;
    struct error error = {""};
    struct store *store = open_at(path, &found);

    (void)state;
    assert_int_equal(store->ops->put(store, NULL, first, &theirs, &error),
                     STORE_SAVED);
    unlink(path);
    assert_int_equal(store->ops->put(store, first, second, &theirs, &error),
                     STORE_FAILED);
    assert_non_null(strstr(error.text, "was deleted or replaced"));
    store->ops->end(store);
    kept_free(first);
    kept_free(second);
}

/* ---- one at a time ---------------------------------------------------------------- */

/* Has another process open the file, and returns it once it has. */
static pid_t open_elsewhere(const char *path, int *pipe_out)
{
    int pipes[2];
    char byte;
    pid_t pid;

    assert_int_equal(pipe(pipes), 0);
    pid = fork();
    if (pid == 0) {
        struct store_open_options options = {.where = path, .memory = -1};
        struct document *found;
        struct error error = {""};

        if (store_open(&options, &found, &error) == NULL ||
            write(pipes[1], "x", 1) != 1)
            _exit(1);
        pause();
        _exit(0);
    }
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    close(pipes[1]);
    *pipe_out = pipes[0];
    return pid;
}

static void test_a_second_process_is_told_who_has_the_file(void **state)
{
    const char *path = stores_path("taken.sqlite");
    char who[32];
    int fd;
    pid_t pid = open_elsewhere(path, &fd);
    struct document *found;
    struct store *store;

    (void)state;
    snprintf(who, sizeof(who), "in use by process %d", (int)pid);
    check_refused(path, who);
    check_refused(path, "--state FILE.sqlite");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    store = open_at(path, &found); /* it is free again, whatever became */
    store->ops->end(store);
    close(fd);
}

static void
test_the_next_process_takes_over_when_the_old_one_lets_go(void **state)
{
    const char *path = stores_path("upgrade.sqlite");
    struct store_open_options next_options = {
        .where = path, .memory = -1, .takes_over = true};
    struct document *first = stores_document(A, NULL, 1);
    struct document *second = stores_document(A "," B, NULL, 2);
    struct document *third = stores_document(B, NULL, 3);
    struct document *found;
    struct document *theirs;
    struct error error = {""};
    struct stores_host hosts[2] = {{.changes = 0}, {.changes = 0}};
    struct store *old = open_at(path, &found);
    struct store *next;

    (void)state;
    assert_int_equal(old->ops->put(old, NULL, first, &theirs, &error),
                     STORE_SAVED);
    stores_begin(old, &hosts[0]);
    next = store_open(&next_options, &found, &error);
    assert_non_null(next);
    stores_check_same(found, first);
    kept_free(found);
    assert_int_equal(next->ops->put(next, first, third, &theirs, &error),
                     STORE_SAVED); /* of which nothing comes: not yet */
    assert_int_equal(stores_save(old, first, second, &error), STORE_SAVED);
    old->ops->let_go(old);
    assert_int_equal(stores_save(old, second, third, &error), STORE_FAILED);
    stores_begin(next, &hosts[1]);
    assert_int_equal(hosts[1].changes, 1);
    assert_int_equal(hosts[1].revision, 2);
    assert_int_equal(stores_save(next, second, third, &error), STORE_SAVED);
    old->ops->end(old);
    next->ops->end(next);
    check_kept(path, third);
    kept_free(first);
    kept_free(second);
    kept_free(third);
}

static int end(void **state)
{
    (void)state;
    stores_end();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_saved_is_found_at_the_next_start),
        cmocka_unit_test(test_another_order_is_kept_as_well),
        cmocka_unit_test(test_a_change_writes_only_what_differs),
        cmocka_unit_test(
            test_a_document_that_is_not_the_newest_is_not_overwritten),
        cmocka_unit_test(test_a_file_is_for_its_owner_alone),
        cmocka_unit_test(test_a_file_of_an_older_version_is_changed),
        cmocka_unit_test(test_a_file_of_a_newer_version_is_left_alone),
        cmocka_unit_test(test_a_file_of_another_program_is_left_alone),
        cmocka_unit_test(test_what_is_no_database_is_refused),
        cmocka_unit_test(test_a_damaged_file_is_refused),
        cmocka_unit_test(test_a_row_that_is_no_resource_is_named),
        cmocka_unit_test(test_a_folder_that_is_missing_is_named),
        cmocka_unit_test(test_a_folder_is_no_file),
        cmocka_unit_test(
            test_a_full_disk_refuses_the_change_and_keeps_the_rest),
        cmocka_unit_test(test_a_file_that_was_deleted_takes_nothing_more),
        cmocka_unit_test(test_a_second_process_is_told_who_has_the_file),
        cmocka_unit_test(
            test_the_next_process_takes_over_when_the_old_one_lets_go),
    };

    return cmocka_run_group_tests(tests, NULL, end);
}
