/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "codec/h1.h"
#include "proxy/protocol.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* A request of this version, as if its head had come by it. */
static bool fits(unsigned client, const char *method, const char *type,
                 enum protocol_version group)
{
    struct field fields[8];
    struct request req = {.fields = {.v = fields, .cap = 8}};
    struct h1_fault fault;
    char raw[256];
    size_t len;
    int n = snprintf(
        raw, sizeof(raw), "%s /p.S/M HTTP/1.1\r\nHost: h\r\n%s%s%s\r\n", method,
        type ? "content-type: " : "", type ? type : "", type ? "\r\n" : "");

    assert_int_equal(h1_parse_request(&req, raw, (size_t)n, &h1_request_limits,
                                      DESYNC_MODE_DEFENSIVE, &len, &fault),
                     H1_OK);
    req.version = (uint8_t)client;
    return protocol_fits(&req, group);
}

/* alb.md 10: 79 */
static void test_clients_and_groups_fit_as_the_matrix_says(void **state)
{
    static const struct {
        const char *method;
        const char *type;
        unsigned client;
        bool http1;
        bool http2;
        bool grpc;
    } rows[] = {
        {"GET", NULL, 9, true, false, false},
        {"GET", NULL, 10, true, false, false},
        {"GET", NULL, 11, true, false, false},
        {"POST", "application/json", 11, true, false, false},
        /* gRPC is nothing that HTTP/1.1 could carry. */
        {"POST", "application/grpc", 11, true, false, false},
        {"GET", NULL, 20, true, true, false},
        {"OPTIONS", NULL, 20, true, true, false},
        {"POST", "application/json", 20, true, true, true},
        {"POST", NULL, 20, true, true, true},
        {"POST", "application/grpc-web", 20, true, true, true},
        {"GET", "application/grpc-web+proto", 20, true, true, false},
        {"POST", "application/grpcx", 20, true, true, true},
        {"POST", "application/grpc", 20, false, true, true},
        {"POST", "Application/GRPC", 20, false, true, true},
        {"POST", "application/grpc+proto", 20, false, true, true},
        {"POST", "application/grpc;charset=x", 20, false, true, true},
        {"GET", "application/grpc", 20, false, true, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const bool want[] = {rows[i].http1, rows[i].http2, rows[i].grpc};

        for (unsigned group = 0; group < COUNT(want); group++) {
            if (fits(rows[i].client, rows[i].method, rows[i].type,
                     (enum protocol_version)group) != want[group])
                fail_msg("row %zu, group %u", i, group);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clients_and_groups_fit_as_the_matrix_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
