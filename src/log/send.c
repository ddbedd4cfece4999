/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of the spool: found, sent, removed; or given up.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "log/note.h"
#include "log/ship_state.h"

enum {
    ADOPT_US = 60 * 1000 * 1000, /* looks for folders of others that often */
    REPORT_US = 60 * 1000 * 1000,
    RESOURCE_MAX = 1536,
    ROOM = 1024 * 1024, /* is kept free on the disk ... */
    ROOM_PART = 8,      /* ... or, of a small one, that part */
    MS = 1000,
};

#define ADD(ship, name, n)                                                     \
    atomic_fetch_add_explicit(&(ship)->counts.name, (n), memory_order_relaxed)
#define SET(ship, name, n)                                                     \
    atomic_store_explicit(&(ship)->counts.name, (n), memory_order_relaxed)

static struct log_folder *folder_of(const struct log_ship *ship,
                                    unsigned number)
{
    struct log_folder *folder = ship->folders;

    while (folder && folder->number != number)
        folder = folder->next;
    return folder;
}

static struct log_name name_of(const struct log_item *item)
{
    return (struct log_name){.ms = item->ms,
                             .number = item->number,
                             .lines = item->lines,
                             .state = LOG_FILE_READY};
}

/* ---- telling ---------------------------------------------------------------- */

/* How to mend it. */
static void put_advice(struct text *t, struct str bucket, struct str key,
                       const struct s3_upload *upload)
{
    if (upload->outcome == AWS_NOT_READY)
        return; /* the message says it */
    if (str_eq(upload->code, STR("NoSuchBucket"))) {
        text_printf(t, "; make the bucket, or name another one");
    } else if (upload->forbidden || upload->status == 403) {
        text_printf(t, "; allow these credentials " STR_FMT " on ",
                    STR_ARG(upload->permission));
        log_object_resource(t, bucket, key);
        TEXT_LITERAL(t, ", in a policy of theirs or of the bucket");
    }
}

void log_send_tell(struct log_ship *ship, struct str bucket, struct str key,
                   const struct s3_upload *upload)
{
    struct log_bucket *b = log_queue_bucket(&ship->queue, bucket);
    struct str what = upload->code.n ? upload->code : upload->message;
    struct str seen = str_of(b->told);
    char buffer[RESOURCE_MAX];
    struct text advice = text_in(buffer, sizeof(buffer));

    snprintf(ship->why, sizeof(ship->why), STR_FMT, STR_ARG(what));
    if (what.n > sizeof(b->told) - 1)
        what.n = sizeof(b->told) - 1;
    if (str_eq(seen, what))
        return;
    memcpy(b->told, what.p, what.n);
    b->told[what.n] = '\0';
    put_advice(&advice, bucket, key, upload);
    log_write(LOG_ERROR, "control",
              "S3 does not take logs for bucket " STR_FMT ": " STR_FMT
              "%s" STR_FMT STR_FMT " (they wait in %s)",
              STR_ARG(bucket), STR_ARG(upload->code),
              upload->code.n ? ": " : "", STR_ARG(upload->message),
              STR_ARG(text_str(&advice)), ship->options.spool);
}

void log_send_well(struct log_ship *ship, struct str bucket)
{
    struct log_bucket *b = log_queue_bucket(&ship->queue, bucket);

    if (b->told[0])
        log_write(LOG_INFO, "control",
                  "S3 takes logs for bucket " STR_FMT " again",
                  STR_ARG(bucket));
    b->told[0] = '\0';
}

/* What was given up, once a minute. */
static void report(struct log_ship *ship)
{
    uint64_t now = ship->loop.now_us;

    if (ship->lost == 0 || (ship->told_us && now - ship->told_us < REPORT_US))
        return;
    log_write(LOG_ERROR, "control",
              "%llu file%s of logs with %llu line%s given up, the oldest "
              "first: %s%s is full (%s), and S3 did not take them (%s)",
              (unsigned long long)ship->lost, ship->lost == 1 ? "" : "s",
              (unsigned long long)ship->lost_lines,
              ship->lost_lines == 1 ? " was" : "s were",
              ship->lost_disk ? "the disk of " : "", ship->options.spool,
              ship->lost_disk
                  ? "make room there, or name a larger one with --log-spool"
                  : "--log-spool-max",
              ship->why[0] ? ship->why : "not yet asked to");
    ship->lost = ship->lost_lines = 0;
    ship->lost_disk = false;
    ship->told_us = now;
}

