/* SPDX-License-Identifier: Apache-2.0 */
#include "net/dns_answer.h"

#include <string.h>

enum {
    HEAD = 12,
    LABEL_MAX = 63,
    TYPE_A = 1,
    TYPE_CNAME = 5,
    TYPE_AAAA = 28,
    TYPE_SRV = 33,
    CLASS_IN = 1,
    JUMPS_MAX = 64, /* of one name; each goes back */
};

struct packet {
    const unsigned char *p;
    size_t n;
    size_t at;
};

struct record_head {
    char owner[DNS_NAME_MAX];
    unsigned type;
    unsigned class;
    uint32_t ttl_s;
    size_t data; /* where it stands */
    size_t ndata;
};

static bool get16(struct packet *packet, unsigned *value)
{
    if (packet->n - packet->at < 2)
        return false;
    *value = (unsigned)packet->p[packet->at] << 8 | packet->p[packet->at + 1];
    packet->at += 2;
    return true;
}

static bool get32(struct packet *packet, uint32_t *value)
{
    unsigned high;
    unsigned low;

    if (!get16(packet, &high) || !get16(packet, &low))
        return false;
    *value = (uint32_t)high << 16 | low;
    return true;
}

/* ---- names --------------------------------------------------------------- */

/* A label of bytes that a host's name may have, in lower case.  Others become
 * "?", so that no name with them is equal to one that was asked for. */
