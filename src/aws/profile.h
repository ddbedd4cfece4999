/* SPDX-License-Identifier: Apache-2.0
 *
 * The shared config and credentials files of AWS's tools ("Configuration and
 * credential file settings" of the CLI's user guide; aws-integrations.md 1.3).
 * Pure: texts come in.
 *
 *     config         [default] [profile x] [services x] [sso-session x]
 *     credentials    [x], profiles all of them
 *
 * Lines are KEY = VALUE; "#" and ";" at the begin of a line make it a comment; a
 * line that begins with a space goes on with the value before it, or, when that
 * is empty, is a key below it.  Keys count in any case.  Of sections and keys
 * that stand twice the last counts, and what the credentials file says comes
 * before what the config file does.
 */
#ifndef SLUICE_AWS_PROFILE_H
#define SLUICE_AWS_PROFILE_H

#include "base/error.h"
#include "base/region.h"

enum profile_file { PROFILE_CONFIG, PROFILE_CREDENTIALS };

enum profile_kind { PROFILE_PROFILE, PROFILE_SERVICES, PROFILE_OTHER };

struct profile_entry {
    struct str key; /* as it is written */
    struct str value;
    struct profile_entry *nested;
    struct profile_entry *next;
};

struct profile_section {
    enum profile_file file;
    enum profile_kind kind;
    struct str name;
    bool prefixed; /* [profile default]: it counts, [default] does not */
    struct profile_entry *entries;
    struct profile_section *next;
};

/* All zero: nothing was read. */
struct profiles {
    struct profile_section *sections;
};

/* Adds what a file says; what is no line of one is passed over, and the first
 * of them told: "line 3: ..." (text "": there was none).  Everything stands in
 * the region. */
void profiles_read(struct region *region, struct profiles *profiles,
                   enum profile_file file, struct str text,
                   struct error *mistake);

bool profile_exists(const struct profiles *profiles, struct str name);

/* n == 0: the profile does not say. */
struct str profile_get(const struct profiles *profiles, struct str name,
                       const char *key);

/* The same of one of the two files. */
struct str profile_get_of(const struct profiles *profiles,
                          enum profile_file file, struct str name,
                          const char *key);

/* endpoint_url of a service in [services NAME]. */
struct str profile_service(const struct profiles *profiles, struct str name,
                           const char *service, const char *key);

#endif
