/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers of DNS servers (RFC 1035, RFC 2782, RFC 3596) as addresses and
 * services with the time that they are good for.
 *
 * Read are the records of the wanted type whose owner is the name that the
 * answer's question has, or an alias that a CNAME of the answer leads to.
 * Pure; bytes may be anything.
 */
#ifndef SLUICE_NET_DNS_ANSWER_H
#define SLUICE_NET_DNS_ANSWER_H

#include "base/address.h"

enum dns_type { DNS_A, DNS_AAAA, DNS_SRV };

enum {
    DNS_NAME_MAX = 256,     /* a name as text with its NUL */
    DNS_RECORDS_MAX = 1024, /* of one answer; more are left out */
    DNS_ALIASES_MAX = 16,   /* CNAMEs that are followed */
};

/* One record. */
struct dns_record {
    struct address address; /* A, AAAA: port 0 */
    uint16_t priority;      /* of SRV, as what follows; the lowest goes first */
    uint16_t weight;
    uint16_t port;
    char target[DNS_NAME_MAX]; /* "" : the service is not there (RFC 2782) */
};

struct dns_answer {
    unsigned n;
    struct dns_record *records; /* room for DNS_RECORDS_MAX, the caller's */
    uint32_t ttl_s;             /* the lowest of all that led here */
    bool cut;                   /* there were more records */
};

/* Whether it is an answer; `ttl_s` is UINT32_MAX without records.  One with
 * records of other names alone is none, nor are aliases that do not end. */
bool dns_answer_read(const unsigned char *bytes, size_t n, enum dns_type type,
                     struct dns_answer *answer);

#endif