static void put_label(char *name, size_t *used, const unsigned char *label,
                      size_t n)
{
    if (*used)
        name[(*used)++] = '.';
    for (size_t i = 0; i < n; i++) {
        unsigned char c = label[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                     c == '-' || c == '_';

        if (c >= 'A' && c <= 'Z')
            c = (unsigned char)(c + 'a' - 'A');
        else if (!plain)
            c = '?';
        name[(*used)++] = (char)c;
    }
}

/* A pointer to something earlier; false when it is not. */
static bool jump(const struct packet *packet, size_t *at, size_t *end)
{
    size_t to;

    if (packet->n - *at < 2)
        return false;
    to = (size_t)(packet->p[*at] & 0x3f) << 8 | packet->p[*at + 1];
    if (*end == 0)
        *end = *at + 2;
    if (to >= *at)
        return false;
    *at = to;
    return true;
}

/* The name at packet->at, behind which that is then. */
static bool get_name(struct packet *packet, char name[DNS_NAME_MAX])
{
    size_t at = packet->at;
    size_t end = 0;
    size_t used = 0;

    for (unsigned jumps = 0; jumps < JUMPS_MAX;) {
        size_t n;

        if (at >= packet->n)
            return false;
        n = packet->p[at];
        if (n == 0) {
            name[used] = '\0';
            packet->at = end ? end : at + 1;
            return true;
        }
        if ((n & 0xc0) == 0xc0) {
            if (!jump(packet, &at, &end))
                return false;
            jumps++;
            continue;
        }
        if (n > LABEL_MAX || packet->n - at - 1 < n ||
            used + n + 2 > DNS_NAME_MAX)
            return false;
        put_label(name, &used, packet->p + at + 1, n);
        at += n + 1;
    }
    return false;
}

/* ---- records --------------------------------------------------------------- */

static bool get_head(struct packet *packet, struct record_head *head)
{
    unsigned n;

    if (!get_name(packet, head->owner) || !get16(packet, &head->type) ||
        !get16(packet, &head->class) || !get32(packet, &head->ttl_s) ||
        !get16(packet, &n) || packet->n - packet->at < n)
        return false;
    head->data = packet->at;
    head->ndata = n;
    packet->at += n;
    if (head->ttl_s > INT32_MAX)
        head->ttl_s = 0; /* RFC 2181, 8 */
    return true;
}

static bool read_address(const struct packet *packet,
                         const struct record_head *head, unsigned family,
                         struct dns_record *record)
{
    size_t n = family == 4 ? 4 : 16;

    if (head->ndata != n)
        return false;
    record->address.family = (uint8_t)family;
    memcpy(record->address.ip, packet->p + head->data, n);
    return true;
}

static bool read_service(const struct packet *packet,
                         const struct record_head *head,
                         struct dns_record *record)
{
    struct packet data = {packet->p, packet->n, head->data};
    unsigned priority;
    unsigned weight;
    unsigned port;

    if (head->ndata < 7 || !get16(&data, &priority) || !get16(&data, &weight) ||
        !get16(&data, &port) || !get_name(&data, record->target) ||
        data.at != head->data + head->ndata)
        return false;
    record->priority = (uint16_t)priority;
    record->weight = (uint16_t)weight;
    record->port = (uint16_t)port;
    return true;
}

static unsigned wanted_type(enum dns_type type)
{
    static const unsigned types[] = {
        [DNS_A] = TYPE_A, [DNS_AAAA] = TYPE_AAAA, [DNS_SRV] = TYPE_SRV};

    return types[type];
}

static bool add(const struct packet *packet, const struct record_head *head,
                enum dns_type type, struct dns_answer *answer)
{
    struct dns_record *record = &answer->records[answer->n];

    if (answer->n == DNS_RECORDS_MAX) {
        answer->cut = true;
        return true;
    }
    memset(record, 0, sizeof(*record));
    if (type == DNS_SRV
            ? !read_service(packet, head, record)
            : !read_address(packet, head, type == DNS_A ? 4 : 6, record))
        return false;
    answer->n++;
    return true;
}

static void take_ttl(struct dns_answer *answer, uint32_t ttl_s)
{
    if (ttl_s < answer->ttl_s)
        answer->ttl_s = ttl_s;
}

/* One pass over the answers: records of the name, or the alias that it has
 * (which `name` becomes, and `*aliased` true). */
static bool look(const struct packet *packet, unsigned nanswers,
                 enum dns_type type, char name[DNS_NAME_MAX], bool *aliased,
                 struct dns_answer *answer)
{
    struct packet at = *packet;

    *aliased = false;
    for (unsigned i = 0; i < nanswers; i++) {
        struct record_head head;

        if (!get_head(&at, &head))
            return false;
        if (head.class != CLASS_IN || strcmp(head.owner, name) != 0)
            continue;
        if (head.type == wanted_type(type)) {
            if (!add(packet, &head, type, answer))
                return false;
            take_ttl(answer, head.ttl_s);
        } else if (head.type == TYPE_CNAME) {
            struct packet data = {packet->p, packet->n, head.data};

            if (!get_name(&data, name))
                return false;
            take_ttl(answer, head.ttl_s);
            *aliased = true;
            return true;
        }
    }
    return true;
}

/* Its head and question; `name` is what was asked for. */
static bool get_question(struct packet *packet, unsigned *nanswers,
                         char name[DNS_NAME_MAX])
{
    unsigned flags;
    unsigned nquestions;
    unsigned skipped;

    return packet->n >= HEAD && get16(packet, &skipped) &&
           get16(packet, &flags) && (flags & 0x8000) &&
           get16(packet, &nquestions) && nquestions == 1 &&
           get16(packet, nanswers) && get16(packet, &skipped) &&
           get16(packet, &skipped) && get_name(packet, name) &&
           get16(packet, &skipped) && get16(packet, &skipped);
}

bool dns_answer_read(const unsigned char *bytes, size_t n, enum dns_type type,
                     struct dns_answer *answer)
{
    struct packet packet = {bytes, n, 0};
    char name[DNS_NAME_MAX];
    unsigned nanswers;
    bool aliased = true;
    bool led = false; /* by an alias, to a name without such records */

    answer->n = 0;
    answer->cut = false;
    answer->ttl_s = UINT32_MAX;
    if (!get_question(&packet, &nanswers, name))
        return false;
    for (unsigned i = 0; aliased && i <= DNS_ALIASES_MAX; i++) {
        if (!look(&packet, nanswers, type, name, &aliased, answer))
            return false;
        led |= aliased;
    }
    if (answer->n == 0)
        answer->ttl_s = UINT32_MAX;
    return !aliased && (answer->n || led || nanswers == 0);
}
