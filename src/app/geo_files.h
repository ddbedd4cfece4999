/* SPDX-License-Identifier: Apache-2.0
 *
 * --geoip FILE: databases that say where addresses are, read at the start and
 * again when they are others.
 */
#ifndef SLUICE_APP_GEO_FILES_H
#define SLUICE_APP_GEO_FILES_H

#include "app/options.h"
#include "base/file.h"
#include "match/geo.h"

#define GEOIP_OPTION(type, text)                                               \
    {                                                                          \
        .name = "geoip", .argument = "FILE", .help = text,                     \
        .kind = OPTION_LIST, .offset = offsetof(type, geoip)                   \
    }

struct geo_files {
    struct file_mark marks[OPTION_LIST_MAX]; /* as they were when read */
};

/* The databases, the caller's; *geo NULL: none are named.  False with an
 * error. */
bool geo_files_open(struct geo_files *files, const struct option_list *paths,
                    struct geo **geo, struct error *error);

/* The same when one of them is another file now; false without an error:
 * nothing changed. */
bool geo_files_again(struct geo_files *files, const struct option_list *paths,
                     struct geo **geo, struct error *error);

#endif
