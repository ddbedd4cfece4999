/* SPDX-License-Identifier: Apache-2.0
 *
 * A database is a tree of addresses whose leaves are maps; MaxMind's and those
 * that others publish in the format differ in the names of the members.
 */
#include "match/geo.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <maxminddb.h>

#include "base/memory.h"

struct geo {
    atomic_uint holders;
    unsigned n;
    MMDB_s databases[];
};

/* ---- opening ---------------------------------------------------------------- */

static bool cannot_open(const char *file, int status, struct error *error)
{
    switch (status) {
    case MMDB_FILE_OPEN_ERROR:
        return error_set(error, "%s: cannot be read: %s", file,
                         errno ? strerror(errno) : MMDB_strerror(status));
    case MMDB_IO_ERROR:
        return error_set(error,
                         "%s: is empty or no file of its own; give a database "
                         "such as GeoLite2-Country.mmdb",
                         file);
    case MMDB_OUT_OF_MEMORY_ERROR:
        return error_set(error, "%s: there is no memory for it", file);
    default:
        return error_set(error,
                         "%s: is no database in MaxMind's format (%s); give a "
                         "file such as GeoLite2-Country.mmdb, not the archive "
                         "that it came in",
                         file, MMDB_strerror(status));
    }
}

struct geo *geo_open(const char *const *files, unsigned n, struct error *error)
{
    struct geo *geo =
        memory_zeroed(1, sizeof(*geo) + n * sizeof(geo->databases[0]));

    atomic_init(&geo->holders, 1);
    for (; geo->n < n; geo->n++) {
        int status;

        errno = 0;
        status =
            MMDB_open(files[geo->n], MMDB_MODE_MMAP, &geo->databases[geo->n]);
        if (status != MMDB_SUCCESS) {
            cannot_open(files[geo->n], status, error);
            geo_release(geo);
            return NULL;
        }
    }
    return geo;
}

struct geo *geo_hold(struct geo *geo)
{
    if (geo)
        atomic_fetch_add_explicit(&geo->holders, 1, memory_order_relaxed);
    return geo;
}

void geo_release(struct geo *geo)
{
    if (geo == NULL ||
        atomic_fetch_sub_explicit(&geo->holders, 1, memory_order_acq_rel) != 1)
        return;
    for (unsigned i = 0; i < geo->n; i++)
        MMDB_close(&geo->databases[i]);
    free(geo);
}

/* ---- what is there of an address -------------------------------------------- */

/* Where a member may stand, the first that is there counts. */
typedef const char *const path[4];

static const path country_paths[] = {
    {"country", "iso_code"}, /* MaxMind */
    {"country_code"},
    {"country"},
};
static const path region_paths[] = {
    {"subdivisions", "0", "iso_code"},
};
static const path number_path = {"autonomous_system_number"};

static const struct str unknown = {"XX", 2};

static bool get_text(MMDB_entry_s *entry, const path *paths, size_t n,
                     struct str *text)
{
    MMDB_entry_data_s data;

    for (size_t i = 0; i < n; i++) {
        if (MMDB_aget_value(entry, &data, paths[i]) == MMDB_SUCCESS &&
            data.has_data && data.type == MMDB_DATA_TYPE_UTF8_STRING) {
            *text = str_make(data.utf8_string, data.data_size);
            return true;
        }
    }
    return false;
}

static bool is_code(struct str s, size_t least, size_t most)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if ((c < 'A' || c > 'Z') && (c < '0' || c > '9'))
            return false;
    }
    return s.n >= least && s.n <= most;
}

static void put_code(char *to, struct str code)
{
    memcpy(to, code.p, code.n);
    to[code.n] = 0;
}

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* What is known already stays; a region counts with the country of its entry. */
static void take_country(MMDB_entry_s *entry, struct geo_place *place)
{
    struct str country, region;

    if (!get_text(entry, country_paths, COUNT(country_paths), &country) ||
        !is_code(country, 2, 2))
        return;
    if (str_eq(str_of(place->country), unknown))
        put_code(place->country, country);
    if (str_eq(str_of(place->country), country) &&
        str_eq(str_of(place->region), unknown) &&
        get_text(entry, region_paths, COUNT(region_paths), &region) &&
        is_code(region, 1, sizeof(place->region) - 1))
        put_code(place->region, region);
}

static void take_number(MMDB_entry_s *entry, struct geo_place *place)
{
    MMDB_entry_data_s data;

    if (place->asn ||
        MMDB_aget_value(entry, &data, number_path) != MMDB_SUCCESS ||
        !data.has_data)
        return;
    if (data.type == MMDB_DATA_TYPE_UINT32)
        place->asn = data.uint32;
    else if (data.type == MMDB_DATA_TYPE_UINT16)
        place->asn = data.uint16;
}

void geo_find(const struct geo *geo, const struct address *address,
              struct geo_place *place)
{
    struct sockaddr_storage storage;

    *place = (struct geo_place){.country = "XX", .region = "XX"};
    if (geo == NULL || address->family == 0)
        return;
    address_to_sockaddr(address, &storage);
    for (unsigned i = 0; i < geo->n; i++) {
        int status;
        MMDB_lookup_result_s result = MMDB_lookup_sockaddr(
            &geo->databases[i], (const struct sockaddr *)&storage, &status);

        if (status != MMDB_SUCCESS || !result.found_entry)
            continue;
        take_country(&result.entry, place);
        take_number(&result.entry, place);
    }
}
