/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/chain.h"

#include "aws/chain_internal.h"
#include "aws/credentials.h"
#include "aws/endpoint.h"

/* ---- the environment ----------------------------------------------------- */

bool chain_environment(char *const *environment, struct aws_chain *chain,
                       bool *found, struct error *error)
{
    struct sigv4_credentials keys = {
        .access_key = aws_environment(environment, "AWS_ACCESS_KEY_ID"),
        .secret = aws_environment(environment, "AWS_SECRET_ACCESS_KEY"),
        .token = aws_environment(environment, "AWS_SESSION_TOKEN"),
    };
    struct str until =
        aws_environment(environment, "AWS_CREDENTIAL_EXPIRATION");
    bool key = keys.access_key.n > 0;

    *found = false;
    if (!key && keys.secret.n == 0)
        return true;
    if (!key || keys.secret.n == 0)
        return error_set(error,
                         "%s is set and %s is not: set both, or none to use "
                         "other credentials",
                         key ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                         key ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
    if (until.n && !aws_time_read(until, &chain->expires))
        return error_set(error, "AWS_CREDENTIAL_EXPIRATION is no time: write "
                                "it as 2026-01-31T12:00:00Z");
    chain->kind = CHAIN_STATIC;
    chain->keys = keys;
    chain->fixed = true;
    chain->from = STR("AWS_ACCESS_KEY_ID");
    *found = true;
    return true;
}

static bool web_identity(char *const *environment, struct aws_chain *chain,
                         bool *found, struct error *error)
{
    struct str file =
        aws_environment(environment, "AWS_WEB_IDENTITY_TOKEN_FILE");
    struct str arn = aws_environment(environment, "AWS_ROLE_ARN");

    *found = file.n > 0;
    if (!*found)
        return true;
    if (arn.n == 0)
        return error_set(error,
                         "AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN "
                         "is not: set the role that the token is for");
    chain->kind = CHAIN_WEB_IDENTITY;
    chain->token_file = file;
    chain->from = STR("AWS_WEB_IDENTITY_TOKEN_FILE");
    chain->web = (struct chain_role){
        .arn = arn,
        .session = aws_environment(environment, "AWS_ROLE_SESSION_NAME"),
        .external_id = STR(""),
    };
    return chain_session_check(chain->web.session, "AWS_ROLE_SESSION_NAME",
                               error);
}

/* ---- containers ---------------------------------------------------------- */

static bool has_line_end(struct str s)
{
    return s.n && (memchr(s.p, '\r', s.n) || memchr(s.p, '\n', s.n));
}

bool chain_container(struct region *region, char *const *environment,
                     struct aws_chain *chain, bool *found, struct error *error)
{
    struct str relative =
        aws_environment(environment, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    struct str full =
        aws_environment(environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    struct aws_endpoint endpoint;
    struct str query = full;

    *found = relative.n || full.n;
    if (!*found)
        return true;
    chain->kind = CHAIN_CONTAINER;
    chain->from = relative.n ? STR("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
                             : STR("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    chain->url = relative.n
                     ? region_printf(region, "http://169.254.170.2" STR_FMT,
                                     STR_ARG(relative))
                     : region_copy(region, full);
    if (relative.n && relative.p[0] != '/')
        return error_set(error, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does "
                                "not begin with \"/\"");
    query = chain->url;
    if (!aws_endpoint_read(region, str_cut(&query, '?'), &endpoint, error))
        return false;
    chain->token =
        aws_environment(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    chain->token_file =
        aws_environment(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    if (has_line_end(chain->token))
        return error_set(error, "AWS_CONTAINER_AUTHORIZATION_TOKEN has an end "
                                "of a line in it");
    return true;
}

/* ---- instances ----------------------------------------------------------- */

static struct str said(char *const *environment,
                       const struct profiles *profiles, const char *variable,
                       const char *key)
{
    struct str value = aws_environment(environment, variable);

    return value.n ? value
                   : profile_get(profiles, aws_profile_name(environment), key);
}

bool aws_imds_url(struct region *region, char *const *environment,
                  const struct profiles *profiles, struct str *url,
                  struct error *error)
{
    struct str endpoint =
        said(environment, profiles, "AWS_EC2_METADATA_SERVICE_ENDPOINT",
             "ec2_metadata_service_endpoint");
    struct str mode =
        said(environment, profiles, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
             "ec2_metadata_service_endpoint_mode");
    struct aws_endpoint e;

    *url = STR("");
    if (aws_says_true(
            aws_environment(environment, "AWS_EC2_METADATA_DISABLED")))
        return true;
    if (mode.n && !str_ieq(mode, STR("ipv4")) && !str_ieq(mode, STR("ipv6")))
        return error_set(error,
                         "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: write IPv4 "
                         "or IPv6, not \"" STR_FMT "\"",
                         STR_ARG(str_make(mode.p, mode.n < 32 ? mode.n : 32)));
    *url = str_ieq(mode, STR("ipv6")) ? STR("http://[fd00:ec2::254]")
                                      : STR("http://169.254.169.254");
    if (endpoint.n == 0)
        return true;
    if (!aws_endpoint_read(region, endpoint, &e, error))
        return false;
    *url = region_printf(region, STR_FMT "://" STR_FMT STR_FMT,
                         STR_ARG(e.scheme), STR_ARG(e.host), STR_ARG(e.path));
    return true;
}

bool chain_imds(struct region *region, char *const *environment,
                const struct profiles *profiles, struct aws_chain *chain,
                bool *found, struct error *error)
{
    *found = false;
    if (!aws_imds_url(region, environment, profiles, &chain->url, error))
        return false;
    *found = chain->url.n > 0;
    chain->kind = CHAIN_IMDS;
    chain->from = STR("EC2's instance metadata service");
    return true;
}

/* ---- all of them --------------------------------------------------------- */

bool aws_chain_choose(struct region *region, char *const *environment,
                      const struct profiles *profiles, struct aws_chain *chain,
                      struct error *error)
{
    bool found;

    *chain = (struct aws_chain){.fixed = false};
    if (!chain_environment(environment, chain, &found, error))
        return false;
    if (!found && !web_identity(environment, chain, &found, error))
        return false;
    if (!found &&
        !chain_profile(region, environment, profiles, chain, &found, error))
        return false;
    if (!found && !chain_container(region, environment, chain, &found, error))
        return false;
    if (!found) {
        chain->last_resort = true;
        if (!chain_imds(region, environment, profiles, chain, &found, error))
            return false;
    }
    return found ||
           error_set(error,
                     "there are no credentials: no AWS_ACCESS_KEY_ID, no "
                     "AWS_WEB_IDENTITY_TOKEN_FILE, none in profile \"" STR_FMT
                     "\", no AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or "
                     "_FULL_URI, and AWS_EC2_METADATA_DISABLED is true; set "
                     "one of them",
                     STR_ARG(aws_profile_name(environment)));
}
