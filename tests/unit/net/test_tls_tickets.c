/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "net/tls_tickets.h"

enum { NOON = 1700000000 / TLS_TICKET_EPOCH_S * TLS_TICKET_EPOCH_S };

static struct tls_tickets *with(uint8_t first, uint8_t second)
{
    struct seal_keys keys = {.n = second ? 2 : 1};

    memset(keys.bytes[0], first, SEAL_KEY_BYTES);
    memset(keys.bytes[1], second, SEAL_KEY_BYTES);
    return tls_tickets_new(&keys);
}

static void test_processes_with_one_master_open_each_others(void **state)
{
    struct tls_tickets *a = with(1, 0);
    struct tls_tickets *b = with(1, 0);
    struct tls_tickets *other = with(2, 0);
    struct tls_ticket_keys sealed = *tls_tickets_seal(a, NOON);
    const struct tls_ticket_keys *opened;
    bool present = false;

    (void)state;
    opened = tls_tickets_open(b, NOON, sealed.name, &present);
    assert_non_null(opened);
    assert_memory_equal(opened, &sealed, sizeof(sealed));
    assert_true(present);
    assert_null(tls_tickets_open(other, NOON, sealed.name, &present));
    tls_tickets_free(a);
    tls_tickets_free(b);
    tls_tickets_free(other);
}

static void
test_keys_change_every_twelve_hours_and_open_for_one_more(void **state)
{
    struct tls_tickets *t = with(1, 0);
    struct tls_ticket_keys first = *tls_tickets_seal(t, NOON);
    struct tls_ticket_keys last =
        *tls_tickets_seal(t, NOON + TLS_TICKET_EPOCH_S - 1);
    struct tls_ticket_keys next =
        *tls_tickets_seal(t, NOON + TLS_TICKET_EPOCH_S);
    bool present = true;

    (void)state;
    assert_memory_equal(&first, &last, sizeof(first));
    assert_memory_not_equal(first.name, next.name, sizeof(first.name));
    assert_memory_not_equal(first.cipher, next.cipher, sizeof(first.cipher));
    assert_memory_not_equal(first.mac, next.mac, sizeof(first.mac));
    assert_memory_not_equal(first.mac, first.cipher, sizeof(first.mac));
    assert_non_null(tls_tickets_open(t, NOON + 2 * TLS_TICKET_EPOCH_S - 1,
                                     first.name, &present));
    assert_false(present);
    assert_null(tls_tickets_open(t, NOON + 2 * TLS_TICKET_EPOCH_S, first.name,
                                 &present));
    tls_tickets_free(t);
}

static void test_the_first_master_seals_and_all_open(void **state)
{
    struct tls_tickets *old = with(1, 0);
    struct tls_tickets *both = with(2, 1);
    struct tls_tickets *new = with(2, 0);
    struct tls_ticket_keys of_old = *tls_tickets_seal(old, NOON);
    bool present = true;

    (void)state;
    assert_memory_equal(tls_tickets_seal(both, NOON),
                        tls_tickets_seal(new, NOON), sizeof(of_old));
    assert_non_null(tls_tickets_open(both, NOON, of_old.name, &present));
    assert_false(present);
    tls_tickets_free(old);
    tls_tickets_free(both);
    tls_tickets_free(new);
}

static void test_without_a_master_there_are_none(void **state)
{
    struct seal_keys none = {.n = 0};

    (void)state;
    assert_null(tls_tickets_new(&none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_processes_with_one_master_open_each_others),
        cmocka_unit_test(
            test_keys_change_every_twelve_hours_and_open_for_one_more),
        cmocka_unit_test(test_the_first_master_seals_and_all_open),
        cmocka_unit_test(test_without_a_master_there_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