/* ---- removing --------------------------------------------------------------- */

static void lose(struct log_ship *ship, uint64_t lines)
{
    ship->lost++;
    ship->lost_lines += lines;
    ADD(ship, dropped, 1);
    ADD(ship, dropped_lines, lines);
}

static void on_began(struct s3_upload *upload)
{
    const struct log_sending *sending = upload->owner;
    struct log_name name = name_of(sending->item);

    log_note_put(folder_of(sending->ship, sending->item->folder)->fd, &name,
                 upload->id);
}

/* What stays is not sent again while we live, and after that under its key. */
static bool remove_file(struct log_ship *ship, struct log_item *item)
{
    const struct log_folder *folder = folder_of(ship, item->folder);
    struct log_name name = name_of(item);
    char path[LOG_NAME_MAX];

    log_note_remove(folder->fd, &name);
    log_name_put(path, &name);
    if (unlinkat(folder->fd, path, 0) == 0 || errno == ENOENT) {
        log_queue_drop(&ship->queue, item);
        return true;
    }
    if (ship->remove_failures == 0)
        log_write(LOG_ERROR, "control",
                  "%s/%s is not needed any more and cannot be removed: %s; "
                  "it takes room there until it can",
                  folder->path, path, strerror(errno));
    return false;
}

static void remove_later(struct log_ship *ship)
{
    ship->remove_failures++;
    ship->remove_us =
        ship->loop.now_us + log_queue_wait_ms(ship->remove_failures,
                                              random_u64(&ship->loop.random)) *
                                MS;
}

/* Its file goes at once, or is left to remove_rest(). */
static void remove_over(struct log_ship *ship, struct log_item *item)
{
    if (!remove_file(ship, item) && ship->remove_failures == 0)
        remove_later(ship);
}

static void remove_rest(struct log_ship *ship)
{
    bool well = true;

    if (ship->loop.now_us < ship->remove_us)
        return;
    for (unsigned i = ship->queue.n; i-- > 0;)
        well &= !ship->queue.items[i]->over ||
                remove_file(ship, ship->queue.items[i]);
    if (well)
        ship->remove_failures = 0;
    else
        remove_later(ship);
}

static void give_up(struct log_ship *ship, struct log_item *item)
{
    lose(ship, item->lines);
    log_queue_give_up(&ship->queue, item);
    remove_over(ship, item);
}

/* ---- finding ---------------------------------------------------------------- */

/* The head of a complete file, which is open then; -1: there is none, or it
 * cannot be read (errno; else 0). */
