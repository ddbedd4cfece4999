/* SPDX-License-Identifier: Apache-2.0 */
#include "api/local_s3.h"

void local_put_s3(struct text *t, const struct local_s3 *s3)
{
    const struct {
        const char *name;
        const char *type;
        const char *help;
        uint64_t value;
    } all[] = {
        {"sluice_s3_log_objects_total", "counter",
         "Objects of logs that S3 took", s3->objects},
        {"sluice_s3_log_bytes_total", "counter", "Bytes of them, compressed",
         s3->bytes},
        {"sluice_s3_log_failures_total", "counter",
         "Times that S3 did not take one", s3->failed},
        {"sluice_s3_log_dropped_objects_total", "counter",
         "Objects given up because the spool was full", s3->dropped},
        {"sluice_s3_log_dropped_lines_total", "counter", "Lines in them",
         s3->dropped_lines},
        {"sluice_s3_log_waiting_objects", "gauge",
         "Objects that wait for S3 in the spool", s3->waiting},
        {"sluice_s3_log_spool_bytes", "gauge",
         "Bytes in the spool, of those and of what is being written",
         s3->waiting_bytes},
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        text_printf(t, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", all[i].name,
                    all[i].help, all[i].name, all[i].type, all[i].name,
                    (unsigned long long)all[i].value);
}
