/* SPDX-License-Identifier: Apache-2.0
 *
 * An IPv4 or IPv6 address with a port, kept small: an idle connection holds
 * one.
 */
#ifndef SLUICE_BASE_ADDRESS_H
#define SLUICE_BASE_ADDRESS_H

#include <sys/socket.h>

#include "base/text.h"

struct address {
    uint8_t ip[16]; /* IPv4: the first four; IPv4-mapped IPv6 becomes IPv4 */
    uint32_t scope; /* of link-local IPv6 */
    uint16_t port;  /* host order */
    uint8_t family; /* 4 or 6; 0: none */
};

/* Most characters of address_put(): "[ffff:...:255.255.255.255%4294967295]:65535" */
enum { ADDRESS_TEXT_MAX = 72 };

/* Reads "1.2.3.4", "::1" or "[::1]". */
bool address_parse_ip(struct str s, struct address *a);

/* Reads "HOST:PORT", ":PORT" (127.0.0.1) or "[IPV6]:PORT"; names other than
 * `localhost` are not addresses. */
bool address_parse(struct str s, struct address *a);

bool address_equal(const struct address *a, const struct address *b);

/* 0.0.0.0 or ::, whatever the port: every address of a machine, or none. */
bool address_is_any(const struct address *a);

/* To and from what the socket calls use; returns the length. */
socklen_t address_to_sockaddr(const struct address *a,
                              struct sockaddr_storage *sa);
void address_from_sockaddr(const struct sockaddr *sa, struct address *a);

/* "1.2.3.4" or "::1". */
void address_put_ip(struct text *t, const struct address *a);

/* "1.2.3.4:80" or "[::1]:80". */
void address_put(struct text *t, const struct address *a);

#endif
