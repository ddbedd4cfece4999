/* SPDX-License-Identifier: Apache-2.0
 *
 * Credentials of a profile, and of those that it takes them from.
 */
#include "aws/chain_internal.h"
#include "aws/settings.h"
#include "base/suggest.h"

/* What one profile is looked at with. */
struct look {
    struct region *region;
    char *const *environment;
    const struct profiles *profiles;
    struct aws_chain *chain;
    struct error *error;
    struct str name; /* of the profile */
};

static struct str get(const struct look *l, const char *key)
{
    return profile_get(l->profiles, l->name, key);
}

bool chain_session_check(struct str session, const char *where,
                         struct error *error)
{
    for (size_t i = 0; i < session.n; i++) {
        char c = session.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c >= '0' && c <= '9') || memchr("_+=,.@-", c, 7)))
            return error_set(error,
                             "%s: only letters, digits and _+=,.@- may "
                             "stand in it",
                             where);
    }
    return session.n == 0 || (session.n >= 2 && session.n <= 64) ||
           error_set(error, "%s: has 2 to 64 characters", where);
}

/* ---- what stands in a profile itself ------------------------------------- */

/* Keys that belong together stand in one file. */
static bool has_keys(const struct look *l, struct sigv4_credentials *keys)
{
    enum profile_file file = PROFILE_CREDENTIALS;

    if (profile_get_of(l->profiles, file, l->name, "aws_access_key_id").n == 0)
        file = PROFILE_CONFIG;
    keys->access_key =
        profile_get_of(l->profiles, file, l->name, "aws_access_key_id");
    keys->secret =
        profile_get_of(l->profiles, file, l->name, "aws_secret_access_key");
    keys->token =
        profile_get_of(l->profiles, file, l->name, "aws_session_token");
    return keys->access_key.n > 0 || keys->secret.n > 0;
}

static bool take_keys(const struct look *l, bool *found)
{
    struct sigv4_credentials keys;

    if (!has_keys(l, &keys))
        return true;
    if (keys.access_key.n == 0 || keys.secret.n == 0)
        return error_set(l->error,
                         "profile \"" STR_FMT "\" has one of aws_access_key_id "
                         "and aws_secret_access_key: write both",
                         STR_ARG(l->name));
    l->chain->kind = CHAIN_STATIC;
    l->chain->keys = keys;
    *found = true;
    return true;
}

static bool take_process(const struct look *l, bool *found)
{
    l->chain->command = get(l, "credential_process");
    if (l->chain->command.n) {
        l->chain->kind = CHAIN_PROCESS;
        *found = true;
    }
    return true;
}

static bool refuse_sso(const struct look *l)
{
    static const char *const keys[] = {"sso_session", "sso_start_url",
                                       "login_session"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (get(l, keys[i]).n)
            return error_set(
                l->error,
                "profile \"" STR_FMT "\": %s is not supported, a server has "
                "nobody to log in; use a role, or credential_process = aws "
                "configure export-credentials --profile " STR_FMT,
                STR_ARG(l->name), keys[i], STR_ARG(l->name));
    }
    return true;
}

/* ---- roles --------------------------------------------------------------- */

static bool read_role(const struct look *l, struct chain_role *role)
{
    struct str duration = get(l, "duration_seconds");
    uint64_t seconds = 0;

    if (duration.n && (!str_to_u64(duration, CHAIN_ROLE_S_MAX, &seconds) ||
                       seconds < CHAIN_ROLE_S_MIN))
        return error_set(l->error,
                         "profile \"" STR_FMT "\": duration_seconds is a "
                         "number from %u to %u",
                         STR_ARG(l->name), CHAIN_ROLE_S_MIN, CHAIN_ROLE_S_MAX);
    if (get(l, "mfa_serial").n)
        return error_set(l->error,
                         "profile \"" STR_FMT "\": mfa_serial is not "
                         "supported, a server has nobody to ask for a code; "
                         "use a role without it",
                         STR_ARG(l->name));
    *role = (struct chain_role){
        .arn = get(l, "role_arn"),
        .session = get(l, "role_session_name"),
        .external_id = get(l, "external_id"),
        .duration_s = (unsigned)seconds,
    };
    return chain_session_check(role->session, "role_session_name", l->error);
}

