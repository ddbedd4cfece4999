/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

/* ---- words --------------------------------------------------------------- */

struct splitting {
    struct str line;
    size_t at;
    char *out; /* of the word; as long as the line at most */
    size_t n;
    bool open; /* a word has begun, an empty one perhaps */
};

static bool more(const struct splitting *s)
{
    return s->at < s->line.n;
}

static void take(struct splitting *s)
{
    s->out[s->n++] = s->line.p[s->at++];
}

/* What stands between quotes; false: they do not end. */
static bool take_quoted(struct splitting *s)
{
    char quote = s->line.p[s->at++];

    while (more(s) && s->line.p[s->at] != quote) {
        if (quote == '"' && s->line.p[s->at] == '\\' && s->at + 1 < s->line.n &&
            (s->line.p[s->at + 1] == '"' || s->line.p[s->at + 1] == '\\'))
            s->at++;
        take(s);
    }
    s->at++;
    return s->at <= s->line.n;
}

/* The next word; false: quotes do not end. */
static bool take_word(struct splitting *s)
{
    s->n = 0;
    s->open = false;
    while (more(s) && (s->line.p[s->at] == ' ' || s->line.p[s->at] == '\t'))
        s->at++;
    while (more(s) && s->line.p[s->at] != ' ' && s->line.p[s->at] != '\t') {
        char c = s->line.p[s->at];

        s->open = true;
        if (c == '\'' || c == '"') {
            if (!take_quoted(s))
                return false;
            continue;
        }
        if (c == '\\' && s->at + 1 < s->line.n)
            s->at++;
        take(s);
    }
    return true;
}

char **process_split(struct region *region, struct str line,
                     struct error *error)
{
    char **words =
        region_take(region, (PROCESS_WORDS_MAX + 1) * sizeof(*words));
    struct splitting s = {.line = line, .out = region_take(region, line.n + 1)};
    unsigned n = 0;

    if (memchr(line.n ? line.p : "", '\0', line.n)) {
        error_set(error, "a NUL stands in it");
        return NULL;
    }
    for (;;) {
        if (!take_word(&s)) {
            error_set(error, "a quote in it does not end");
            return NULL;
        }
        if (!s.open)
            break;
        if (n == PROCESS_WORDS_MAX) {
            error_set(error, "it has more than %u words", PROCESS_WORDS_MAX);
            return NULL;
        }
        words[n++] =
            (char *)(uintptr_t)region_copy(region, str_make(s.out, s.n)).p;
    }
    if (n == 0)
        error_set(error, "it is empty");
    return n ? words : NULL;
}

/* ---- running ------------------------------------------------------------- */

bool process_handle_init(struct process_handle *handle)
{
    pthread_mutex_init(&handle->lock, NULL);
    handle->pid = 0;
    handle->stop = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return handle->stop >= 0;
}

void process_handle_end(struct process_handle *handle)
{
    pthread_mutex_destroy(&handle->lock);
    if (handle->stop >= 0)
        close(handle->stop);
}

void process_stop(struct process_handle *handle)
{
    static const uint64_t one = 1;

    pthread_mutex_lock(&handle->lock);
    if (handle->pid)
        kill(-handle->pid, SIGKILL);
    if (write(handle->stop, &one, sizeof(one)) < 0)
        errno = 0; /* it is readable anyway */
    pthread_mutex_unlock(&handle->lock);
}

struct run {
    pid_t pid; /* 0: it has ended */
    int fd;    /* its output */
    struct process_handle *handle;
    uint64_t deadline_us;
    struct error *error;
};

/* Says whom process_stop() kills.  The lock is held for that alone: who stops
 * waits neither for a command to begin nor for its end. */
static void aim(struct process_handle *handle, pid_t pid)
{
    pthread_mutex_lock(&handle->lock);
    handle->pid = pid;
    pthread_mutex_unlock(&handle->lock);
}

/* Reaps it; until then the number is nobody else's. */
static void reap(struct run *r, int *status)
{
    aim(r->handle, 0);
    waitpid(r->pid, status, 0);
    r->pid = 0;
}

static bool prepare(posix_spawn_file_actions_t *files, posix_spawnattr_t *how,
                    int out)
{
    sigset_t none;
    sigset_t all;

    sigemptyset(&none);
    sigfillset(&all);
    return posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY,
                                            0) == 0 &&
           posix_spawn_file_actions_adddup2(files, out, 1) == 0 &&
           posix_spawn_file_actions_addopen(files, 2, "/dev/null", O_WRONLY,
                                            0) == 0 &&
           posix_spawn_file_actions_addclosefrom_np(files, 3) == 0 &&
           posix_spawnattr_setsigmask(how, &none) == 0 &&
           posix_spawnattr_setsigdefault(how, &all) == 0 &&
           posix_spawnattr_setpgroup(how, 0) == 0 &&
           posix_spawnattr_setflags(how, POSIX_SPAWN_SETSIGMASK |
                                             POSIX_SPAWN_SETSIGDEF |
                                             POSIX_SPAWN_SETPGROUP) == 0;
}

