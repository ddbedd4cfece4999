/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/tls_hello.h"

enum { ROOM = 40 * 1024 };

/* A ClientHello in the making. */
struct hello {
    char p[ROOM];
    size_t n;
};

static void add(struct hello *h, const char *p, size_t n)
{
    assert_true(h->n + n <= sizeof(h->p));
    memcpy(h->p + h->n, p, n);
    h->n += n;
}

static void add_number(struct hello *h, unsigned number, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        char byte = (char)(number >> 8 * (size - 1 - i));

        add(h, &byte, 1);
    }
}

/* Writes the length of what stands behind `at`, in `size` bytes there. */
static void close_part(struct hello *h, size_t at, unsigned size)
{
    size_t n = h->n - at - size;

    for (unsigned i = 0; i < size; i++)
        h->p[at + i] = (char)(n >> 8 * (size - 1 - i));
}

static void add_name(struct hello *h, unsigned type, const char *name)
{
    add_number(h, type, 1);
    add_number(h, (unsigned)strlen(name), 2);
    add(h, name, strlen(name));
}

/* The message; `other`: bytes of another extension in front. */
static void make(struct hello *h, const char *name, size_t other)
{
    static const char zeros[20000];
    size_t message;
    size_t extensions;
    size_t part;

    h->n = 0;
    add_number(h, 1, 1);
    message = h->n;
    add_number(h, 0, 3);
    add_number(h, 0x0303, 2);
    add(h, zeros, 32);
    add_number(h, 32, 1);
    add(h, zeros, 32);
    add_number(h, 4, 2);
    add(h, "\x13\x01\x13\x02", 4);
    add_number(h, 1, 1);
    add(h, zeros, 1);
    extensions = h->n;
    add_number(h, 0, 2);
    add_number(h, 51, 2);
    add_number(h, (unsigned)other, 2);
    add(h, zeros, other);
    if (name) {
        add_number(h, 0, 2);
        part = h->n;
        add_number(h, 0, 4);
        add_name(h, 0, name);
        close_part(h, part + 2, 2);
        close_part(h, part, 2);
    }
    close_part(h, extensions, 2);
    close_part(h, message, 3);
}

/* The same in records of at most `most` bytes. */
static struct str records_of(const struct hello *h, size_t most,
                             struct hello *out)
{
    out->n = 0;
    for (size_t at = 0; at < h->n; at += most) {
        size_t n = h->n - at < most ? h->n - at : most;

        add(out, "\x16\x03\x01", 3);
        add_number(out, (unsigned)n, 2);
        add(out, h->p + at, n);
    }
    return str_make(out->p, out->n);
}

static struct hello hello;
static struct hello wire;

static enum tls_hello ask(struct str records, struct str *name)
{
    /* Of its own size, so that a sanitizer sees a read beyond its end. */
    char *copy = malloc(records.n ? records.n : 1);
    static char found[TLS_HELLO_MAX];
    char *room = malloc(TLS_HELLO_MAX);
    struct client_hello read;
    enum tls_hello result;

    assert_non_null(copy);
    assert_non_null(room);
    memcpy(copy, records.p, records.n);
    *name = STR("");
    result = tls_hello_read(str_make(copy, records.n), room, &read);
    if (result == TLS_HELLO_WHOLE)
        *name = tls_hello_name(&read);
    memcpy(found, name->p, name->n);
    name->p = found;
    free(copy);
    free(room);
    return result;
}

static void check_name(struct str records, const char *expected)
{
    struct str name;

    assert_int_equal(ask(records, &name), TLS_HELLO_WHOLE);
    assert_int_equal(name.n, strlen(expected));
    assert_memory_equal(name.p, expected, name.n);
}

/* ---- tests ------------------------------------------------------------------ */

static void test_the_name_is_found(void **state)
{
    (void)state;
    make(&hello, "lb-1.us-east-1.elb.localhost", 100);
    check_name(records_of(&hello, 16384, &wire),
               "lb-1.us-east-1.elb.localhost");
}

