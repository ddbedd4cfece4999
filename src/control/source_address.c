/* SPDX-License-Identifier: Apache-2.0 */
#include "control/source_address.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* 0, or why no connection can leave from it. */
static int try_it(const struct address *source)
{
    struct sockaddr_storage sa;
    socklen_t n = address_to_sockaddr(source, &sa);
    int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int error = 0;

    if (fd < 0 || bind(fd, (struct sockaddr *)&sa, n))
        error = errno;
    if (fd >= 0)
        close(fd);
    return error;
}

static bool was_there(const struct snapshot *before,
                      const struct config_group *group)
{
    for (unsigned i = 0; before && i < before->ngroups; i++) {
        const struct config_group *old = before->groups[i]->config;

        if (str_eq(old->arn, group->arn))
            return address_equal(&old->source, &group->source);
    }
    return false;
}

static void check(const struct config_group *group)
{
    char room[ADDRESS_TEXT_MAX];
    struct text text = text_in(room, sizeof(room));
    int error = try_it(&group->source);

    if (error == 0)
        return;
    address_put_ip(&text, &group->source);
    log_write(LOG_WARN, "control",
              "target group " STR_FMT ": no connection can leave from " STR_FMT
              ", its SourceAddress: %s; its targets cannot be reached until "
              "this machine has that address",
              STR_ARG(group->name), (int)text.n, text.p, strerror(error));
}

void source_address_check(const struct snapshot *snapshot,
                          const struct snapshot *before)
{
    for (unsigned i = 0; i < snapshot->ngroups; i++) {
        const struct config_group *group = snapshot->groups[i]->config;

        if (group->source.family && !was_there(before, group))
            check(group);
    }
}
