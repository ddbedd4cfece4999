/* SPDX-License-Identifier: Apache-2.0 */
#include "app/process.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    USER_TEXT = 4096, /* of an entry of passwd(5) */
    RESERVED = 65536, /* descriptors: half a MiB of the kernel's */
};

char **process_arguments;

/* NOTIFY_SOCKET, once it is hidden; else empty. */
static char manager[sizeof(((struct sockaddr_un *)0)->sun_path)];

void process_prepare(void)
{
    struct rlimit limit;

    signal(SIGPIPE, SIG_IGN);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
        limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void process_reserve_descriptors(void)
{
    struct rlimit limit;
    int fd = open("/", O_PATH | O_CLOEXEC);
    int last = RESERVED - 1;

    if (fd < 0)
        return;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < RESERVED)
        last = (int)limit.rlim_cur - 1;
    last = fcntl(fd, F_DUPFD_CLOEXEC, last);
    if (last >= 0)
        close(last);
    close(fd);
}

unsigned process_cpus(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

    return n > 0 ? (unsigned)n : 1;
}

void process_print_address(const char *word, const char *scheme,
                           const struct address *address, const char *more)
{
    char buffer[ADDRESS_TEXT_MAX];
    struct text t = text_in(buffer, sizeof(buffer));

    address_put(&t, address);
    printf("%s %s://" STR_FMT "%s\n", word, scheme, STR_ARG(text_str(&t)),
           more);
}

void process_print_ready(void)
{
    puts("ready");
    fflush(stdout);
}

void process_ignore_early(void)
{
    signal(SIGHUP, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, SIG_IGN);
}

void process_ignore_late(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* Whom a name means; NULL with an error. */
static const struct passwd *find_user(const char *user, struct passwd *entry,
                                      char *room, size_t size,
                                      struct error *error)
{
    struct passwd *found = NULL;

    if (getpwnam_r(user, entry, room, size, &found) || found == NULL)
        error_set(error, "--user %.60s: there is no such user", user);
    return found;
}

bool process_user_exists(const char *user, struct error *error)
{
    struct passwd entry;
    char room[USER_TEXT];

    return find_user(user, &entry, room, sizeof(room), error) != NULL;
}

bool process_become(const char *user, struct error *error)
{
    struct passwd entry;
    char room[USER_TEXT];
    const struct passwd *p = find_user(user, &entry, room, sizeof(room), error);

    if (p == NULL)
        return false;
    if (initgroups(user, p->pw_gid) ||
        setresgid(p->pw_gid, p->pw_gid, p->pw_gid) ||
        setresuid(p->pw_uid, p->pw_uid, p->pw_uid))
        return error_set(error,
                         "--user %.60s: only root may become another user; "
                         "leave the option out",
                         user);
    return true;
}

void process_hide_manager(void)
{
    const char *path = getenv("NOTIFY_SOCKET");

    if (path && strlen(path) < sizeof(manager))
        snprintf(manager, sizeof(manager), "%s", path);
    unsetenv("NOTIFY_SOCKET");
}

void process_notify(const char *state)
{
    const char *path = manager[0] ? manager : getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t n = path ? strlen(path) : 0;
    int fd;

    if (n == 0 || n >= sizeof(address.sun_path))
        return;
    memcpy(address.sun_path, path, n);
    if (path[0] == '@') /* an abstract name */
        address.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
    close(fd);
}
