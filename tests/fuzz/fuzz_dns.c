/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers of DNS servers: the first byte says which type was asked for.
 *
 * - Nothing is read that was not there, and every name is a text.
 * - Records have what their type has, and the lowest TTL is one of 31 bits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "net/dns_answer.h"

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

static void check_record(const struct dns_record *record, enum dns_type type)
{
    CHECK(memchr(record->target, '\0', sizeof(record->target)));
    if (type == DNS_SRV)
        CHECK(record->address.family == 0);
    else
        CHECK(record->address.family == (type == DNS_A ? 4 : 6));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct dns_record records[DNS_RECORDS_MAX];
    struct dns_answer answer = {.records = records};
    enum dns_type type;
    uint8_t *copy; /* of just that size */

    if (n == 0)
        return 0;
    type = (enum dns_type)(data[0] % 3);
    copy = malloc(n - 1 ? n - 1 : 1);
    if (copy == NULL)
        abort();
    memcpy(copy, data + 1, n - 1);
    if (dns_answer_read(copy, n - 1, type, &answer)) {
        CHECK(answer.n <= DNS_RECORDS_MAX);
        CHECK(answer.n ? answer.ttl_s <= INT32_MAX
                       : answer.ttl_s == UINT32_MAX);
        for (unsigned i = 0; i < answer.n; i++)
            check_record(&records[i], type);
    }
    free(copy);
    return 0;
}
