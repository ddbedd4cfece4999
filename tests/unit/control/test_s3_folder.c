/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder in the place of S3: what is read from it, and what never is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "control/s3_folder.h"

struct world {
    char top[64];
    char path[80]; /* top/s3 */
    struct s3_folder folder;
    struct region region;
    struct str bytes;
    struct error why;
};

static const char *const folders[] = {"s3", "s3/bucket", "s3/bucket/deep"};
static const char *const files[] = {"s3/bucket/object", "s3/bucket/deep/object",
                                    "s3/outside", "outside"};

static void path_of(const struct world *w, const char *name, char path[256])
{
    snprintf(path, 256, "%s/%s", w->top, name);
}

static int make(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    char path[256];

    assert_non_null(w);
    snprintf(w->top, sizeof(w->top), "/tmp/sluice-s3-XXXXXX");
    assert_non_null(mkdtemp(w->top));
    for (unsigned i = 0; i < 3; i++) {
        path_of(w, folders[i], path);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        FILE *f;

        path_of(w, files[i], path);
        f = fopen(path, "w");
        assert_non_null(f);
        fputs(files[i], f);
        fclose(f);
    }
    snprintf(w->path, sizeof(w->path), "%s/s3", w->top);
    s3_folder_init(&w->folder, str_of(w->path));
    *state = w;
    return 0;
}

static int clean(void **state)
{
    struct world *w = *state;
    char path[256];

    for (unsigned i = 0; i < 4; i++) {
        path_of(w, files[i], path);
        unlink(path);
    }
    for (unsigned i = 3; i > 0; i--) {
        path_of(w, folders[i - 1], path);
        rmdir(path);
    }
    rmdir(w->top);
    region_end(&w->region);
    free(w);
    return 0;
}

static enum object_result get(struct world *w, const char *bucket,
                              const char *key, size_t max)
{
    const struct object_source *source = &w->folder.source;

    w->why.text[0] = '\0';
    return source->read(source->owner, str_of(bucket), str_of(key), STR("v"),
                        max, &w->region, &w->bytes, &w->why);
}

static void test_an_object_is_a_file(void **state)
{
    struct world *w = *state;

    assert_int_equal(get(w, "bucket", "object", 100), OBJECT_READ);
    assert_true(str_eq(w->bytes, STR("s3/bucket/object")));
    assert_int_equal(get(w, "bucket", "deep/object", 100), OBJECT_READ);
    assert_true(str_eq(w->bytes, STR("s3/bucket/deep/object")));
}

static void test_what_is_not_there_is_not_found(void **state)
{
    static const char *const names[][2] = {
        {"bucket", "nothing"},
        {"nothing", "object"},
        {"bucket", "object/x"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct world *w = *state;

        assert_int_equal(get(w, names[i][0], names[i][1], 100),
                         OBJECT_NOT_FOUND);
        assert_int_equal(w->bytes.n, 0);
        assert_true(w->why.text[0] != '\0');
    }
}

static void test_no_name_leads_out_of_the_bucket(void **state)
{
    static const char *const names[][2] = {
        {"bucket", "../outside"},
        {"bucket", "deep/../object"},
        {"bucket", "./object"},
        {"bucket", "/etc/passwd"},
        {"bucket", "deep//object"},
        {"bucket", "object/"},
        {"..", "outside"},
        {".", "outside"},
        {"", "outside"},
        {"bucket/deep", "object"},
        {"Bucket", "object"},
        {"bucket", ""},
        {"bucket", ".."},
        {".bucket", "object"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        assert_int_equal(get(*state, names[i][0], names[i][1], 100),
                         OBJECT_NOT_FOUND);
}

static void test_what_is_no_file_or_too_large_is_refused(void **state)
{
    struct world *w = *state;

    assert_int_equal(get(w, "bucket", "deep", 100), OBJECT_REFUSED);
    assert_int_equal(get(w, "bucket", "object", 3), OBJECT_REFUSED);
    assert_true(w->why.text[0] != '\0');
}

static void test_without_a_folder_the_option_is_named(void **state)
{
    struct world *w = *state;

    s3_folder_init(&w->folder, STR(""));
    assert_int_equal(get(w, "bucket", "object", 100), OBJECT_NOT_FOUND);
    assert_non_null(strstr(w->why.text, "--s3-folder"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_object_is_a_file),
        TEST(test_what_is_not_there_is_not_found),
        TEST(test_no_name_leads_out_of_the_bucket),
        TEST(test_what_is_no_file_or_too_large_is_refused),
        TEST(test_without_a_folder_the_option_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