static void test_a_name_in_pieces_is_put_together(void **state)
{
    (void)state;
    make(&hello, "lb-1.us-east-1.elb.localhost", 20);
    check_name(records_of(&hello, hello.n - 10, &wire),
               "lb-1.us-east-1.elb.localhost");
    check_name(records_of(&hello, hello.n / 7, &wire),
               "lb-1.us-east-1.elb.localhost");
    make(&hello, "lb-1.us-east-1.elb.localhost", 15000);
    check_name(records_of(&hello, 4000, &wire), "lb-1.us-east-1.elb.localhost");
}

static void test_every_begin_of_a_hello_is_a_part(void **state)
{
    struct str records;
    struct str name;

    (void)state;
    make(&hello, "a.localhost", 20);
    records = records_of(&hello, 60, &wire);
    for (size_t n = 0; n < records.n; n++)
        assert_int_equal(ask(str_make(records.p, n), &name), TLS_HELLO_PART);
    check_name(records, "a.localhost");
}

static void test_without_a_name_there_is_none(void **state)
{
    struct str name;

    (void)state;
    make(&hello, NULL, 20);
    assert_int_equal(ask(records_of(&hello, 16384, &wire), &name),
                     TLS_HELLO_WHOLE);
    assert_int_equal(name.n, 0);
    make(&hello, "", 20);
    assert_int_equal(ask(records_of(&hello, 16384, &wire), &name),
                     TLS_HELLO_WHOLE);
    assert_int_equal(name.n, 0);
}

static void test_what_is_no_hello_is_not_waited_for(void **state)
{
    struct str name;

    (void)state;
    make(&hello, "a.localhost", 20);
    hello.p[0] = 2;
    assert_int_equal(ask(records_of(&hello, 16384, &wire), &name),
                     TLS_HELLO_OTHER);
    hello.p[0] = 1;
    records_of(&hello, 16384, &wire);
    wire.p[0] = 21; /* an alert */
    assert_int_equal(ask(str_make(wire.p, wire.n), &name), TLS_HELLO_OTHER);
}

static void test_neither_long_nor_scattered_hellos_are_waited_for(void **state)
{
    struct str name;
    struct str records;

    (void)state;
    make(&hello, "a.localhost", 17000);
    records = records_of(&hello, 4000, &wire);
    assert_int_equal(ask(str_make(records.p, 4005), &name), TLS_HELLO_OTHER);
    make(&hello, "a.localhost", 20);
    records = records_of(&hello, hello.n / 9, &wire);
    assert_int_equal(ask(records, &name), TLS_HELLO_OTHER);
}

/* Whatever byte is another one, nothing is read beyond the end. */
static void test_lengths_that_lie_are_no_name(void **state)
{
    struct str records;
    struct str name;

    (void)state;
    make(&hello, "a.localhost", 20);
    records = records_of(&hello, 90, &wire);
    for (size_t i = 0; i < records.n; i++) {
        char before = wire.p[i];

        for (int byte = 0; byte < 256; byte += 17) {
            wire.p[i] = (char)byte;
            if (ask(records, &name) == TLS_HELLO_WHOLE)
                assert_true(name.n <= records.n);
        }
        wire.p[i] = before;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_name_is_found),
        cmocka_unit_test(test_a_name_in_pieces_is_put_together),
        cmocka_unit_test(test_every_begin_of_a_hello_is_a_part),
        cmocka_unit_test(test_without_a_name_there_is_none),
        cmocka_unit_test(test_what_is_no_hello_is_not_waited_for),
        cmocka_unit_test(test_neither_long_nor_scattered_hellos_are_waited_for),
        cmocka_unit_test(test_lengths_that_lie_are_no_name),
    };

    return cmocka_run_group_tests_name("net/tls_hello", tests, NULL, NULL);
}
