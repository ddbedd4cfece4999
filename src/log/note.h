/* SPDX-License-Identifier: Apache-2.0
 *
 * Beside a file of the spool that goes up in parts stands which upload that is,
 * until S3 has none of them: whoever sends the file next, this process or
 * another one, gives them back first.
 *
 *     1768480500123-000007-4211.log.upload    the id, as S3 gave it
 */
#ifndef SLUICE_LOG_NOTE_H
#define SLUICE_LOG_NOTE_H

#include "aws/s3.h"
#include "log/segment.h"

/* `folder` is an open directory, `name` that of the file.  Where there is no
 * room for it nothing is noted: parts stay in the bucket if we are killed. */
void log_note_put(int folder, const struct log_name *name, struct str id);

/* In `id`; n == 0: there is none that can be read. */
struct str log_note_get(int folder, const struct log_name *name,
                        char id[S3_UPLOAD_ID_MAX]);

void log_note_remove(int folder, const struct log_name *name);

#endif
