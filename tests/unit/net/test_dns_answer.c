/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers of DNS servers, byte by byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/dns_answer.h"

enum { A = 1, CNAME = 5, AAAA = 28, SRV = 33 };

struct packet {
    unsigned char bytes[4096];
    size_t n;
};

static void put16(struct packet *p, unsigned v)
{
    p->bytes[p->n++] = (unsigned char)(v >> 8);
    p->bytes[p->n++] = (unsigned char)v;
}

/* "web.internal"; "^" is a pointer to the question's name. */
static void put_name(struct packet *p, const char *name)
{
    if (strcmp(name, "^") == 0) {
        put16(p, 0xc00c);
        return;
    }
    while (*name) {
        size_t n = strcspn(name, ".");

        p->bytes[p->n++] = (unsigned char)n;
        memcpy(p->bytes + p->n, name, n);
        p->n += n;
        name += n + (name[n] == '.');
    }
    p->bytes[p->n++] = 0;
}

static void begin(struct packet *p, const char *name, unsigned type,
                  unsigned nanswers)
{
    p->n = 0;
    put16(p, 7);
    put16(p, 0x8180);
    put16(p, 1);
    put16(p, nanswers);
    put16(p, 0);
    put16(p, 0);
    put_name(p, name);
    put16(p, type);
    put16(p, 1);
}

static void put_head(struct packet *p, const char *owner, unsigned type,
                     uint32_t ttl, size_t n)
{
    put_name(p, owner);
    put16(p, type);
    put16(p, 1);
    put16(p, ttl >> 16);
    put16(p, ttl & 0xffff);
    put16(p, (unsigned)n);
}

static void put_a(struct packet *p, const char *owner, uint32_t ttl,
                  unsigned char last)
{
    put_head(p, owner, A, ttl, 4);
    memcpy(p->bytes + p->n, "\x0a\0\0", 3);
    p->n += 3;
    p->bytes[p->n++] = last;
}

static void put_cname(struct packet *p, const char *owner, const char *to,
                      uint32_t ttl)
{
    put_head(p, owner, CNAME, ttl, strlen(to) + 2);
    put_name(p, to);
}

static void put_srv(struct packet *p, unsigned priority, unsigned port,
                    const char *target)
{
    put_head(p, "^", SRV, 60, 6 + (target[0] ? strlen(target) + 2 : 1));
    put16(p, priority);
    put16(p, 5);
    put16(p, port);
    put_name(p, target);
}

static struct dns_record records[DNS_RECORDS_MAX];

static bool read(const struct packet *p, enum dns_type type,
                 struct dns_answer *answer)
{
    *answer = (struct dns_answer){.records = records};
    return dns_answer_read(p->bytes, p->n, type, answer);
}

static void test_addresses_and_their_lowest_TTL(void **state)
{
    struct dns_answer answer;
    struct packet p;

    (void)state;
    begin(&p, "Web.Internal", A, 2);
    put_a(&p, "^", 30, 1);
    put_a(&p, "web.internal", 20, 2);
    assert_true(read(&p, DNS_A, &answer));
    assert_int_equal(answer.n, 2);
    assert_int_equal(records[0].address.family, 4);
    assert_int_equal(records[1].address.ip[3], 2);
    assert_int_equal(answer.ttl_s, 20);
}

static void test_records_of_other_names_are_not_ours(void **state)
{
    struct dns_answer answer;
    struct packet p;

    (void)state;
    begin(&p, "web", A, 3);
    put_a(&p, "other", 1, 66);
    put_a(&p, "^", 30, 1);
    put_a(&p, "web.other", 1, 67);
    assert_true(read(&p, DNS_A, &answer));
    assert_int_equal(answer.n, 1);
    assert_int_equal(answer.ttl_s, 30);
}

