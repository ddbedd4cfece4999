/* SPDX-License-Identifier: Apache-2.0
 *
 * What `sluice serve` reads again while it runs (HUP), and what it leaves to
 * the process after it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "app/access_file.h"
#include "app/key_file.h"
#include "app/serving.h"
#include "base/log.h"
#include "base/memory.h"
#include "model/diff.h"

/* ---- what a process after this one runs ----------------------------------- */

/* The templates, then the number of pairs of certificates and keys that were
 * read from files, then those. */
void serve_remember(struct serving *s)
{
    unsigned files = certificates_files(s->certificates);
    unsigned n = s->source.ntexts;
    struct str *texts = memory_zeroed(n + 1 + (size_t)files * CERTIFICATE_TEXTS,
                                      sizeof(*texts));
    char number[16];

    if (n == 0) {
        parent_remember(&s->parent, NULL, 0);
        free(texts);
        return;
    }
    memcpy(texts, s->source.texts, n * sizeof(*texts));
    snprintf(number, sizeof(number), "%u", files);
    texts[n] = str_of(number);
    certificates_put_texts(s->certificates, texts + n + 1);
    parent_remember(&s->parent, texts, n + 1 + files * CERTIFICATE_TEXTS);
    free(texts);
}

/* What the process before remembered of certificates; NULL: nothing. */
struct certificates *serve_remembered(struct serving *s)
{
    unsigned n = s->values->source.templates.n;
    const struct str *texts = parent_texts(&s->parent, n + 1);
    uint64_t files = 0;

    if (texts == NULL || !str_to_u64(texts[n], UINT16_MAX, &files))
        return NULL;
    texts =
        parent_texts(&s->parent, n + 1 + (unsigned)files * CERTIFICATE_TEXTS);
    return texts ? certificates_of_texts(texts + n + 1, (unsigned)files) : NULL;
}

/* A pair may change while the template stays. */
void serve_certified(void *owner, struct certificates *certificates)
{
    struct serving *s = owner;

    if (certificates == s->certificates)
        return;
    certificates_release(s->certificates);
    s->certificates = certificates_hold(certificates);
    serve_remember(s);
}

/* ---- the template, again ------------------------------------------------- */

static void log_change(void *owner, enum diff_kind kind, struct str id,
                       struct str type)
{
    static const char *const words[] = {"added", "removed", "changed"};

    (void)owner;
    log_write(LOG_INFO, "serve", "template: " STR_FMT " (" STR_FMT ") %s",
              STR_ARG(id), STR_ARG(type), words[kind]);
}

/* Problems as lines of the log, where those are JSON; else for people. */
void serve_log_problems(const struct serve_values *values,
                        struct report *report)
{
    if (values->log_format != LOG_JSON) {
        source_print(report);
        return;
    }
    report_sort(report);
    for (const struct problem *p = report->first; p; p = p->next)
        log_write(p->severity == PROBLEM_ERROR ? LOG_ERROR : LOG_WARN, "serve",
                  "%s:%u:%u: " STR_FMT "%s" STR_FMT,
                  p->place.file ? p->place.file : "-", p->place.line,
                  p->place.column, STR_ARG(p->what), p->remedy.n ? ": " : "",
                  STR_ARG(p->remedy));
}

/* SIGHUP: what is not as in the template that runs. */
struct config *serve_reload(void *owner, struct account **account)
{
    struct serving *s = owner;
    struct source_options again = s->values->source;
    struct report report = {.strict = false};
    struct error error = {""};
    struct config *config;
    unsigned errors;

    again.again = true;
    again.texts = NULL;
    if (!source_is_files(&s->values->source)) {
        log_write(LOG_ERROR, "serve",
                  "the new template is refused, the old one goes on: standard "
                  "input and pipes cannot be read again");
        return NULL;
    }
    config = source_load(&again, &s->next, &report, &error);
    errors = report.errors;

    serve_log_problems(s->values, &report);
    report_end(&report);
    if (config == NULL) {
        log_write(LOG_ERROR, "serve",
                  "the new template is refused, the old one goes on: %u "
                  "error%s",
                  errors, errors == 1 ? "" : "s");
    } else if (diff_resources(s->source.resources, s->next.resources,
                              log_change, NULL) == 0) {
        log_write(LOG_INFO, "serve", "template: nothing changed");
        config_release(config);
        config = NULL;
    }
    if (config == NULL)
        source_end(&s->next);
    else
        *account = account_new(s->next.resources, 0);
    return config;
}

/* What a call of the API makes of the resources. */
struct config *serve_build(void *owner, const struct value *resources,
                           struct str stack, struct report *report)
{
    struct serving *s = owner;
    struct source_options how = s->values->source;

    how.again = true;
    return source_build(&how, resources, stack, report);
}

void serve_reloaded(void *owner, bool runs)
{
    struct serving *s = owner;
    struct source old = s->source;

    if (!runs) {
        source_end(&s->next);
        return;
    }
    s->source = s->next;
    s->next = (struct source){.stack = STR("")};
    source_end(&old);
    serve_remember(s);
    log_write(LOG_INFO, "serve", "the new template runs");
}

const char *serve_key_path(const struct serve_values *values, enum key_use use)
{
    return use == KEY_COOKIES ? values->cookie_key : values->ticket_key;
}

const struct key_file *serve_key_kind(enum key_use use)
{
    return use == KEY_COOKIES ? &key_file_cookies : &key_file_tickets;
}

/* SIGHUP: keys, which are read again whatever became of the template. */
bool serve_keys_again(void *owner, enum key_use use, struct seal_keys *keys)
{
    const struct serving *s = owner;
    const char *path = serve_key_path(s->values, use);
    struct error error = {""};

    if (path == NULL)
        return false;
    if (key_file_read(serve_key_kind(use), path, keys, &error))
        return true;
    log_write(LOG_ERROR, "serve", "%s; the old %s keys go on", error.text,
              key_use_words[use]);
    return false;
}

/* SIGHUP: access keys, as well. */
struct access_keys *serve_access_again(void *owner)
{
    const struct serving *s = owner;
    struct report report = {.strict = false};
    struct access_keys *keys =
        access_file_read(s->values->access_keys, &report);

    serve_log_problems(s->values, &report);
    report_end(&report);
    if (keys == NULL)
        log_write(LOG_ERROR, "serve",
                  "%s is refused, the old access keys go on",
                  s->values->access_keys);
    return keys;
}

struct geo *serve_geo_again(void *owner)
{
    struct serving *s = owner;
    struct error error = {""};
    struct geo *geo = NULL;

    if (!geo_files_again(&s->geo_files, &s->values->geoip, &geo, &error) &&
        error.text[0])
        log_write(LOG_ERROR, "serve", "%s; the old database goes on",
                  error.text);
    return geo;
}
