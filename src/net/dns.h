/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions to DNS on a loop, by c-ares: what addresses a name has, or where
 * the instances of a service are (SRV), and for how long that is good.
 *
 * The system's settings are used (/etc/resolv.conf, read for each question, so
 * that what changes there counts; search lists; /etc/hosts before DNS), or one
 * server that is named.  Each question has ports and a random id of its own.
 * Names of SRV records are asked for in turn; of these only the records with
 * the lowest priority count that have an address.  Weights are not told:
 * targets of a group are equals.  Addresses that no host has (0.0.0.0, multicast)
 * are left out.
 */
#ifndef SLUICE_NET_DNS_H
#define SLUICE_NET_DNS_H

#include "net/dns_answer.h"
#include "net/loop.h"

struct dns_question;

enum dns_outcome {
    DNS_FOUND,
    DNS_NOTHING, /* the name, or such a record, is not there: a server that
                    should know says so */
    DNS_FAILED,  /* nobody knows: no answer, a server's fault, nonsense */
};

enum {
    DNS_ADDRESSES_MAX = DNS_RECORDS_MAX,
    DNS_DEADLINE_MS = 10 * 1000, /* of all that a question needs */
    DNS_HOSTS_TTL_S = 5,         /* of what stands in /etc/hosts */
    DNS_SERVICES_MAX = 64,       /* names of SRV records that are asked for */
};

struct dns_result {
    enum dns_outcome outcome;
    unsigned n; /* at least 1 if FOUND; each address once */
    const struct address *addresses; /* port: of SRV records, else 0 */
    uint32_t ttl_s;                  /* FOUND: as the servers say it */
    bool partial;    /* there are more: of some names no address is known, or
                        there were too many */
    const char *why; /* not FOUND: a clause for people */
};

struct dns_asked {
    struct loop *loop;
    struct str name;   /* up to DNS_NAME_MAX - 1 */
    struct str server; /* IP:PORT; n == 0: the system's */
    enum dns_type type;
    bool six; /* SRV: addresses of its names are AAAA */
    /* Once, never inside dns_ask(); the result is good until it returns, the
     * question is gone then. */
    void (*done)(void *owner, const struct dns_result *result);
    void *owner;
};

/* NULL without memory or descriptors. */
struct dns_question *dns_ask(const struct dns_asked *asked);

/* Forgets it; done() is not called. */
void dns_cancel(struct dns_question *question); /* NULL: nothing */

#endif