static bool take_source(const struct look *l, struct str source, bool *found)
{
    if (str_ieq(source, STR("Environment"))) {
        if (!chain_environment(l->environment, l->chain, found, l->error))
            return false;
    } else if (str_ieq(source, STR("EcsContainer"))) {
        if (!chain_container(l->region, l->environment, l->chain, found,
                             l->error))
            return false;
    } else if (str_ieq(source, STR("Ec2InstanceMetadata"))) {
        if (!chain_imds(l->region, l->environment, l->profiles, l->chain, found,
                        l->error))
            return false;
    } else {
        return error_set(l->error,
                         "profile \"" STR_FMT "\": credential_source is "
                         "Environment, Ec2InstanceMetadata or EcsContainer",
                         STR_ARG(l->name));
    }
    l->chain->fixed = false; /* the role's change */
    return *found ||
           error_set(l->error,
                     "profile \"" STR_FMT "\": credential_source = " STR_FMT
                     ", and there is none here",
                     STR_ARG(l->name), STR_ARG(source));
}

/* Where the credentials come from that assume the role of this profile: *next
 * is another profile, n == 0: it has been found. */
static bool take_role(const struct look *l, struct str *next, bool *found)
{
    struct str profile = get(l, "source_profile");
    struct str source = get(l, "credential_source");
    struct str token_file = get(l, "web_identity_token_file");
    struct chain_role role;

    if (!read_role(l, &role))
        return false;
    if (token_file.n) {
        l->chain->kind = CHAIN_WEB_IDENTITY;
        l->chain->token_file = token_file;
        l->chain->web = role;
        *found = true;
        return true;
    }
    if ((profile.n > 0) == (source.n > 0))
        return error_set(l->error,
                         "profile \"" STR_FMT "\" has role_arn, and %s "
                         "source_profile and credential_source: write one",
                         STR_ARG(l->name), profile.n ? "both" : "none of");
    if (l->chain->nroles == CHAIN_ROLES_MAX)
        return error_set(l->error,
                         "profile \"" STR_FMT "\": more than %u roles are "
                         "assumed one with another; does source_profile go "
                         "round in a circle?",
                         STR_ARG(l->name), CHAIN_ROLES_MAX);
    l->chain->roles[l->chain->nroles++] = role;
    *next = profile;
    return profile.n > 0 || take_source(l, source, found);
}

/* ---- profiles ------------------------------------------------------------ */

static bool not_there(const struct look *l)
{
    struct suggest near = suggest_for(l->name);
    const char *best;

    for (const struct profile_section *s = l->profiles->sections; s;
         s = s->next) {
        if (s->kind == PROFILE_PROFILE)
            suggest_offer(&near, region_copy(l->region, s->name).p);
    }
    best = suggest_best(&near);
    return error_set(l->error,
                     "there is no profile \"" STR_FMT "\" in the config and "
                     "credentials files%s%s%s",
                     STR_ARG(l->name), best ? "; did you mean \"" : "",
                     best ? best : "", best ? "\"?" : "");
}

/* One profile; `first`: the one that was asked for. */
static bool take_one(const struct look *l, bool first, struct str *next,
                     bool *found)
{
    struct sigv4_credentials keys;
    bool itself = str_eq(get(l, "source_profile"), l->name);

    *next = STR("");
    /* One that lends its credentials lends its keys before its role. */
    if (get(l, "role_arn").n && (first || !has_keys(l, &keys))) {
        if (!take_role(l, next, found))
            return false;
        if (!itself)
            return true;
        *next = STR("");
        return take_keys(l, found);
    }
    if (get(l, "web_identity_token_file").n)
        return error_set(l->error,
                         "profile \"" STR_FMT "\" has web_identity_token_file "
                         "and no role_arn",
                         STR_ARG(l->name));
    return take_keys(l, found) && (*found || take_process(l, found)) &&
           (*found || refuse_sso(l));
}

bool chain_profile(struct region *region, char *const *environment,
                   const struct profiles *profiles, struct aws_chain *chain,
                   bool *found, struct error *error)
{
    struct str asked = aws_profile_name(environment);
    bool said = !str_eq(asked, STR("default"));
    struct look l = {.region = region,
                     .environment = environment,
                     .profiles = profiles,
                     .chain = chain,
                     .error = error,
                     .name = asked};
    bool first = true;
    struct str next;

    *found = false;
    do {
        if (!profile_exists(profiles, l.name))
            return !first || said ? not_there(&l) : true;
        if (!take_one(&l, first, &next, found))
            return false;
        if (next.n)
            l.name = next;
        first = false;
    } while (next.n);
    chain->from =
        region_printf(region, "profile \"" STR_FMT "\"", STR_ARG(asked));
    return *found || chain->nroles == 0 ||
           error_set(error,
                     "profile \"" STR_FMT "\" has no credentials to assume a "
                     "role with",
                     STR_ARG(l.name));
}
