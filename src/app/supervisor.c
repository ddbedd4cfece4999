/* SPDX-License-Identifier: Apache-2.0
 *
 *   starting ──READY──> serving ──another is READY──> retired ──> gone
 *      │                   │ crash: the next one starts at once
 *      └─ failed: the first one ends us; one after a crash is tried again,
 *         later each time; an upgrade is given up
 */
#include "app/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "app/process.h"
#include "app/supervisor_state.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

enum {
    BACKOFF_FIRST_MS = 100,
    BACKOFF_MOST_MS = 5000,
    /* What starts beside or after another one and is not ready by then never
     * will be. */
    START_LIMIT_MS = 60 * 1000,
};

static const char area[] = "supervisor";

/* ---- the service manager ------------------------------------------------- */

static void notify_reloading(void)
{
    char text[64];

    snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%llu",
             (unsigned long long)clock_monotonic_us());
    process_notify(text);
}

static void notify_ready(const struct supervisor *s)
{
    if (!s->ends)
        process_notify("READY=1");
}

/* ---- starting ------------------------------------------------------------ */

static void restart_later(struct supervisor *s)
{
    s->backoff_ms = s->backoff_ms ? s->backoff_ms * 2 : BACKOFF_FIRST_MS;
    if (s->backoff_ms > BACKOFF_MOST_MS)
        s->backoff_ms = BACKOFF_MOST_MS;
    s->restart_at_us = clock_monotonic_us() + s->backoff_ms * UINT64_C(1000);
}

static void restart(struct supervisor *s)
{
    struct error error = {""};

    s->restart_at_us = 0;
    s->restarts++;
    s->starting = child_start(s, START_CRASHED, -1, &error);
    if (s->starting)
        return;
    log_write(LOG_ERROR, area, "cannot start a serving process: %s",
              error.text);
    restart_later(s);
}

static void refuse_upgrade(struct supervisor *s, const struct error *error)
{
    log_write(LOG_ERROR, area,
              "the upgrade to %s failed, the old one goes "
              "on: %s",
              s->path, error->text);
    notify_ready(s);
}

static void upgrade(struct supervisor *s, const char *why)
{
    struct error error = {""};
    int binary;

    if (s->starting) {
        s->upgrade_again = true; /* what is there by then may be newer */
        return;
    }
    log_write(LOG_INFO, area, "%s: upgrading to %s", why, s->path);
    notify_reloading();
    s->restart_at_us = 0;
    binary = child_binary_at(s->path, &error);
    if (binary >= 0)
        s->starting = child_start(s, START_UPGRADE, binary, &error);
    if (s->starting == NULL) {
        refuse_upgrade(s, &error);
        if (s->serving == NULL)
            restart_later(s);
    }
}

/* What had to wait until nothing is starting. */
static void catch_up(struct supervisor *s)
{
    bool again = s->upgrade_again;

    s->upgrade_again = false;
    if (s->ends || s->starting)
        return;
    if (s->serving && s->usr1)
        kill(s->serving->pid, SIGUSR1);
    if (s->serving && s->hup && !again) {
        notify_reloading();
        kill(s->serving->pid, SIGHUP);
    }
    if (s->serving)
        s->hup = s->usr1 = false;
    if (again)
        upgrade(s, "told again");
}

/* ---- a process is ready -------------------------------------------------- */

static void adopt_texts(struct supervisor *s, struct child *child)
{
    if (child->texts < 0)
        return;
    if (s->texts >= 0)
        close(s->texts);
    s->texts = child->texts;
    child->texts = -1;
}

static void adopt_binary(struct supervisor *s, struct child *child)
{
    if (child->binary < 0)
        return;
    close(s->binary);
    s->binary = child->binary;
    child->binary = -1;
}

void supervisor_ready(struct supervisor *s, struct child *child)
{
    struct child *old = s->serving;
    uint64_t took = clock_monotonic_us() - child->began_us;

    adopt_texts(s, child);
    adopt_binary(s, child);
    if (!s->ends)
        talk_take_over(s, old);
    s->serving = child;
    s->starting = NULL;
    s->was_ready = true;
    s->backoff_ms = 0;
    if (old && !s->ends)
        talk_say(old, CHANNEL_RETIRE, STR(""));
    if (child->start == START_UPGRADE) {
        s->upgrades++;
        log_write(LOG_INFO, area, "upgraded: process %d serves",
                  (int)child->pid);
    } else if (child->start == START_CRASHED) {
        log_write(LOG_INFO, area, "process %d serves after %u ms",
                  (int)child->pid, (unsigned)(took / 1000));
    }
    if (child->start != START_CRASHED)
        notify_ready(s);
    catch_up(s);
}

