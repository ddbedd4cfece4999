/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/s3.h"

#include "aws/xml_read.h"

enum {
    SECOND_MS = 1000,
    ENCODED = 3,
    ETAG_MAX = 1024,
    PART_TEXT = 128,
    QUERY_TEXT = 64,      /* but the id */
    NO_SUCH_UPLOAD = 404, /* status */
    BROKEN = 500,         /* a status from here on: it may be well later */
};

/* ---- what is sent and what comes ------------------------------------------- */

bool s3_is_upload_id(struct str id)
{
    for (size_t i = 0; i < id.n; i++) {
        if (id.p[i] <= ' ' || id.p[i] == 0x7f)
            return false;
    }
    return id.n > 0 && id.n <= S3_UPLOAD_ID_MAX;
}

struct str s3_read_upload_id(struct region *region, struct str answer)
{
    struct str id =
        xml_read_text(region, answer, "InitiateMultipartUploadResult/UploadId");

    return s3_is_upload_id(id) ? id : STR("");
}

static void put_xml(struct text *t, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '<')
            TEXT_LITERAL(t, "&lt;");
        else if (s.p[i] == '>')
            TEXT_LITERAL(t, "&gt;");
        else if (s.p[i] == '&')
            TEXT_LITERAL(t, "&amp;");
        else
            text_char(t, s.p[i]);
    }
}

struct str s3_put_parts(struct region *region, const struct str *etags,
                        unsigned n)
{
    size_t room = PART_TEXT;
    struct text t;

    for (unsigned i = 0; i < n; i++)
        room += PART_TEXT + sizeof("&amp;") * etags[i].n;
    t = text_in(region_take(region, room), room);
    TEXT_LITERAL(&t, "<CompleteMultipartUpload "
                     "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for (unsigned i = 0; i < n; i++) {
        text_printf(&t, "<Part><PartNumber>%u</PartNumber><ETag>", i + 1);
        put_xml(&t, etags[i]);
        TEXT_LITERAL(&t, "</ETag></Part>");
    }
    TEXT_LITERAL(&t, "</CompleteMultipartUpload>");
    return text_str(&t);
}

/* ---- calls ------------------------------------------------------------------ */

/* What the last call became is what the upload did. */
static void note(struct s3_upload *u)
{
    const struct aws_call *call = &u->call;

    u->outcome = call->outcome;
    u->status = call->status;
    u->code = region_copy(&u->memory, call->code);
    u->message = region_copy(&u->memory, call->message);
    u->forbidden = aws_call_is_forbidden(call);
    u->permission = aws_call_permission(&u->memory, call);
}

/* The upload is the owner's again, and may be gone after that. */
static void finish(struct s3_upload *u)
{
    struct region memory = u->memory;

    u->memory = (struct region){NULL};
    u->done(u);
    region_end(&memory);
}

/* A call without a body yet. */
static struct aws_call *make(struct s3_upload *u, struct str method,
                             struct str query,
                             void (*done)(struct aws_call *call))
{
    u->call = (struct aws_call){
        .service = AWS_S3,
        .method = method,
        .bucket = u->bucket,
        .path = u->path,
        .query = query,
        .attempts = u->attempts,
        .done = done,
        .owner = u,
    };
    return &u->call;
}

/* Of the upload that goes on; 0: no part of it. */
static struct str query_of(struct s3_upload *u, unsigned part)
{
    size_t room = QUERY_TEXT + ENCODED * u->id.n;
    struct text t = text_in(region_take(&u->memory, room), room);

    if (part)
        text_printf(&t, "partNumber=%u", part);
    aws_put_parameter(&t, "uploadId", u->id);
    return text_str(&t);
}

static void carry(const struct s3_upload *u, struct aws_call *call, uint64_t at,
                  uint64_t n)
{
    call->body = u->body;
    call->has_file = u->has_file;
    call->file = u->file;
    call->file_at = u->file_at + at;
    call->file_n = n;
    call->timeout_ms = (uint32_t)(AWS_TIMEOUT_MS + n / S3_SLOWEST * SECOND_MS);
}

/* What S3 keeps has an ETag; whoever says 200 without one is not S3, and may
 * have kept nothing. */
static void doubt(struct aws_call *call)
{
    call->outcome = AWS_UNREADABLE;
    call->message = STR("what answers as S3 took an object and gave it no "
                        "ETag: nobody knows whether it is there");
}

/* ---- at once ---------------------------------------------------------------- */

static void on_put(struct aws_call *call)
{
    struct s3_upload *u = call->owner;

    if (call->outcome == AWS_OK && call->etag.n == 0)
        doubt(call);
    note(u);
    finish(u);
}

static void put_whole(struct s3_upload *u)
{
    struct aws_call *call = make(u, STR("PUT"), STR(""), on_put);

    call->fields = u->fields;
    call->nfields = 1;
    carry(u, call, 0, u->has_file ? u->file_n : 0);
    aws_call_begin(u->client, call);
}

