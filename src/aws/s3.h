/* SPDX-License-Identifier: Apache-2.0
 *
 * Putting an object into S3: at once, or in parts where it is large
 * (aws-integrations.md 7.1; PutObject, CreateMultipartUpload, UploadPart,
 * CompleteMultipartUpload, AbortMultipartUpload).  Parts go one after the
 * other, and what S3 has of an object that fails is given back: at once, or, when
 * that fails too or the process ends, by who puts the object next and knows the
 * upload's id.
 */
#ifndef SLUICE_AWS_S3_H
#define SLUICE_AWS_S3_H

#include "aws/client.h"

enum {
    S3_MULTIPART_MIN = 16 * 1024 * 1024, /* bytes; fewer go at once */
    S3_PART_BYTES = 8 * 1024 * 1024,     /* but for the last one */
    S3_PARTS_MAX = 10000,
    S3_UPLOAD_ID_MAX = 2048,
    S3_SLOWEST =
        256 * 1024, /* bytes a second: an attempt that is slower ends */
};

/* Embedded in its owner; all zero but what is said.  What it points to stays as
 * it is until done(). */
struct s3_upload {
    /* ---- the caller's ---- */
    struct str bucket;
    struct str key; /* as it is, not encoded */
    struct str body;
    int file; /* has_file: the object stands in it, at ... */
    bool has_file;
    uint64_t file_at;
    uint64_t file_n;
    unsigned attempts; /* of a call; 0: AWS_ATTEMPTS */
    /* At begin that of one in parts of this key that was
     * cut, which is given back first; at began() and done() that of one which S3
     * (still) has.  n == 0: none. */
    struct str id;
    void (*began)(struct s3_upload *upload); /* in parts; or NULL */
    /* As aws_call.done(). */
    void (*done)(struct s3_upload *upload);
    void *owner;

    /* ---- what became of it: as of an aws_call; good until done() returns ---- */
    enum aws_outcome outcome;
    unsigned status;
    struct str code;
    struct str message;
    bool forbidden;
    struct str permission; /* of IAM, that the call needed which failed */

    /* ---- its own ---- */
    struct aws_client *client;
    struct aws_call call;
    struct region memory;
    struct sigv4_field fields[1];
    struct str path;
    struct str *etags; /* of the parts that are there */
    unsigned parts;
    unsigned part; /* that is next, from 0 */
};

void s3_upload_begin(struct aws_client *client, struct s3_upload *upload);

/* Forgets one that began and is not done; done() is not called. */
void s3_upload_cancel(struct s3_upload *upload);

/* ---- what is sent and what comes; pure ------------------------------------- */

/* Whether it can be an id of an upload: printable, and not too long. */
bool s3_is_upload_id(struct str id);

/* The id of an upload, from the answer of CreateMultipartUpload; n == 0: there
 * is none. */
struct str s3_read_upload_id(struct region *region, struct str answer);

/* The body of CompleteMultipartUpload. */
struct str s3_put_parts(struct region *region, const struct str *etags,
                        unsigned n);

#endif
