/* SPDX-License-Identifier: Apache-2.0
 *
 * Starting a serving process.
 *
 * It runs a program that is held open, not one that has a path: after a crash
 * the version that served comes again, whatever an installation has put in
 * its place meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/process.h"
#include "app/supervisor_state.h"
#include "base/clock.h"
#include "base/memory.h"

static const char running[] = "/proc/self/exe";

/* ---- programs ------------------------------------------------------------ */

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
           a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool is_running(const char *path)
{
    struct stat ours;
    struct stat theirs;

    return stat(running, &ours) == 0 && stat(path, &theirs) == 0 &&
           same_file(&ours, &theirs);
}

/* As the shell would have found it. */
static bool find_in_path(const char *name, char *found, size_t size)
{
    const char *path = getenv("PATH");
    struct str rest = str_of(path ? path : "");

    while (rest.p) {
        struct str folder = str_cut(&rest, ':');

        snprintf(found, size, STR_FMT "/%s", STR_ARG(folder), name);
        if (folder.n && is_running(found))
            return true;
    }
    return false;
}

static bool find_from_here(const char *name, char *found, size_t size)
{
    char here[PATH_MAX];

    if (name[0] == '/')
        snprintf(found, size, "%s", name);
    else if (getcwd(here, sizeof(here)))
        snprintf(found, size, "%s/%s", here, name);
    else
        return false;
    return is_running(found);
}

/* A symbolic link stays one: it may point to the next version by then. */
const char *child_program(void)
{
    static char found[2 * PATH_MAX];
    const char *name = process_arguments[0];
    ssize_t n;

    if (name && (strchr(name, '/') ? find_from_here(name, found, sizeof(found))
                                   : find_in_path(name, found, sizeof(found))))
        return found;
    n = readlink(running, found, sizeof(found) - 1);
    if (n > 0)
        found[n] = '\0';
    return n > 0 ? found : running;
}

static int hold(const char *path, const char *shown, struct error *error)
{
    int fd = open(path, O_PATH | O_CLOEXEC);

    if (fd < 0)
        error_set(error, "cannot open %.300s: %s", shown, strerror(errno));
    return fd;
}

int child_binary_running(struct error *error)
{
    return hold(running, running, error);
}

int child_binary_at(const char *path, struct error *error)
{
    return hold(path, path, error);
}

bool child_binary_differs(int binary, const char *path)
{
    struct stat ours;
    struct stat theirs;

    return fstat(binary, &ours) == 0 && stat(path, &theirs) == 0 &&
           !same_file(&ours, &theirs);
}

/* ---- the new process ----------------------------------------------------- */

/* Between fork() and exec(): only what is safe in a signal handler. */
static void become(const struct supervisor *s, int binary, int channel,
                   int failed)
{
    static const int ignored[] = {SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
    int cause;

    fcntl(channel, F_SETFD, 0);
    for (unsigned i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
        signal(ignored[i], SIG_IGN);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &s->mask, NULL);
    execveat(binary, "", process_arguments, environ, AT_EMPTY_PATH);
    cause = errno;
    if (write(failed, &cause, sizeof(cause)) < 0)
        _exit(EXIT_FAILURE);
    _exit(EXIT_FAILURE);
}

/* Waits until the program runs; what failed comes through the pipe. */
static bool runs(pid_t pid, int failed, struct error *error)
{
    int cause = 0;
    ssize_t got;

    do
        got = read(failed, &cause, sizeof(cause));
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return true;
    waitpid(pid, NULL, 0);
    return error_set(error, "cannot execute it: %s", strerror(cause));
}

static bool spawn(const struct supervisor *s, struct child *child, int binary,
                  int channel, struct error *error)
{
    char fd[16];
    int pipes[2];
    bool ok;

    if (pipe2(pipes, O_CLOEXEC))
        return error_set(error, "cannot make a pipe: %s", strerror(errno));
    snprintf(fd, sizeof(fd), "%d", channel);
    setenv("SLUICE_CHANNEL", fd, 1);
    child->pid = fork();
    if (child->pid == 0)
        become(s, binary, channel, pipes[1]);
    close(pipes[1]);
    ok = child->pid > 0 ? runs(child->pid, pipes[0], error)
                        : error_set(error, "cannot fork: %s", strerror(errno));
    close(pipes[0]);
    return ok;
}

static void say_hello(const struct supervisor *s, const struct child *child)
{
    struct channel_message hello = channel_message(CHANNEL_HELLO, STR(""));
    int fds[2];
    unsigned n = 0;

    hello.start = (uint32_t)child->start;
    hello.restarts = s->restarts;
    hello.upgrades = s->upgrades + (child->start == START_UPGRADE);
    memcpy(hello.secret, s->secret, sizeof(hello.secret));
    if (s->texts >= 0) {
        hello.gives |= GIVES_TEXTS;
        fds[n++] = s->texts;
    }
    if (s->account >= 0) {
        hello.gives |= GIVES_ACCOUNT;
        fds[n++] = s->account;
    }
    channel_send(child->channel, &hello, fds, n, false);
}

struct child *child_start(struct supervisor *s, enum channel_start start,
                          int binary, struct error *error)
{
    struct child *child = memory_zeroed(1, sizeof(*child));
    int pair[2] = {-1, -1};
    bool ok;

    list_init(&child->node);
    child->start = start;
    child->texts = -1;
    child->binary = binary;
    child->began_us = clock_monotonic_us();
    ok = channel_pair(pair, error);
    child->channel = pair[0];
    if (ok) {
        say_hello(s, child);
        ok = spawn(s, child, binary >= 0 ? binary : s->binary, pair[1], error);
        close(pair[1]);
    }
    if (!ok) {
        child_free(child);
        return NULL;
    }
    child->number = ++s->started;
    list_push_back(&s->children, &child->node);
    return child;
}

void child_free(struct child *child)
{
    const int fds[] = {child->channel, child->binary, child->texts};

    for (unsigned i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    list_remove(&child->node);
    free(child);
}
