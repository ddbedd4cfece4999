/* SPDX-License-Identifier: Apache-2.0
 *
 * Which addresses stand here for targets that groups register by an id
 * (--target), and which targets count beside those of --service.
 */
#include "model/local_targets.h"

#include "model/schema.h"

/* ---- --target ----------------------------------------------------------------- */

/* HOST:PORT, or HOST alone with port 0. */
static bool read_address(struct str text, struct address *address,
                         const char **fault)
{
    struct str host = str_ieq(text, STR("localhost")) ? STR("127.0.0.1") : text;

    *address = (struct address){.port = 0};
    return (host.n && address_parse_ip(host, address)) ||
           local_address(text, address, fault);
}

/* The id that is named stands for the address, in whatever group it is. */
static void give(struct config *config, struct str id,
                 const struct address *address)
{
    for (unsigned i = 0; i < config->ngroups; i++) {
        struct config_group *group = config->groups[i];

        for (unsigned k = 0; k < group->ntargets; k++) {
            struct config_target *target = &group->targets[k];

            if (group->type == TARGET_TYPE_LAMBDA || !str_eq(target->id, id))
                continue;
            target->address = *address;
            if (address->port == 0)
                target->address.port = target->port;
        }
    }
}

static bool is_given_before(const struct local *local, unsigned i)
{
    for (unsigned k = 0; k < i; k++) {
        if (str_eq(local->targets[k].id, local->targets[i].id))
            return true;
    }
    return false;
}

void local_apply_targets(struct config *config, const struct local *local,
                         struct report *report)
{
    for (unsigned i = 0; i < local->ntargets; i++) {
        const struct local_target_id *t = &local->targets[i];
        struct str id = shown(t->id);
        struct str value = shown(t->value);
        struct address address;
        const char *fault = NULL;

        if (!read_address(t->value, &address, &fault))
            report_error(report, NULL,
                         "--target " STR_FMT "=" STR_FMT ": %s\n"
                         "the form is ID=HOST or ID=HOST:PORT",
                         STR_ARG(id), STR_ARG(value), fault);
        else if (is_given_before(local, i))
            report_error(report, NULL,
                         "--target " STR_FMT " is given twice\n"
                         "write one address for it",
                         STR_ARG(id));
        else
            give(config, t->id, &address);
    }
}

/* ---- what calls registered ------------------------------------------------------ */

bool local_names_target(const struct value *list, struct str id, uint16_t port)
{
    for (const struct value *v = list ? list->first : NULL; v; v = v->next) {
        struct str text = v->text;
        const char *colon =
            value_is_scalar(v) && text.n ? memrchr(text.p, ':', text.n) : NULL;
        struct str end =
            colon ? str_make(colon + 1, (size_t)(text.p + text.n - colon - 1))
                  : STR("");
        uint64_t number;

        if (colon && str_eq(str_make(text.p, (size_t)(colon - text.p)), id) &&
            str_to_u64(end, UINT16_MAX, &number) && number == port)
            return true;
    }
    return false;
}
