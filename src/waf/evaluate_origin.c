/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a request comes from (aws-waf.md 2.7 to 2.10): the client's address,
 * or those of a header that proxies write.
 */
#include "waf/evaluate.h"

/* ---- addresses ------------------------------------------------------------------------ */

static bool is_ip(char c)
{
    return hex_digit(c) >= 0 || c == '.' || c == ':';
}

/* Addresses alone: no port, no brackets, no zone. */
static bool parse_address(struct str text, struct address *address)
{
    text = str_trim(text);
    for (size_t i = 0; i < text.n; i++)
        if (!is_ip(text.p[i]))
            return false;
    return address_parse_ip(text, address);
}

/* The last `ADDRESSES_MAX` elements of all fields of that name, or the first
 * or last alone; how many there are. */
static unsigned find_elements(const struct run *run,
                              const struct waf_forwarded *forwarded,
                              struct str elements[ADDRESSES_MAX])
{
    const struct fields *fields = run->evaluation->request->fields;
    unsigned max =
        forwarded->position == WAF_IP_ANY ? (unsigned)ADDRESSES_MAX : 1;
    unsigned n = 0;

    for (unsigned i = 0; i < fields->n; i++) {
        struct str rest = field_value(fields, &fields->v[i]);

        if (!str_ieq(field_name(fields, &fields->v[i]), forwarded->header))
            continue;
        if (!rest.p)
            rest = STR("");
        while (rest.p) {
            struct str element = str_cut(&rest, ',');

            if (n == max && forwarded->position == WAF_IP_FIRST)
                return n;
            if (n == max) {
                memmove(elements, elements + 1, (n - 1) * sizeof(*elements));
                n--;
            }
            elements[n++] = element;
        }
    }
    return n;
}

void run_addresses(struct run *run, const struct waf_forwarded *forwarded,
                   struct origin_addresses *addresses)
{
    struct str elements[ADDRESSES_MAX];
    unsigned n;

    *addresses = (struct origin_addresses){.n = 0};
    if (forwarded->header.n == 0) {
        addresses->v[addresses->n++] = run->evaluation->request->client;
        return;
    }
    n = find_elements(run, forwarded, elements);
    addresses->absent = n == 0;
    for (unsigned i = 0; i < n; i++)
        if (parse_address(elements[i], &addresses->v[addresses->n]))
            addresses->n++;
        else
            addresses->malformed = true;
}

/* ---- what is asked of them ----------------------------------------------------------- */

static bool in_numbers(const struct waf_statement *statement, uint32_t asn)
{
    for (unsigned i = 0; i < statement->u.asn.n; i++)
        if (statement->u.asn.numbers[i] == asn)
            return true;
    return false;
}

static bool in_countries(const struct waf_statement *statement,
                         const struct geo_place *place)
{
    for (unsigned i = 0; i < statement->u.geo.n; i++)
        if (str_eq(statement->u.geo.countries[i], str_of(place->country)))
            return true;
    return false;
}

static void find_place(struct run *run, bool forwarded,
                       const struct address *address, struct geo_place *place)
{
    struct waf_result *result = run->result;

    if (!forwarded && (result->geo_asked || result->asn_asked)) {
        *place = result->place;
        return;
    }
    geo_find(run->program->geo, address, place);
    if (!forwarded)
        result->place = *place;
}

static bool ask_address(struct run *run, const struct origin_leaf *leaf,
                        const struct address *address)
{
    const struct waf_statement *statement = leaf->statement;
    bool forwarded = leaf->forwarded->header.n > 0;
    struct geo_place place;

    if (statement->type == WAF_IP_SET)
        return ip_tree_has(leaf->tree, address);
    find_place(run, forwarded, address, &place);
    if (statement->type == WAF_ASN) {
        run->result->asn_asked |= !forwarded;
        if (forwarded) {
            run->result->forwarded_asn_asked = true;
            run->result->forwarded_asn = place.asn;
        }
        return in_numbers(statement, place.asn);
    }
    run->result->geo_asked |= !forwarded;
    run_queue_geo(run, forwarded, &place);
    return in_countries(statement, &place);
}

static enum waf_truth ask(struct run *run, const struct origin_leaf *leaf)
{
    struct origin_addresses addresses;

    run_addresses(run, leaf->forwarded, &addresses);
    if (addresses.absent)
        return WAF_NOT_APPLICABLE;
    for (unsigned i = 0; i < addresses.n; i++)
        if (ask_address(run, leaf, &addresses.v[i]))
            return WAF_TRUE;
    return addresses.malformed &&
                   leaf->forwarded->fallback == WAF_FALLBACK_MATCH
               ? WAF_TRUE
               : WAF_FALSE;
}

enum waf_truth run_origin(struct run *run, uint32_t at)
{
    uint8_t *known = &run->scratch->origins[at];

    if (*known == 0)
        *known = (uint8_t)(ask(run, &run->program->origins[at]) + 1);
    return (enum waf_truth)(*known - 1);
}
