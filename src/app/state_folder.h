/* SPDX-License-Identifier: Apache-2.0
 *
 * The folder of what Sluice keeps between its starts: the local authority, the
 * access key of its own.
 */
#ifndef SLUICE_APP_STATE_FOLDER_H
#define SLUICE_APP_STATE_FOLDER_H

#include <limits.h>

#include "app/options.h"

#define STATE_FOLDER_OPTION(type)                                              \
    {                                                                          \
        .name = "state-folder", .argument = "FOLDER",                          \
        .help = "Where the local authority is kept, that issues certificates " \
                "which have no files, and the access key that `serve` makes "  \
                "(see --access-keys). Default: $STATE_DIRECTORY, "             \
                "$XDG_STATE_HOME/sluice, $HOME/.local/state/sluice, or for "   \
                "root without HOME /var/lib/sluice.",                          \
        .kind = OPTION_TEXT, .offset = offsetof(type, state_folder)            \
    }

/* The folder: the one that is given, or else the first that the environment
 * names.  NULL: there is none. */
const char *state_folder(const char *given, char buffer[PATH_MAX]);

#endif
