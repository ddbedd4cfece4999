/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/access_file.h"

static char folder[64];
static char state_path[128];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/sluice-access-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(state_path, sizeof(state_path), "%s/state", folder);
    return 0;
}

static const char *path_of(const char *name)
{
    static char path[256];

    snprintf(path, sizeof(path), "%s/%s", state_path, name);
    return path;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path_of(ACCESS_FILE_OWN));
    unlink(path_of("access-key.lock"));
    rmdir(state_path);
    return rmdir(folder);
}

static struct str copied(struct region *region, const struct access_keys *keys)
{
    const struct access_key *key = access_keys_first(keys);

    return region_printf(region, STR_FMT ":" STR_FMT, STR_ARG(key->id),
                         STR_ARG(key->secret));
}

static void test_a_pair_is_made_once_and_kept_for_us_alone(void **state)
{
    struct report report = {.strict = false};
    struct region region = {NULL};
    struct access_keys *keys;
    struct str first;
    struct stat st;
    bool made;

    (void)state;
    assert_null(access_file_look(state_path));
    keys = access_file_own(state_path, &made, &report);
    assert_non_null(keys);
    assert_true(made);
    first = copied(&region, keys);
    assert_int_equal(first.n, 20 + 1 + 40);
    assert_memory_equal(first.p, "AKIA", 4);
    assert_non_null(access_keys_first(keys)->policies);
    access_keys_release(keys);
    assert_int_equal(stat(path_of(ACCESS_FILE_OWN), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    keys = access_file_own(state_path, &made, &report);
    assert_non_null(keys);
    assert_false(made);
    assert_true(str_eq(first, copied(&region, keys)));
    access_keys_release(keys);
    keys = access_file_look(state_path);
    assert_non_null(keys);
    assert_true(str_eq(first, copied(&region, keys)));
    access_keys_release(keys);
    assert_int_equal(report.errors + report.warnings, 0);
    report_end(&report);
    region_end(&region);
}

static void test_two_folders_have_two_pairs(void **state)
{
    struct report report = {.strict = false};
    struct region region = {NULL};
    struct access_keys *keys;
    struct str first;
    bool made;

    (void)state;
    keys = access_file_own(state_path, &made, &report);
    first = copied(&region, keys);
    access_keys_release(keys);
    unlink(path_of(ACCESS_FILE_OWN));
    keys = access_file_own(state_path, &made, &report);
    assert_true(made);
    assert_false(str_eq(first, copied(&region, keys)));
    access_keys_release(keys);
    report_end(&report);
    region_end(&region);
}

static void test_a_pair_that_others_may_read_is_refused(void **state)
{
    struct report report = {.strict = false};
    struct access_keys *keys;
    bool made;

    (void)state;
    keys = access_file_own(state_path, &made, &report);
    access_keys_release(keys);
    assert_int_equal(chmod(path_of(ACCESS_FILE_OWN), 0640), 0);
    assert_null(access_file_own(state_path, &made, &report));
    assert_non_null(strstr(report.first->what.p, "chmod 600"));
    report_end(&report);
}

static void test_a_file_that_others_may_read_is_a_warning(void **state)
{
    struct report report = {.strict = false};
    struct access_keys *keys;
    bool made;

    (void)state;
    access_keys_release(access_file_own(state_path, &made, &report));
    keys = access_file_read(path_of(ACCESS_FILE_OWN), &report);
    assert_non_null(keys);
    access_keys_release(keys);
    assert_int_equal(report.warnings, 0);
    assert_int_equal(chmod(path_of(ACCESS_FILE_OWN), 0644), 0);
    keys = access_file_read(path_of(ACCESS_FILE_OWN), &report);
    assert_non_null(keys);
    access_keys_release(keys);
    assert_int_equal(report.warnings, 1);
    assert_non_null(strstr(report.first->what.p, "mode 644"));
    report_end(&report);
}

static void test_without_a_folder_or_a_file_it_is_said_what_to_do(void **state)
{
    struct report report = {.strict = false};
    bool made;

    (void)state;
    assert_null(access_file_own(NULL, &made, &report));
    assert_non_null(strstr(report.first->what.p, "no state folder"));
    assert_non_null(strstr(report.first->remedy.p, "--access-keys FILE"));
    assert_null(access_file_own("/proc/none/x", &made, &report));
    assert_null(access_file_read("/nowhere/keys.json", &report));
    assert_non_null(strstr(report.last->what.p, "/nowhere/keys.json"));
    assert_int_equal(report.errors, 3);
    report_end(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_a_pair_is_made_once_and_kept_for_us_alone, make_folder,
            remove_folder),
        cmocka_unit_test_setup_teardown(test_two_folders_have_two_pairs,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(
            test_a_pair_that_others_may_read_is_refused, make_folder,
            remove_folder),
        cmocka_unit_test_setup_teardown(
            test_a_file_that_others_may_read_is_a_warning, make_folder,
            remove_folder),
        cmocka_unit_test(test_without_a_folder_or_a_file_it_is_said_what_to_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