static int open_file(const struct log_folder *folder, const char *name,
                     char bytes[LOG_HEAD_MAX], struct log_head *head)
{
    int fd = openat(folder->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd < 0 ? -1 : pread(fd, bytes, LOG_HEAD_MAX, 0);
    int error = n < 0 ? errno : 0;

    if (n >= 0 && log_head_read(str_make(bytes, (size_t)n), head))
        return fd;
    if (fd >= 0)
        close(fd);
    errno = error;
    return -1;
}

struct look {
    struct log_ship *ship;
    struct log_folder *folder;
    struct error *error; /* the last one that was met */
};

static void add_file(const struct look *look, const struct log_name *name,
                     uint64_t bytes)
{
    struct log_ship *ship = look->ship;
    struct log_item item = {.ms = name->ms,
                            .number = name->number,
                            .lines = name->lines,
                            .bytes = bytes,
                            .folder = look->folder->number};
    char path[LOG_NAME_MAX];
    char buffer[LOG_HEAD_MAX];
    struct log_head head;
    int fd;

    log_name_put(path, name);
    fd = open_file(look->folder, path, buffer, &head);
    if (fd >= 0) {
        log_queue_add(&ship->queue, &item, head.bucket);
        close(fd);
    } else if (errno) { /* the next look finds it again */
        error_set(look->error, "cannot read %s of the spool of logs: %s", path,
                  strerror(errno));
        ship->open += bytes;
        look->folder->stuck++;
    } else {
        log_write(LOG_ERROR, "control",
                  "%s/%s is no file of logs: it is removed", look->folder->path,
                  path);
        give_up(ship, log_queue_add(&ship->queue, &item, STR("")));
    }
}

static void see_file(void *owner, const struct log_name *name, uint64_t bytes)
{
    const struct look *look = owner;
    struct log_ship *ship = look->ship;

    if (name->state != LOG_FILE_READY)
        ship->open += bytes;
    else if (!log_queue_has(&ship->queue, name->ms, name->number,
                            look->folder->number))
        add_file(look, name, bytes);
}

static void look_into(struct log_ship *ship, struct log_folder *folder)
{
    struct error error = {""};
    struct look look = {.ship = ship, .folder = folder, .error = &error};

    log_folder_mend(folder, &error);
    log_folder_list(folder, see_file, &look);
    if (error.text[0] && (ship->stuck_us == 0 ||
                          ship->loop.now_us - ship->stuck_us > REPORT_US)) {
        log_write(LOG_ERROR, "control", "%s; it is tried again", error.text);
        ship->stuck_us = ship->loop.now_us;
    }
}

static void adopt(struct log_ship *ship)
{
    struct log_folder *folder;

    if (ship->adopt_us && ship->loop.now_us - ship->adopt_us < ADOPT_US)
        return;
    ship->adopt_us = ship->loop.now_us;
    while ((folder = log_folder_adopt(ship->options.spool))) {
        folder->number = ++ship->nfolders;
        folder->next = ship->folders->next;
        ship->folders->next = folder;
    }
}

/* Those of others that are empty by now. */
static void leave_empty(struct log_ship *ship)
{
    struct log_folder **at = &ship->folders;

    while (*at) {
        struct log_folder *folder = *at;

        if (folder->own || folder->stuck ||
            log_queue_count(&ship->queue, folder->number)) {
            at = &folder->next;
            continue;
        }
        *at = folder->next;
        log_folder_leave(folder);
    }
}

unsigned log_send_rest(const struct log_ship *ship)
{
    unsigned n = ship->queue.n - ship->queue.over;

    for (const struct log_folder *f = ship->folders; f; f = f->next)
        n += f->stuck;
    return n;
}

static void count(struct log_ship *ship)
{
    SET(ship, waiting, log_send_rest(ship));
    SET(ship, waiting_bytes, ship->queue.bytes + ship->open);
}

/* What fits without taking the last room of the disk: others may use it too. */
static void measure(struct log_ship *ship)
{
    struct log_disk disk = log_folder_disk(ship->folders);
    uint64_t used = ship->queue.bytes + ship->open;
    uint64_t keep = disk.size / ROOM_PART < ROOM ? disk.size / ROOM_PART : ROOM;

    ship->cap = ship->options.max;
    if (disk.room >= ship->cap)
        return;
    used = used + disk.room > keep ? used + disk.room - keep : 0;
    if (used < ship->cap)
        ship->cap = used;
}

static void give_up_excess(struct log_ship *ship)
{
    struct log_item *item;

    while (
        (item = log_queue_excess(&ship->queue, ship->open, ship->options.max)))
        give_up(ship, item);
    measure(ship);
    while ((item = log_queue_overflow(&ship->queue, ship->open, ship->cap))) {
        ship->lost_disk = true;
        give_up(ship, item);
    }
}

void log_send_look(struct log_ship *ship)
{
    adopt(ship);
    remove_rest(ship);
    ship->open = 0;
    for (struct log_folder *f = ship->folders; f; f = f->next)
        look_into(ship, f);
    give_up_excess(ship);
    leave_empty(ship);
    report(ship);
    count(ship);
}

/* ---- sending ---------------------------------------------------------------- */

/* What S3 does not have is to survive more than our own end. */
static void make_safe(const struct log_ship *ship, struct log_item *item,
                      int fd)
{
    if (item->safe)
        return;
    item->safe =
        fsync(fd) == 0 && fsync(folder_of(ship, item->folder)->fd) == 0;
}

static void on_sent(struct s3_upload *upload)
{
    struct log_sending *sending = upload->owner;
    struct log_ship *ship = sending->ship;
    struct log_item *item = sending->item;
    struct log_name name = name_of(item);

    sending->item = NULL;
    if (upload->outcome == AWS_OK) {
        log_queue_sent(&ship->queue, item);
        remove_over(ship, item);
        ADD(ship, objects, 1);
        ADD(ship, bytes, upload->file_n);
        log_send_well(ship, upload->bucket);
    } else {
        if (upload->id.n == 0)
            log_note_remove(folder_of(ship, item->folder)->fd, &name);
        make_safe(ship, item, upload->file);
        ADD(ship, failed, 1);
        log_send_tell(ship, upload->bucket, upload->key, upload);
        log_queue_failed(&ship->queue, item, ship->loop.now_us,
                         random_u64(&ship->loop.random));
    }
    close(upload->file);
    count(ship);
    log_ship_go_on(ship);
}

static struct str keep(char *to, struct str s)
{
    memcpy(to, s.p, s.n);
    return str_make(to, s.n);
}

/* 0, or why not: ENODATA when there is nothing to send. */
static int begin(struct log_sending *sending, struct log_item *item)
{
    struct log_ship *ship = sending->ship;
    const struct log_folder *folder = folder_of(ship, item->folder);
    struct log_name name = name_of(item);
    char path[LOG_NAME_MAX];
    char buffer[LOG_HEAD_MAX];
    struct log_head head;
    struct stat st;
    int fd;

    log_name_put(path, &name);
    fd = open_file(folder, path, buffer, &head);
    if (fd < 0)
        return errno == 0 || errno == ENOENT ? ENODATA : errno;
    if (fstat(fd, &st) || (uint64_t)st.st_size <= head.n) {
        close(fd);
        return ENODATA;
    }
    sending->item = item;
    sending->upload = (struct s3_upload){
        .bucket = keep(sending->bucket, head.bucket),
        .key = keep(sending->key, head.key),
        .file = fd,
        .has_file = true,
        .file_at = head.n,
        .file_n = (uint64_t)st.st_size - head.n,
        .id = log_note_get(folder->fd, &name, sending->id),
        .began = on_began,
        .done = on_sent,
        .owner = sending,
    };
    s3_upload_begin(ship->client, &sending->upload);
    return 0;
}

/* It waits as one that S3 did not take. */
static void begin_later(struct log_ship *ship, struct log_item *item, int error)
{
    struct log_bucket *b = item->bucket;

    snprintf(ship->why, sizeof(ship->why), "it cannot be read: %s",
             strerror(error));
    if (strcmp(b->told, strerror(error)) != 0)
        log_write(LOG_ERROR, "control",
                  "logs for bucket %s cannot be read: %s (they wait in %s)",
                  b->name, strerror(error), ship->options.spool);
    snprintf(b->told, sizeof(b->told), "%s", strerror(error));
    ADD(ship, failed, 1);
    log_queue_failed(&ship->queue, item, ship->loop.now_us,
                     random_u64(&ship->loop.random));
}

void log_send_more(struct log_ship *ship)
{
    for (unsigned i = 0; i < LOG_SENT_AT_ONCE; i++) {
        struct log_sending *sending = &ship->sendings[i];
        struct log_item *item;

        if (sending->item)
            continue;
        sending->ship = ship;
        while (sending->item == NULL &&
               (item = log_queue_next(&ship->queue, ship->loop.now_us))) {
            int error = begin(sending, item);

            if (error == ENODATA)
                give_up(ship, item);
            else if (error)
                begin_later(ship, item, error);
        }
    }
}

void log_send_end(struct log_ship *ship)
{
    for (unsigned i = 0; i < LOG_SENT_AT_ONCE; i++) {
        struct log_sending *sending = &ship->sendings[i];

        if (sending->item == NULL)
            continue;
        s3_upload_cancel(&sending->upload);
        close(sending->upload.file);
        sending->item = NULL;
    }
    report(ship);
}
