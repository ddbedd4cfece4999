/* SPDX-License-Identifier: Apache-2.0
 *
 * The object that is put into a bucket when a log is turned on: whether that is
 * allowed is known then, and not when the first five minutes are over.
 */
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "log/ship_state.h"

enum { AGAIN_US = 60 * 1000 * 1000, BODY_MAX = 1024 };

static void trial_free(struct log_trial *trial)
{
    region_end(&trial->region);
    free(trial);
}

/* Those that are off now, but for what is on its way. */
static void forget_unwanted(struct log_ship *ship)
{
    struct log_trial **at = &ship->trials;

    while (*at) {
        struct log_trial *trial = *at;

        if (trial->wanted || trial->sending) {
            at = &trial->next;
            continue;
        }
        *at = trial->next;
        trial_free(trial);
    }
}

static struct log_trial *find(const struct log_ship *ship,
                              const struct log_place *place, struct str key)
{
    struct log_trial *trial = ship->trials;

    while (trial && !(str_eq(trial->place.bucket, place->bucket) &&
                      str_eq(trial->key, key)))
        trial = trial->next;
    return trial;
}

static void add(struct log_ship *ship, const struct log_place *place,
                struct str key)
{
    struct log_trial *trial = memory_zeroed(1, sizeof(*trial));
    char buffer[BODY_MAX];
    struct text body = text_in(buffer, sizeof(buffer));

    log_object_test_body(&body, place, clock_wall_seconds());
    trial->ship = ship;
    trial->wanted = true;
    trial->place.kind = place->kind;
    trial->place.bucket = region_copy(&trial->region, place->bucket);
    trial->place.name = region_copy(&trial->region, place->name);
    trial->key = region_copy(&trial->region, key);
    trial->body = region_copy(&trial->region, text_str(&body));
    trial->next = ship->trials;
    ship->trials = trial;
}

static void want(struct log_ship *ship, const struct log_place *place)
{
    char buffer[LOG_KEY_MAX];
    struct text key = text_in(buffer, sizeof(buffer));
    struct log_trial *trial;

    if (!log_object_test_key(&key, place) || !text_ok(&key))
        return;
    trial = find(ship, place, text_str(&key));
    if (trial)
        trial->wanted = true;
    else
        add(ship, place, text_str(&key));
}

void log_trial_set(struct log_ship *ship, const struct log_place *places,
                   unsigned n)
{
    for (struct log_trial *t = ship->trials; t; t = t->next)
        t->wanted = false;
    for (unsigned i = 0; i < n; i++)
        want(ship, &places[i]);
    forget_unwanted(ship);
}

static void on_put(struct s3_upload *upload)
{
    struct log_trial *trial = upload->owner;
    struct log_ship *ship = trial->ship;

    trial->sending = false;
    if (upload->outcome == AWS_OK) {
        trial->done = true;
        log_write(LOG_INFO, "control",
                  "the %s of " STR_FMT " goes to bucket " STR_FMT,
                  log_kind_name(trial->place.kind), STR_ARG(trial->place.name),
                  STR_ARG(trial->place.bucket));
        log_send_well(ship, trial->place.bucket);
    } else {
        trial->next_us = ship->loop.now_us + AGAIN_US;
        log_send_tell(ship, trial->place.bucket, trial->key, upload);
    }
    forget_unwanted(ship);
    log_ship_go_on(ship);
}

static void begin(struct log_trial *trial)
{
    trial->sending = true;
    trial->upload = (struct s3_upload){
        .bucket = trial->place.bucket,
        .key = trial->key,
        .body = trial->body,
        .done = on_put,
        .owner = trial,
    };
    s3_upload_begin(trial->ship->client, &trial->upload);
}

void log_trial_more(struct log_ship *ship)
{
    for (struct log_trial *t = ship->trials; t && !ship->stopping;
         t = t->next) {
        if (!t->done && !t->sending && ship->loop.now_us >= t->next_us)
            begin(t);
    }
}

void log_trial_end(struct log_ship *ship)
{
    while (ship->trials) {
        struct log_trial *trial = ship->trials;

        ship->trials = trial->next;
        if (trial->sending)
            s3_upload_cancel(&trial->upload);
        trial_free(trial);
    }
}
