/* SPDX-License-Identifier: Apache-2.0 */
#include "app/geo_files.h"

static void look(struct file_mark *marks, const struct option_list *paths)
{
    for (unsigned i = 0; i < paths->n; i++) {
        if (!file_look(paths->v[i], &marks[i]))
            marks[i] = (struct file_mark){.device = 0};
    }
}

bool geo_files_open(struct geo_files *files, const struct option_list *paths,
                    struct geo **geo, struct error *error)
{
    *geo = NULL;
    if (paths->n == 0)
        return true;
    look(files->marks, paths);
    *geo = geo_open(paths->v, paths->n, error);
    return *geo != NULL;
}

bool geo_files_again(struct geo_files *files, const struct option_list *paths,
                     struct geo **geo, struct error *error)
{
    struct geo_files now;
    bool changed = false;

    look(now.marks, paths);
    for (unsigned i = 0; i < paths->n; i++)
        changed |= !file_mark_equal(&now.marks[i], &files->marks[i]);
    return changed && geo_files_open(files, paths, geo, error);
}