void supervisor_settled(const struct supervisor *s, const struct child *child)
{
    if (child == s->serving)
        notify_ready(s);
}

/* ---- a process is gone --------------------------------------------------- */

static const char *put_status(char *room, size_t size, int status)
{
    if (WIFSIGNALED(status))
        snprintf(room, size, "was killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(room, size, "ended with status %d", WEXITSTATUS(status));
    return room;
}

static void server_gone(struct supervisor *s, const char *how)
{
    s->serving = NULL;
    if (s->ends)
        return;
    log_write(LOG_ERROR, area, "the serving process %s: starting another one",
              how);
    if (s->starting)
        talk_say(s->starting, CHANNEL_HURRY, STR(""));
    else
        restart(s);
}

static void starter_gone(struct supervisor *s, enum channel_start start,
                         const char *how)
{
    struct error error = {""};

    s->starting = NULL;
    if (s->ends)
        return;
    talk_give_up(s);
    if (start == START_FIRST) /* it said why; nobody is left, and so we end */
        return;
    if (start == START_UPGRADE) {
        error_set(&error, "the new process %s before it served", how);
        refuse_upgrade(s, &error);
        if (s->serving == NULL)
            restart(s);
    } else {
        restart_later(s);
        log_write(LOG_ERROR, area,
                  "the new process %s before it served: another try in %u ms",
                  how, s->backoff_ms);
    }
    catch_up(s);
}

static void child_gone(struct supervisor *s, struct child *child, int status)
{
    enum channel_start start = child->start;
    bool serving, starting;
    char how[96];

    talk_listen(s, child); /* its last words */
    serving = child == s->serving;
    starting = child == s->starting;
    if (child->number > s->newest && (!starting || !s->was_ready)) {
        s->newest = child->number;
        s->status = status;
    }
    put_status(how, sizeof(how), status);
    if (!serving && !starting && status)
        log_write(LOG_WARN, area, "the retired process %d %s", (int)child->pid,
                  how);
    child_free(child);
    if (serving)
        server_gone(s, how);
    else if (starting)
        starter_gone(s, start, how);
}

static struct child *find_child(const struct supervisor *s, pid_t pid)
{
    for (struct list *l = s->children.next; l != &s->children; l = l->next) {
        struct child *child = LIST_ENTRY_OF(l, struct child, node);

        if (child->pid == pid)
            return child;
    }
    return NULL;
}

/* Others than ours come to a process that is the first of a container. */
static void reap(struct supervisor *s)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct child *child = find_child(s, pid);

        if (child)
            child_gone(s, child, status);
    }
}

/* ---- signals ------------------------------------------------------------- */

/* Our copies of the sockets are closed first: a queue is the serving
 * process's alone then, which accepts what is in it. */
static void end(struct supervisor *s)
{
    s->ends++;
    s->restart_at_us = 0;
    if (s->ends == 1) {
        process_notify("STOPPING=1");
        socket_store_end(&s->store);
        if (list_empty(&s->children))
            s->status = 0; /* the next try was being waited for */
    }
    for (struct list *l = s->children.next; l != &s->children; l = l->next) {
        struct child *child = LIST_ENTRY_OF(l, struct child, node);

        if (s->ends > 2)
            kill(child->pid, SIGKILL);
        else if (child == s->starting)
            kill(child->pid, SIGTERM); /* it may not listen yet */
        talk_say(child, CHANNEL_DRAIN, STR(""));
    }
}

static void hup(struct supervisor *s)
{
    if (child_binary_differs(s->binary, s->path)) {
        upgrade(s, "HUP with another program in place");
    } else if (s->serving && !s->starting) {
        notify_reloading();
        kill(s->serving->pid, SIGHUP);
    } else {
        s->hup = true;
    }
}

static void usr1(struct supervisor *s)
{
    struct list *l = s->children.next;

    while (l != &s->children) {
        const struct child *child = LIST_ENTRY_OF(l, struct child, node);

        l = l->next;
        if (child != s->starting)
            kill(child->pid, SIGUSR1);
    }
    if (s->starting || !s->serving)
        s->usr1 = true;
}

static void on_signal(struct supervisor *s, uint32_t number)
{
    if (number == SIGTERM || number == SIGINT)
        end(s);
    else if (number == SIGUSR1)
        usr1(s);
    else if (number == SIGHUP && !s->ends)
        hup(s);
    else if (number == SIGUSR2 && !s->ends)
        upgrade(s, "USR2");
}

