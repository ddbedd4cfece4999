/* SPDX-License-Identifier: Apache-2.0
 *
 * Which of several Availability Zones a client is connected to, where one
 * process stands for the nodes of all of them.
 *
 * Each zone gets a number for the client, and the highest has it (rendezvous
 * hashing): whoever chooses among the same zones chooses the same one, and who
 * lacks some agrees wherever the one that is chosen is not among these.
 */
#ifndef SLUICE_LB_ZONE_H
#define SLUICE_LB_ZONE_H

#include "base/str.h"

/* Any number, mixed (splitmix64's finish). */
static inline uint64_t zone_mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* Of its name. */
static inline uint64_t zone_hash(struct str name)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */

    for (size_t i = 0; i < name.n; i++)
        h = (h ^ (unsigned char)name.p[i]) * 0x100000001b3u;
    return h;
}

/* The number of a zone for a client, of which `mixed` is the zone_mix(). */
static inline uint64_t zone_number(uint64_t mixed, uint64_t hash)
{
    return zone_mix(mixed ^ hash);
}

#endif
