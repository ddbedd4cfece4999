/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the supervisor, shared by the file that decides
 * (supervisor.c), the one that starts processes (supervisor_child.c) and the
 * one that does what they say (supervisor_talk.c).
 */
#ifndef SLUICE_APP_SUPERVISOR_STATE_H
#define SLUICE_APP_SUPERVISOR_STATE_H

#include <signal.h>
#include <sys/types.h>

#include "app/channel.h"
#include "app/socket_store.h"

struct child {
    struct list node;
    pid_t pid;
    int channel; /* -1: it closed its end */
    int binary;  /* what it runs; -1: supervisor.binary */
    int texts;   /* of its templates; -1: not told, or the supervisor's */
    enum channel_start start;
    unsigned number; /* the newest has the greatest */
    uint64_t began_us;
};

struct supervisor {
    struct socket_store store;
    struct list children;  /* struct child, the oldest first */
    struct child *serving; /* NULL: none just now */
    struct child *starting;
    const char *path; /* of the program, where an upgrade finds it */
    int binary;       /* of the program that serves, whatever is there now */
    int texts;        /* of the templates that run; -1: none were told */
    int account;      /* that `--state memory` keeps; -1: it does not */
    uint8_t secret[CHANNEL_SECRET];
    uint32_t restarts;
    uint32_t upgrades;
    unsigned started;       /* children so far */
    unsigned ends;          /* times that we were told to end */
    unsigned backoff_ms;    /* before the next try; 0: none failed */
    uint64_t restart_at_us; /* 0: no restart is due */
    bool was_ready;         /* somebody served once */
    bool upgrade_again;     /* once what is starting has started */
    bool hup;               /* to be passed on then */
    bool usr1;
    int status;      /* of the newest child that ended, as of waitpid() */
    unsigned newest; /* its number */
    int signals;     /* signalfd */
    sigset_t mask;   /* as it was before */
};

/* ---- supervisor_child.c -------------------------------------------------- */

/* Where this program is found again, by the word that it was started with. */
const char *child_program(void);

/* A hold on the program that runs now, or on one in the file system; -1 with
 * an error. */
int child_binary_running(struct error *error);
int child_binary_at(const char *path, struct error *error);

/* Whether another program is at that path now than the one held. */
bool child_binary_differs(int binary, const char *path);

/* Starts a process that runs `binary`, which becomes its (-1: the one that
 * serves), and says HELLO.  NULL with an error. */
struct child *child_start(struct supervisor *s, enum channel_start start,
                          int binary, struct error *error);

/* Closes what is held of one that is gone. */
void child_free(struct child *child);

/* ---- supervisor_talk.c --------------------------------------------------- */

/* Reads what the child has said so far and does it. */
void talk_listen(struct supervisor *s, struct child *child);

void talk_say(struct child *child, enum channel_kind kind, struct str name);

/* The starting child serves: what it does not use is closed, the one that
 * served so far is told to retire. */
void talk_take_over(struct supervisor *s, struct child *old);

/* The starting child failed: what only that used is closed. */
void talk_give_up(struct supervisor *s);

/* ---- supervisor.c -------------------------------------------------------- */

/* READY came. */
void supervisor_ready(struct supervisor *s, struct child *child);

/* SETTLED came. */
void supervisor_settled(const struct supervisor *s, const struct child *child);

#endif
