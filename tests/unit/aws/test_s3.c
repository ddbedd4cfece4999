/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/s3.h"

static int teardown(void **state)
{
    region_end(*state);
    return 0;
}

static int setup(void **state)
{
    static struct region region;

    *state = &region;
    return 0;
}

static void check_id(struct region *region, const char *answer,
                     const char *want)
{
    struct str id = s3_read_upload_id(region, str_of(answer));

    assert_int_equal(id.n, strlen(want));
    assert_memory_equal(id.n ? id.p : "", want, id.n);
}

static void an_id_is_what_s3_said(void **state)
{
    check_id(*state,
             "<?xml version=\"1.0\"?>\n<InitiateMultipartUploadResult xmlns="
             "\"http://s3.amazonaws.com/doc/2006-03-01/\"><Bucket>b</Bucket>"
             "<Key>k</Key><UploadId>a/b+c=d.e_f-g&amp;h</UploadId>"
             "</InitiateMultipartUploadResult>",
             "a/b+c=d.e_f-g&h");
}

static void without_an_id_there_is_none(void **state)
{
    char long_id[S3_UPLOAD_ID_MAX + 200] =
        "<InitiateMultipartUploadResult><UploadId>";
    size_t n = strlen(long_id);

    check_id(*state, "", "");
    check_id(*state, "{}", "");
    check_id(*state, "<Error><UploadId>x</UploadId></Error>", "");
    check_id(*state,
             "<InitiateMultipartUploadResult><UploadId></UploadId>"
             "</InitiateMultipartUploadResult>",
             "");
    memset(long_id + n, 'x', S3_UPLOAD_ID_MAX + 1);
    strcpy(long_id + n + S3_UPLOAD_ID_MAX + 1, /* NOLINT: there is room */
           "</UploadId></InitiateMultipartUploadResult>");
    check_id(*state, long_id, "");
}

static void parts_are_numbered_from_1(void **state)
{
    const struct str etags[] = {STR("\"0123\""), STR("<a&b>")};
    struct str body = s3_put_parts(*state, etags, 2);

    assert_true(
        str_eq(body, STR("<CompleteMultipartUpload xmlns="
                         "\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                         "<Part><PartNumber>1</PartNumber><ETag>\"0123\"</ETag>"
                         "</Part><Part><PartNumber>2</PartNumber><ETag>"
                         "&lt;a&amp;b&gt;</ETag></Part>"
                         "</CompleteMultipartUpload>")));
}

static void ten_thousand_parts_have_room(void **state)
{
    static char text[1024];
    static struct str etags[S3_PARTS_MAX];
    struct str body;

    memset(text, '&', sizeof(text));
    for (unsigned i = 0; i < S3_PARTS_MAX; i++)
        etags[i] = str_make(text, i % 10 ? 34 : sizeof(text));
    body = s3_put_parts(*state, etags, S3_PARTS_MAX);
    assert_true(body.n > 40);
    assert_memory_equal(body.p + body.n - 26, "</CompleteMultipartUpload>", 26);
}

static void only_what_is_printable_is_an_id(void **state)
{
    static const char *const none[] = {"", "a b", "a\n", "\x7f"};

    (void)state;
    assert_true(s3_is_upload_id(STR("a/b+c=d.e_f-g&h%")));
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_false(s3_is_upload_id(str_of(none[i])));
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_id_is_what_s3_said),
        TEST(without_an_id_there_is_none),
        TEST(only_what_is_printable_is_an_id),
        TEST(parts_are_numbered_from_1),
        TEST(ten_thousand_parts_have_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
