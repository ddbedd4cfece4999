/* SPDX-License-Identifier: Apache-2.0 */
#include "app/state_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* NULL: not set, or empty. */
static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value && value[0] ? value : NULL;
}

static const char *join(const char *folder, const char *more,
                        char buffer[PATH_MAX])
{
    return snprintf(buffer, PATH_MAX, "%s%s", folder, more) < PATH_MAX ? buffer
                                                                       : NULL;
}

/* A service manager may name several, with colons between. */
static const char *first_of(const char *folders, char buffer[PATH_MAX])
{
    return snprintf(buffer, PATH_MAX, "%.*s", (int)strcspn(folders, ":"),
                    folders) < PATH_MAX
               ? buffer
               : NULL;
}

const char *state_folder(const char *given, char buffer[PATH_MAX])
{
    const char *value;

    if (given)
        return join(given, "", buffer);
    if ((value = environment("STATE_DIRECTORY")))
        return first_of(value, buffer);
    /* XDG Base Directory Specification: a path that is not absolute is none. */
    if ((value = environment("XDG_STATE_HOME")) && value[0] == '/')
        return join(value, "/sluice", buffer);
    if ((value = environment("HOME")))
        return join(value, "/.local/state/sluice", buffer);
    return geteuid() == 0 ? join("/var/lib/sluice", "", buffer) : NULL;
}
