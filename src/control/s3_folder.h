/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder that stands for S3 (--s3-folder): object KEY of bucket BUCKET is the
 * file BUCKET/KEY in it.  It keeps one version of each: whatever version is
 * asked for.
 */
#ifndef SLUICE_CONTROL_S3_FOLDER_H
#define SLUICE_CONTROL_S3_FOLDER_H

#include "api/action.h"

struct s3_folder {
    struct object_source source; /* to give to others */
    struct str path;             /* n == 0: there is none */
};

/* The path must live as long; it may be empty. */
void s3_folder_init(struct s3_folder *folder, struct str path);

#endif