/* 0, or what errno would be. */
static int spawn(pid_t *pid, char *const *words, char *const *environment,
                 int out)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    int fault = ENOMEM;

    if (posix_spawn_file_actions_init(&files))
        return ENOMEM;
    if (posix_spawnattr_init(&how)) {
        posix_spawn_file_actions_destroy(&files);
        return ENOMEM;
    }
    if (prepare(&files, &how, out))
        fault = posix_spawnp(pid, words[0], &files, &how, words, environment);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    return fault;
}

/* Milliseconds that are left; 0: none. */
static int left_ms(const struct run *r)
{
    uint64_t now = clock_monotonic_us();

    return now < r->deadline_us ? (int)((r->deadline_us - now) / 1000 + 1) : 0;
}

/* Waits for its output, or for `ms` when there is none to come.  False: its
 * time is over. */
static bool wait_for(const struct run *r, int ms)
{
    struct pollfd fds[] = {{.fd = r->handle->stop, .events = POLLIN},
                           {.fd = r->fd, .events = POLLIN}};
    int left = left_ms(r);

    if (left == 0)
        return error_set(r->error, "it took too long and was killed");
    if (poll(fds, 2, ms < left ? ms : left) < 0 && errno != EINTR)
        return error_set(r->error, "poll: %s", strerror(errno));
    if (fds[0].revents)
        return error_set(r->error, "it is not wanted any more");
    return true;
}

static bool read_all(struct run *r, char *buffer, size_t cap, size_t *n)
{
    for (;;) {
        ssize_t got;

        if (!wait_for(r, INT32_MAX))
            return false;
        got = read(r->fd, buffer + *n, cap - *n);
        if (got == 0)
            return true;
        if (got > 0)
            *n += (size_t)got;
        else if (errno != EAGAIN && errno != EINTR)
            return error_set(r->error, "its output: %s", strerror(errno));
        if (*n == cap)
            return error_set(r->error, "it printed more than %u bytes",
                             PROCESS_OUTPUT_MAX);
    }
}

/* After the end of its output. */
static bool wait_end(struct run *r)
{
    siginfo_t ended = {.si_pid = 0};
    int status = 0;

    close(r->fd);
    r->fd = -1;
    while (waitid(P_PID, (id_t)r->pid, &ended, WEXITED | WNOHANG | WNOWAIT) ==
               0 &&
           ended.si_pid == 0) {
        if (!wait_for(r, 5))
            return false;
    }
    reap(r, &status);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (WIFEXITED(status))
        return error_set(r->error, "it ended with status %d",
                         WEXITSTATUS(status));
    return error_set(r->error, "it was ended by signal %d", WTERMSIG(status));
}

static void clean_up(struct run *r)
{
    if (r->fd >= 0)
        close(r->fd);
    if (r->pid) {
        kill(-r->pid, SIGKILL);
        reap(r, NULL);
    }
}

static bool start(struct run *r, char *const *words, char *const *environment,
                  int out)
{
    int fault = spawn(&r->pid, words, environment, out);

    if (fault) {
        r->pid = 0;
        return error_set(r->error, "%s: %s", words[0], strerror(fault));
    }
    aim(r->handle, r->pid);
    return true;
}

bool process_run(struct region *region, char *const *words,
                 char *const *environment, unsigned deadline_ms,
                 struct process_handle *handle, struct str *output,
                 struct error *error)
{
    struct run r = {.handle = handle,
                    .deadline_us =
                        clock_monotonic_us() + (uint64_t)deadline_ms * 1000,
                    .error = error};
    char *buffer = region_take(region, PROCESS_OUTPUT_MAX + 1);
    size_t n = 0;
    int ends[2];
    bool ok;

    if (pipe2(ends, O_CLOEXEC))
        return error_set(error, "there is no pipe: %s", strerror(errno));
    r.fd = ends[0];
    fcntl(r.fd, F_SETFL, O_NONBLOCK);
    ok = start(&r, words, environment, ends[1]);
    close(ends[1]);
    ok = ok && read_all(&r, buffer, PROCESS_OUTPUT_MAX + 1, &n) && wait_end(&r);
    clean_up(&r);
    *output = str_make(buffer, n);
    return ok;
}