/* ---- in parts ---------------------------------------------------------------- */

static void give_back(struct s3_upload *u, void (*done)(struct aws_call *call))
{
    aws_call_begin(u->client, make(u, STR("DELETE"), query_of(u, 0), done));
}

/* The parts are given back, or S3 says that it has none: either way the upload
 * failed for the reason that was noted. */
static void on_abort(struct aws_call *call)
{
    struct s3_upload *u = call->owner;

    if (call->outcome == AWS_OK || call->status == NO_SUCH_UPLOAD)
        u->id = STR("");
    finish(u);
}

static void give_up(struct s3_upload *u)
{
    note(u);
    give_back(u, on_abort);
}

static void on_complete(struct aws_call *call)
{
    struct s3_upload *u = call->owner;

    if (call->outcome == AWS_OK &&
        xml_read_text(&u->memory, call->answer,
                      "CompleteMultipartUploadResult/ETag")
                .n == 0)
        doubt(call);
    if (call->outcome != AWS_OK) {
        give_up(u);
        return;
    }
    u->id = STR("");
    note(u);
    finish(u);
}

static void complete(struct s3_upload *u)
{
    struct aws_call *call = make(u, STR("POST"), query_of(u, 0), on_complete);

    call->body = s3_put_parts(&u->memory, u->etags, u->parts);
    aws_call_begin(u->client, call);
}

static void put_part(struct s3_upload *u);

static void on_part(struct aws_call *call)
{
    struct s3_upload *u = call->owner;

    if (call->outcome != AWS_OK) {
        give_up(u);
        return;
    }
    if (call->etag.n == 0 || call->etag.n > ETAG_MAX) {
        call->outcome = AWS_UNREADABLE;
        call->message = STR("S3 took a part and gave it no ETag");
        give_up(u);
        return;
    }
    u->etags[u->part++] = region_copy(&u->memory, call->etag);
    if (u->part == u->parts)
        complete(u);
    else
        put_part(u);
}

static void put_part(struct s3_upload *u)
{
    uint64_t at = (uint64_t)u->part * S3_PART_BYTES;
    uint64_t left = u->file_n - at;
    struct aws_call *call =
        make(u, STR("PUT"), query_of(u, u->part + 1), on_part);

    carry(u, call, at, left < S3_PART_BYTES ? left : S3_PART_BYTES);
    aws_call_begin(u->client, call);
}

static void on_create(struct aws_call *call)
{
    struct s3_upload *u = call->owner;

    if (call->outcome == AWS_OK) {
        u->id = s3_read_upload_id(&u->memory, call->answer);
        if (u->id.n) {
            if (u->began)
                u->began(u);
            put_part(u);
            return;
        }
        call->outcome = AWS_UNREADABLE;
        call->message = STR("S3 began an upload in parts and gave it no id");
    }
    note(u);
    finish(u);
}

static void begin_parts(struct s3_upload *u)
{
    struct aws_call *call = make(u, STR("POST"), STR("uploads="), on_create);

    u->parts = (unsigned)((u->file_n + S3_PART_BYTES - 1) / S3_PART_BYTES);
    u->etags = region_take(&u->memory, u->parts * sizeof(*u->etags));
    call->fields = u->fields;
    call->nfields = 1;
    aws_call_begin(u->client, call);
}

/* ---- the upload --------------------------------------------------------------- */

static struct str path_of(struct region *region, struct str key)
{
    size_t room = ENCODED * key.n + 1;
    struct text t = text_in(region_take(region, room), room);

    text_char(&t, '/');
    aws_put_key(&t, key);
    return text_str(&t);
}

static void begin(struct s3_upload *u)
{
    u->id = STR("");
    if (u->has_file && u->file_n >= S3_MULTIPART_MIN &&
        u->file_n <= (uint64_t)S3_PARTS_MAX * S3_PART_BYTES)
        begin_parts(u);
    else
        put_whole(u);
}

/* One that may not be given back does not keep the object from S3. */
static void on_given_back(struct aws_call *call)
{
    struct s3_upload *u = call->owner;

    if (call->outcome == AWS_OK ||
        (call->outcome == AWS_REFUSED && call->status < BROKEN)) {
        begin(u);
        return;
    }
    note(u);
    finish(u);
}

void s3_upload_begin(struct aws_client *client, struct s3_upload *u)
{
    u->client = client;
    u->memory = (struct region){NULL};
    u->part = 0;
    u->path = path_of(&u->memory, u->key);
    u->fields[0] = (struct sigv4_field){STR("Content-Type"),
                                        STR("application/octet-stream")};
    if (u->id.n)
        give_back(u, on_given_back);
    else
        begin(u);
}

void s3_upload_cancel(struct s3_upload *u)
{
    aws_call_cancel(u->client, &u->call);
    region_end(&u->memory);
}
