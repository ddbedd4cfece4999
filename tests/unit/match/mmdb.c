/* SPDX-License-Identifier: Apache-2.0 */
#include "mmdb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/cidr.h"

enum { NODES = 4096, DATA = 65536, SEPARATOR = 16 };

/* Types of the format. */
enum { TEXT = 2, UINT16 = 5, UINT32 = 6, MAP = 7, UINT64 = 9, ARRAY = 11 };

/* A record of a node: the node it leads to, or LEAF and an offset; 0: no data,
 * since none leads to the first. */
enum { LEAF = 1 << 30 };

struct writer {
    uint32_t nodes[NODES][2];
    unsigned nnodes;
    uint8_t data[DATA];
    size_t n;
};

/* ---- values ----------------------------------------------------------------- */

static void put(struct writer *w, const void *p, size_t n)
{
    assert_true(n <= DATA - w->n);
    memcpy(w->data + w->n, p, n);
    w->n += n;
}

static void put_byte(struct writer *w, unsigned byte)
{
    uint8_t one = (uint8_t)byte;

    put(w, &one, 1);
}

/* Sizes behind 28 are not needed. */
static void put_control(struct writer *w, unsigned type, size_t size)
{
    assert_true(size < 29);
    if (type > 7) {
        put_byte(w, (unsigned)size);
        put_byte(w, type - 7);
    } else {
        put_byte(w, type << 5 | (unsigned)size);
    }
}

static void put_text(struct writer *w, const char *text)
{
    put_control(w, TEXT, strlen(text));
    put(w, text, strlen(text));
}

static void put_number(struct writer *w, unsigned type, uint64_t value)
{
    unsigned n = type == UINT16 ? 2 : type == UINT32 ? 4 : 8;

    put_control(w, type, n);
    while (n-- > 0)
        put_byte(w, (uint8_t)(value >> (8 * n)));
}

static void put_member(struct writer *w, const char *name, const char *value)
{
    put_text(w, name);
    put_text(w, value);
}

static void put_maxmind(struct writer *w, const struct mmdb_entry *entry)
{
    put_control(w, MAP,
                (size_t)(entry->country != NULL) + (entry->region != NULL) +
                    (entry->asn != 0));
    if (entry->asn) {
        put_text(w, "autonomous_system_number");
        put_number(w, UINT32, entry->asn);
    }
    if (entry->country) {
        put_text(w, "country");
        put_control(w, MAP, 1);
        put_member(w, "iso_code", entry->country);
    }
    if (entry->region) {
        put_text(w, "subdivisions");
        put_control(w, ARRAY, 1);
        put_control(w, MAP, 1);
        put_member(w, "iso_code", entry->region);
    }
}

static void put_entry(struct writer *w, enum mmdb_shape shape,
                      const struct mmdb_entry *entry)
{
    if (shape == MMDB_SHAPE_MAXMIND) {
        put_maxmind(w, entry);
        return;
    }
    put_control(w, MAP, 1);
    put_member(w, shape == MMDB_SHAPE_FLAT ? "country_code" : "country",
               entry->country);
}

/* ---- the tree --------------------------------------------------------------- */

static void plant(struct writer *w, const struct cidr *range, bool six,
                  uint32_t leaf)
{
    unsigned before = six && range->base.family == 4 ? 96 : 0;
    unsigned bits = before + range->bits;
    uint32_t node = 0;

    for (unsigned i = 0; i < bits; i++) {
        unsigned at = i - before;
        unsigned side =
            i < before ? 0 : range->base.ip[at / 8] >> (7 - at % 8) & 1;
        uint32_t *record = &w->nodes[node][side];

        if (i + 1 == bits) {
            *record = leaf;
        } else if (*record == 0) {
            assert_true(w->nnodes < NODES);
            *record = w->nnodes++;
        }
        node = *record;
    }
}

static void put_node(FILE *file, const struct writer *w, unsigned node)
{
    for (unsigned side = 0; side < 2; side++) {
        uint32_t record = w->nodes[node][side];

        if (record == 0)
            record = w->nnodes;
        else if (record & LEAF)
            record = w->nnodes + SEPARATOR + (record & ~(uint32_t)LEAF);
        for (unsigned i = 3; i-- > 0;)
            fputc((int)(record >> (8 * i) & 0xff), file);
    }
}

static void put_metadata(struct writer *w, bool six)
{
    put_control(w, MAP, 9);
    put_text(w, "binary_format_major_version");
    put_number(w, UINT16, 2);
    put_text(w, "binary_format_minor_version");
    put_number(w, UINT16, 0);
    put_text(w, "build_epoch");
    put_number(w, UINT64, 1);
    put_member(w, "database_type", "Sluice-Test");
    put_text(w, "description");
    put_control(w, MAP, 0);
    put_text(w, "ip_version");
    put_number(w, UINT16, six ? 6 : 4);
    put_text(w, "languages");
    put_control(w, ARRAY, 0);
    put_text(w, "node_count");
    put_number(w, UINT32, w->nnodes);
    put_text(w, "record_size");
    put_number(w, UINT16, 24);
}

static void save(struct writer *w, const char *path, bool six)
{
    static const char zeros[SEPARATOR], mark[] = "\xab\xcd\xefMaxMind.com";
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    for (unsigned i = 0; i < w->nnodes; i++)
        put_node(file, w, i);
    fwrite(zeros, 1, sizeof(zeros), file);
    fwrite(w->data, 1, w->n, file);
    fwrite(mark, 1, sizeof(mark) - 1, file);
    w->n = 0;
    put_metadata(w, six);
    fwrite(w->data, 1, w->n, file);
    assert_int_equal(fclose(file), 0);
}

void mmdb_write(const char *path, enum mmdb_shape shape,
                const struct mmdb_entry *entries, unsigned n)
{
    static struct writer writer;
    bool six = false;

    writer = (struct writer){.nnodes = 1};
    for (unsigned i = 0; i < n; i++)
        six = six || strchr(entries[i].range, ':');
    for (unsigned i = 0; i < n; i++) {
        struct cidr range;

        assert_true(cidr_parse(str_of(entries[i].range), &range));
        plant(&writer, &range, six, LEAF | (uint32_t)writer.n);
        put_entry(&writer, shape, &entries[i]);
    }
    save(&writer, path, six);
}