static void read_signals(struct supervisor *s)
{
    struct signalfd_siginfo info;

    while (read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
        on_signal(s, info.ssi_signo);
}

/* Blocked here, they come through a descriptor; whoever is executed gets them
 * back as they were. */
static bool take_signals(struct supervisor *s)
{
    static const int ours[] = {SIGTERM, SIGINT,  SIGHUP,
                               SIGUSR1, SIGUSR2, SIGCHLD};
    sigset_t set;

    sigemptyset(&set);
    for (unsigned i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        sigaddset(&set, ours[i]);
        signal(ours[i], SIG_DFL); /* what is ignored would never come */
    }
    sigprocmask(SIG_BLOCK, &set, &s->mask);
    s->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return s->signals >= 0;
}

/* ---- the loop ------------------------------------------------------------ */

/* What is due by the clock; returns the milliseconds until the next look. */
static int look_at_clock(struct supervisor *s)
{
    uint64_t now = clock_monotonic_us();
    uint64_t next = UINT64_MAX;

    if (s->restart_at_us && now >= s->restart_at_us)
        restart(s);
    if (s->starting && s->starting->start != START_FIRST) {
        next = s->starting->began_us + START_LIMIT_MS * UINT64_C(1000);
        if (now >= next) {
            kill(s->starting->pid, SIGKILL);
            next = UINT64_MAX; /* SIGCHLD follows */
        }
    }
    if (s->restart_at_us && s->restart_at_us < next)
        next = s->restart_at_us;
    if (next == UINT64_MAX)
        return -1;
    return next <= now ? 0 : (int)((next - now + 999) / 1000);
}

/* Waits for a signal or a word of a child. */
static void wait_for_news(const struct supervisor *s, int timeout_ms)
{
    struct pollfd *fds;
    nfds_t n = 1;

    for (struct list *l = s->children.next; l != &s->children; l = l->next)
        n++;
    fds = memory_zeroed(n, sizeof(*fds));
    fds[0] = (struct pollfd){.fd = s->signals, .events = POLLIN};
    n = 1;
    for (struct list *l = s->children.next; l != &s->children; l = l->next)
        fds[n++] = (struct pollfd){
            .fd = LIST_ENTRY_OF(l, struct child, node)->channel,
            .events = POLLIN,
        };
    poll(fds, n, timeout_ms);
    free(fds);
}

/* Words come before signals: who saw that a process is ready may signal it. */
static void loop(struct supervisor *s)
{
    while (!list_empty(&s->children) || s->restart_at_us) {
        wait_for_news(s, look_at_clock(s));
        for (struct list *l = s->children.next; l != &s->children; l = l->next)
            talk_listen(s, LIST_ENTRY_OF(l, struct child, node));
        read_signals(s);
        reap(s);
    }
}

/* As if the process that served had been this one. */
static int exit_status(const struct supervisor *s)
{
    int number;

    if (!WIFSIGNALED(s->status))
        return WEXITSTATUS(s->status);
    number = WTERMSIG(s->status);
    if (number == SIGTERM) {
        log_stop();
        sigprocmask(SIG_SETMASK, &s->mask, NULL);
        raise(number);
    }
    return 128 + number;
}

static bool start(struct supervisor *s, struct error *error)
{
    s->path = child_program();
    s->binary = child_binary_running(error);
    if (s->binary < 0)
        return false;
    if (getrandom(s->secret, sizeof(s->secret), 0) !=
        (ssize_t)sizeof(s->secret))
        return error_set(error, "no random bytes: %s", strerror(errno));
    if (!take_signals(s))
        return error_set(error, "cannot take signals: %s", strerror(errno));
    s->starting = child_start(s, START_FIRST, -1, error);
    return s->starting != NULL;
}

int supervisor_run(void)
{
    struct supervisor s = {
        .binary = -1, .texts = -1, .account = -1, .signals = -1};
    struct error error = {""};
    int status = EX_OSERR;

    list_init(&s.children);
    socket_store_init(&s.store);
    process_hide_manager();
    socket_store_activated(&s.store);
    if (start(&s, &error)) {
        loop(&s);
        status = exit_status(&s);
    } else {
        fprintf(stderr,
                "sluice serve: %s; --no-supervisor needs no parent process\n",
                error.text);
    }
    socket_store_end(&s.store);
    return status;
}
