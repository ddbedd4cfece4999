/* SPDX-License-Identifier: Apache-2.0 */
#include "api/network.h"

#include <stdio.h>

/* FNV-1a, 64 bits: ids need to be the same at each start, and no more. */
static uint64_t digest(const char *kind, struct str text, unsigned i)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ i;

    for (const char *p = kind; *p; p++)
        hash = (hash ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
    for (size_t at = 0; at < text.n; at++)
        hash = (hash ^ (uint8_t)text.p[at]) * UINT64_C(0x100000001b3);
    hash ^= hash >> 29;
    hash *= UINT64_C(0xbf58476d1ce4e5b9);
    return hash ^ hash >> 32;
}

static void make_id(char id[NETWORK_ID_MAX], const char *kind,
                    struct str region_name, unsigned i)
{
    snprintf(id, NETWORK_ID_MAX, "%s-0%016llx", kind,
             (unsigned long long)digest(kind, region_name, i));
}

struct network_vpc network_vpc(struct str region_name)
{
    struct network_vpc vpc = {.cidr = "172.31.0.0/16"};

    make_id(vpc.id, "vpc", region_name, 0);
    make_id(vpc.security_group, "sg", region_name, 0);
    return vpc;
}

struct str network_zone(struct region *region, struct str region_name,
                        unsigned i)
{
    return region_printf(region, STR_FMT "%c", STR_ARG(region_name),
                         'a' + (int)i);
}

/* us-east-1 is use1, ap-southeast-2 is apse2, us-gov-west-1 is usgw1. */
static struct str region_code(struct region *region, struct str region_name)
{
    static const char *const words[] = {"gov",  "north", "south",
                                        "east", "west",  "central"};
    struct str rest = region_name;
    struct str code = region_copy(region, str_cut(&rest, '-'));

    while (rest.n) {
        bool known = false;

        for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            if (!str_starts(rest, str_of(words[i])))
                continue;
            code =
                region_printf(region, STR_FMT "%c", STR_ARG(code), words[i][0]);
            rest =
                str_make(rest.p + strlen(words[i]), rest.n - strlen(words[i]));
            known = true;
            break;
        }
        if (known)
            continue;
        if (rest.p[0] != '-')
            code =
                region_printf(region, STR_FMT "%c", STR_ARG(code), rest.p[0]);
        rest = str_make(rest.p + 1, rest.n - 1);
    }
    return code;
}

static struct network_subnet subnet_in(struct region *region,
                                       struct str region_name, unsigned i)
{
    struct network_vpc vpc = network_vpc(region_name);

    return (struct network_subnet){
        .vpc = region_copy(region, str_of(vpc.id)),
        .zone = network_zone(region, region_name, i),
        .zone_id =
            region_printf(region, STR_FMT "-az%u",
                          STR_ARG(region_code(region, region_name)), i + 1),
        .cidr = region_printf(region, "172.31.%u.0/20", i * 16),
        .index = i,
    };
}

struct network_subnet network_default_subnet(struct region *region,
                                             struct str region_name, unsigned i)
{
    struct network_subnet subnet = subnet_in(region, region_name, i);
    char id[NETWORK_ID_MAX];

    make_id(id, "subnet", region_name, i);
    subnet.id = region_copy(region, str_of(id));
    return subnet;
}

/* Ids that differ in their last character, as people make them up, are in
 * different zones: subnet-a, subnet-b ... */
static unsigned zone_of(struct str region_name, struct str id)
{
    char own[NETWORK_ID_MAX];

    for (unsigned i = 0; i < NETWORK_ZONES; i++) {
        make_id(own, "subnet", region_name, i);
        if (str_eq(id, str_of(own)))
            return i;
    }
    return ((uint8_t)id.p[id.n - 1] + 2u) % NETWORK_ZONES;
}

bool network_subnet(struct region *region, struct str region_name,
                    struct str id, struct network_subnet *subnet)
{
    if (!network_id_fits("subnet", id))
        return false;
    *subnet = subnet_in(region, region_name, zone_of(region_name, id));
    subnet->id = region_copy(region, id);
    return true;
}

static bool fits(char c)
{
    char lower = str_lower(c);

    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool network_id_fits(const char *kind, struct str id)
{
    struct str prefix = str_of(kind);

    if (!str_starts(id, prefix) || id.n < prefix.n + 2 ||
        id.n > prefix.n + 25 || id.p[prefix.n] != '-')
        return false;
    for (size_t i = prefix.n + 1; i < id.n; i++) {
        if (!fits(id.p[i]))
            return false;
    }
    return true;
}
