/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/memory.h"
#include "store/memory_file.h"
#include "stores.h"

#define A "A: {Type: T, Properties: {Port: 80}}"
#define B "B: {Type: T}"
#define B2 "B: {Type: U}"
#define C "C: {Type: T}"

static int file(void)
{
    struct error error = {""};
    int fd = memory_store_file(&error);

    assert_true(fd >= 0);
    return fd;
}

static void check_kept(int fd, const struct document *expected)
{
    struct document *found;
    struct error error = {""};

    if (!memory_file_read(fd, &found, &error))
        fail_msg("%s", error.text);
    stores_check_same(found, expected);
    kept_free(found);
}

static void test_every_change_is_kept(void **state)
{
    static const struct {
        const char *text;
        const char *base;
    } documents[] = {
        {A, NULL},
        {A "," B, NULL},
        {A "," B2, NULL},
        {B2, NULL},
        {B2 "," C, C},
        {C "," B2, C},
        {"A: {Type: \"\xc3\xa4\"}", NULL},
        {A "," B "," C, A "," B},
    };
    struct document *before = NULL;
    struct error error = {""};
    int fd = file();

    (void)state;
    for (size_t i = 0; i < sizeof(documents) / sizeof(*documents); i++) {
        struct document *after =
            stores_document(documents[i].text, documents[i].base, i + 1);

        assert_true(memory_file_write(fd, before, after, &error));
        check_kept(fd, after);
        kept_free(before);
        before = after;
    }
    kept_free(before);
    close(fd);
}

static void test_a_record_by_halves_does_not_count(void **state)
{
    struct document *first = stores_document(A, NULL, 1);
    struct document *second = stores_document(A "," B, NULL, 2);
    struct error error = {""};
    uint64_t head[3];
    uint64_t end;
    int fd = file();

    (void)state;
    assert_true(memory_file_write(fd, NULL, first, &error));
    assert_int_equal(pread(fd, head, sizeof(head), 0), sizeof(head));
    end = head[2];
    assert_true(memory_file_write(fd, first, second, &error));
    check_kept(fd, second);
    /* Killed before the end was written: */
    assert_int_equal(pwrite(fd, &end, sizeof(end), 16), sizeof(end));
    check_kept(fd, first);
    assert_true(memory_file_write(fd, first, second, &error));
    check_kept(fd, second);
    kept_free(first);
    kept_free(second);
    close(fd);
}

static void test_many_changes_do_not_pile_up(void **state)
{
    enum { MANY = 5000 };
    struct document *before = stores_document(A "," B, NULL, 1);
    struct error error = {""};
    struct stat status;
    int fd = file();

    (void)state;
    assert_true(memory_file_write(fd, NULL, before, &error));
    for (unsigned i = 2; i < MANY; i++) {
        struct document *after =
            stores_document(i % 2 ? A "," B : A "," B2, NULL, i);

        assert_true(memory_file_write(fd, before, after, &error));
        kept_free(before);
        before = after;
    }
    check_kept(fd, before);
    assert_int_equal(fstat(fd, &status), 0);
    /* Each change is some 80 bytes; what is in use is far less than all. */
    assert_true(status.st_size > 300 * 1024);
    assert_true(status.st_blocks * 512 < 160 * 1024);
    kept_free(before);
    close(fd);
}

static void test_what_is_no_account_is_refused(void **state)
{
    static const uint64_t heads[][3] = {
        {0, 24, 24},
        {0x314d656369756c53, 0, 24},
        {0x314d656369756c53, 24, 8},
        {0x314d656369756c53, 24, 30},
        {0x314d656369756c53, 24, UINT64_MAX},
    };
    struct document *found;
    int fd = file();

    (void)state;
    for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
        struct error error = {""};

        assert_int_equal(pwrite(fd, heads[i], sizeof(heads[i]), 0),
                         sizeof(heads[i]));
        assert_false(memory_file_read(fd, &found, &error));
        assert_null(found);
        assert_string_equal(error.text,
                            "what the parent process kept makes no sense");
    }
    close(fd);
}

static void test_the_next_process_finds_what_the_old_one_kept(void **state)
{
    struct store_open_options options = {.where = "memory", .memory = file()};
    struct document *first = stores_document(A, NULL, 1);
    struct document *second = stores_document(A "," B, NULL, 2);
    struct document *found;
    struct document *theirs;
    struct error error = {""};
    struct stores_host hosts[2] = {{.changes = 0}, {.changes = 0}};
    struct store *old = store_open(&options, &found, &error);
    struct store *next;

    (void)state;
    assert_non_null(old);
    assert_null(found);
    assert_int_equal(old->ops->put(old, NULL, first, &theirs, &error),
                     STORE_SAVED);
    stores_begin(old, &hosts[0]);
    options.takes_over = true;
    next = store_open(&options, &found, &error);
    stores_check_same(found, first);
    kept_free(found);
    assert_int_equal(stores_save(old, first, second, &error), STORE_SAVED);
    old->ops->let_go(old);
    assert_int_equal(stores_save(old, second, first, &error), STORE_FAILED);
    stores_begin(next, &hosts[1]);
    assert_int_equal(hosts[1].changes, 1);
    assert_int_equal(hosts[1].revision, 2);
    old->ops->end(old);
    next->ops->end(next);
    kept_free(first);
    kept_free(second);
    close(options.memory);
}

static void test_without_a_parent_nothing_is_kept(void **state)
{
    struct store_open_options options = {.where = "memory", .memory = -1};
    struct document *first = stores_document(A, NULL, 1);
    struct document *second = stores_document(B, NULL, 2);
    struct document *found;
    struct document *theirs;
    struct error error = {""};
    struct stores_host host = {.changes = 0};
    struct store *store = store_open(&options, &found, &error);

    (void)state;
    assert_non_null(store);
    assert_null(found);
    assert_int_equal(store->ops->put(store, NULL, first, &theirs, &error),
                     STORE_SAVED);
    stores_begin(store, &host);
    assert_int_equal(stores_save(store, first, second, &error), STORE_SAVED);
    assert_int_equal(host.changes, 0);
    store->ops->end(store);
    kept_free(first);
    kept_free(second);
}

static void test_what_state_may_name(void **state)
{
    static const struct {
        const char *text;
        const char *why; /* NULL: it may */
    } cases[] = {
        {"memory", NULL},
        {"account.sqlite", NULL},
        {"/var/lib/x", NULL},
        {"./x", NULL},
        {"", "must be FILE.sqlite"},
        {"memroy", "did you mean memory?"},
        {"account", "must be FILE.sqlite"},
        {"postgres://x", "must be FILE.sqlite"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct error error = {""};

        assert_int_equal(store_spec_check(cases[i].text, &error),
                         cases[i].why == NULL);
        if (cases[i].why && strstr(error.text, cases[i].why) == NULL)
            fail_msg("%s: %s", cases[i].text, error.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_change_is_kept),
        cmocka_unit_test(test_a_record_by_halves_does_not_count),
        cmocka_unit_test(test_many_changes_do_not_pile_up),
        cmocka_unit_test(test_what_is_no_account_is_refused),
        cmocka_unit_test(test_the_next_process_finds_what_the_old_one_kept),
        cmocka_unit_test(test_without_a_parent_nothing_is_kept),
        cmocka_unit_test(test_what_state_may_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
