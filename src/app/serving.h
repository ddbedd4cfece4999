/* SPDX-License-Identifier: Apache-2.0
 *
 * `sluice serve`, shared by the file that runs it (cmd_serve.c), the one of its
 * options and the one of what it reads again.
 */
#ifndef SLUICE_APP_SERVING_H
#define SLUICE_APP_SERVING_H

#include "app/commands.h"
#include "app/geo_files.h"
#include "app/key_file.h"
#include "app/parent.h"
#include "app/source.h"
#include "app/state.h"
#include "control/s3_folder.h"
#include "control/server.h"

struct serve_values {
    struct source_options source;
    struct address api;
    uint64_t workers; /* 0: one for each CPU */
    uint64_t drain_timeout;
    unsigned log_level;          /* enum log_level */
    unsigned log_format;         /* enum log_format */
    const char *logs[LOG_KINDS]; /* NULL: what the template says */
    const char *explain_key;
    const char *cookie_key;   /* NULL: one that is made at the start */
    const char *ticket_key;   /* the same */
    const char *user;         /* NULL: the one we are */
    const char *state_folder; /* NULL: that of the environment */
    const char *state;        /* NULL: the default */
    bool reset;
    const char *access_keys; /* NULL: none, or one of our own */
    const char *passthrough; /* NULL: none */
    const char *log_spool;   /* NULL: in the state folder */
    uint64_t log_spool_max;  /* MiB; 0: the default */
    bool no_supervisor;
    struct option_list geoip;
    const char *publish; /* NULL: nothing */
    uint64_t max_series;
    const char *emf_log;   /* NULL: none */
    const char *emf_group; /* NULL: none */
};

/* What runs, and what it was read from. */
struct serving {
    const struct serve_values *values;
    struct source source;
    struct config *config;
    struct certificate_source certificate_source;
    struct s3_folder s3_folder;
    struct certificates *certificates; /* that run; held */
    struct source next;                /* read again, not running yet */
    struct seal_keys keys[KEY_USES];   /* n == 0: the server makes one */
    struct access_keys *access_keys;   /* held; NULL: nobody is verified */
    struct geo_files geo_files;
    struct geo *geo; /* held; NULL: no country is known */
    struct parent parent;
    struct state state;
};

/* ---- serve_options.c -------------------------------------------------------- */

/* What the table of options cannot say; false with an error. */
bool serve_options_fit(const struct serve_values *values, struct error *error);

/* ---- cmd_serve.c ------------------------------------------------------------ */

int serve_run(int argc, char **argv);

/* ---- serve_again.c ------------------------------------------------------------ */

/* What the process after this one needs: the templates and the certificates
 * that were read from files. */
void serve_remember(struct serving *s);

/* What the process before remembered of certificates; NULL: nothing. */
struct certificates *serve_remembered(struct serving *s);

/* server_options.certified, .reload, .build, .reloaded, .keys_again,
 * .access_keys_again and .geo_again; `owner` is the struct serving. */
void serve_certified(void *owner, struct certificates *certificates);
struct config *serve_reload(void *owner, struct account **account);
struct config *serve_build(void *owner, const struct value *resources,
                           struct str stack, struct report *report);
void serve_reloaded(void *owner, bool runs);
bool serve_keys_again(void *owner, enum key_use use, struct seal_keys *keys);
struct access_keys *serve_access_again(void *owner);
struct geo *serve_geo_again(void *owner);

/* Problems as lines of the log, where those are JSON; else for people. */
void serve_log_problems(const struct serve_values *values,
                        struct report *report);

/* The file of these keys as it was given (NULL: none), and its kind. */
const char *serve_key_path(const struct serve_values *values, enum key_use use);
const struct key_file *serve_key_kind(enum key_use use);

#endif