static void test_aliases_are_followed_and_count_for_the_TTL(void **state)
{
    struct dns_answer answer;
    struct packet p;

    (void)state;
    begin(&p, "www", A, 3);
    put_cname(&p, "b", "c", 5);
    put_cname(&p, "^", "b", 9);
    put_a(&p, "c", 30, 1);
    assert_true(read(&p, DNS_A, &answer));
    assert_int_equal(answer.n, 1);
    assert_int_equal(answer.ttl_s, 5);
}

static void test_aliases_in_a_circle_end(void **state)
{
    struct dns_answer answer;
    struct packet p;

    (void)state;
    begin(&p, "a", A, 2);
    put_cname(&p, "a", "b", 9);
    put_cname(&p, "b", "a", 9);
    assert_false(read(&p, DNS_A, &answer));
    assert_int_equal(answer.n, 0);
}

static void test_services_have_ports_and_priorities(void **state)
{
    struct dns_answer answer;
    struct packet p;

    (void)state;
    begin(&p, "_http._tcp.web", SRV, 2);
    put_srv(&p, 1, 8080, "a.web");
    put_srv(&p, 2, 8081, "");
    assert_true(read(&p, DNS_SRV, &answer));
    assert_int_equal(answer.n, 2);
    assert_string_equal(records[0].target, "a.web");
    assert_int_equal(records[0].port, 8080);
    assert_int_equal(records[0].priority, 1);
    assert_int_equal(records[0].weight, 5);
    assert_string_equal(records[1].target, "");
}

static void test_no_record_is_an_answer_too(void **state)
{
    struct dns_answer answer;
    struct packet p;

    (void)state;
    begin(&p, "web", AAAA, 0);
    assert_true(read(&p, DNS_AAAA, &answer));
    assert_int_equal(answer.n, 0);
    assert_int_equal(answer.ttl_s, UINT32_MAX);
}

static void test_a_TTL_with_its_highest_bit_is_zero(void **state)
{
    struct dns_answer answer;
    struct packet p;

    (void)state;
    begin(&p, "web", A, 1);
    put_a(&p, "^", 0x80000001, 1);
    assert_true(read(&p, DNS_A, &answer));
    assert_int_equal(answer.ttl_s, 0);
}

static void test_what_breaks_off_is_no_answer(void **state)
{
    struct dns_answer answer;
    struct packet p;
    size_t whole;

    (void)state;
    begin(&p, "web.internal", A, 1);
    put_a(&p, "^", 30, 1);
    whole = p.n;
    for (p.n = 0; p.n < whole; p.n++)
        assert_false(read(&p, DNS_A, &answer));
    assert_true(read(&p, DNS_A, &answer));
}

static void test_pointers_lead_backwards_only(void **state)
{
    struct dns_answer answer;
    struct packet p;

    (void)state;
    begin(&p, "web", A, 1);
    put16(&p, 0xc000 | (unsigned)p.n); /* to itself */
    put16(&p, A);
    put16(&p, 1);
    memset(p.bytes + p.n, 0, 10);
    p.n += 10;
    assert_false(read(&p, DNS_A, &answer));
}

static void test_an_address_of_another_length_is_no_answer(void **state)
{
    struct dns_answer answer;
    struct packet p;

    (void)state;
    begin(&p, "web", A, 1);
    put_head(&p, "^", A, 30, 5);
    memset(p.bytes + p.n, 1, 5);
    p.n += 5;
    assert_false(read(&p, DNS_A, &answer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_and_their_lowest_TTL),
        cmocka_unit_test(test_records_of_other_names_are_not_ours),
        cmocka_unit_test(test_aliases_are_followed_and_count_for_the_TTL),
        cmocka_unit_test(test_aliases_in_a_circle_end),
        cmocka_unit_test(test_services_have_ports_and_priorities),
        cmocka_unit_test(test_no_record_is_an_answer_too),
        cmocka_unit_test(test_a_TTL_with_its_highest_bit_is_zero),
        cmocka_unit_test(test_what_breaks_off_is_no_answer),
        cmocka_unit_test(test_pointers_lead_backwards_only),
        cmocka_unit_test(test_an_address_of_another_length_is_no_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
