/* SPDX-License-Identifier: Apache-2.0 */
#include "control/discovery_sides.h"

struct deployment {
    struct str name;
    double created; /* its oldest task's */
    unsigned in[2]; /* its tasks that are registered */
    bool placed;
    unsigned side;
};

struct deployments {
    unsigned n;
    struct deployment v[DEPLOYMENTS_MAX];
};

static struct deployment *deployment_of(struct deployments *all,
                                        struct str name)
{
    for (unsigned i = 0; i < all->n; i++) {
        if (str_eq(all->v[i].name, name))
            return &all->v[i];
    }
    if (all->n < DEPLOYMENTS_MAX)
        all->v[all->n++] = (struct deployment){.name = name};
    return &all->v[all->n - 1];
}

static void count(struct deployments *all, const struct side_task *tasks,
                  unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        const struct side_task *t = &tasks[i];
        struct deployment *d = deployment_of(all, t->deployment);

        if (d->created == 0 || (t->created > 0 && t->created < d->created))
            d->created = t->created;
        d->in[0] += t->in[0];
        d->in[1] += t->in[1];
    }
}

static void place(struct deployment *d, unsigned side, bool taken[2])
{
    d->placed = true;
    d->side = side;
    taken[side] = true;
}

static struct deployment *oldest(struct deployments *all)
{
    struct deployment *found = NULL;

    for (unsigned i = 0; i < all->n; i++) {
        struct deployment *d = &all->v[i];

        if (!d->placed && (found == NULL || d->created < found->created))
            found = d;
    }
    return found;
}

void discovery_sides(struct side_task *tasks, unsigned n, unsigned production)
{
    struct deployments all = {.n = 0};
    bool taken[2] = {false, false};
    struct deployment *d;

    count(&all, tasks, n);
    for (unsigned i = 0; i < all.n; i++) {
        d = &all.v[i];
        if (d->in[0] || d->in[1])
            place(d, d->in[1] > d->in[0], taken);
    }
    while ((d = oldest(&all)) != NULL)
        place(d, taken[production] ? !production : production, taken);
    for (unsigned i = 0; i < n; i++)
        tasks[i].side = deployment_of(&all, tasks[i].deployment)->side;
}
