/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/settings.h"

enum { GZIP_MIN = 10 * 1024, GZIP_MIN_MOST = 10 * 1024 * 1024 };

struct str aws_environment(char *const *environment, const char *name)
{
    size_t n = strlen(name);

    for (; environment && *environment; environment++) {
        if (strncmp(*environment, name, n) == 0 && (*environment)[n] == '=')
            return str_of(*environment + n + 1);
    }
    return STR("");
}

bool aws_says_true(struct str text)
{
    return str_ieq(str_trim(text), STR("true"));
}

static struct str first_of(struct str a, struct str b)
{
    return a.n ? a : b;
}

struct str aws_profile_name(char *const *environment)
{
    struct str name =
        first_of(aws_environment(environment, "AWS_PROFILE"),
                 aws_environment(environment, "AWS_DEFAULT_PROFILE"));

    return first_of(name, STR("default"));
}

/* ---- files --------------------------------------------------------------- */

/* "~/x" is in the home; other paths are as they are.  /dev/null is how people
 * say that there is none. */
static struct str path_of(struct region *region, struct str home,
                          struct str said, const char *otherwise)
{
    struct str path = said.n ? said : str_of(otherwise);

    if (str_eq(path, STR("/dev/null")))
        return STR("");
    if (!str_starts(path, STR("~/")))
        return region_copy(region, path);
    if (home.n == 0)
        return STR("");
    return region_printf(region, STR_FMT STR_FMT, STR_ARG(home),
                         STR_ARG(str_make(path.p + 1, path.n - 1)));
}

void aws_settings_files(struct region *region, char *const *environment,
                        struct str paths[2])
{
    struct str home = aws_environment(environment, "HOME");

    paths[PROFILE_CONFIG] =
        path_of(region, home, aws_environment(environment, "AWS_CONFIG_FILE"),
                "~/.aws/config");
    paths[PROFILE_CREDENTIALS] =
        path_of(region, home,
                aws_environment(environment, "AWS_SHARED_CREDENTIALS_FILE"),
                "~/.aws/credentials");
}

/* ---- settings ------------------------------------------------------------ */

struct asking {
    struct region *region;
    char *const *environment;
    const struct profiles *profiles;
    struct str profile;
};

/* A variable, or else a key of the profile. */
static struct str ask(const struct asking *a, const char *variable,
                      const char *key)
{
    return first_of(aws_environment(a->environment, variable),
                    profile_get(a->profiles, a->profile, key));
}

/* "CLOUDWATCH_LOGS" is cloudwatch_logs in a section of services. */
static struct str endpoint_of(const struct asking *a, const char *id)
{
    struct str variable = region_printf(a->region, "AWS_ENDPOINT_URL_%s", id);
    struct str url = aws_environment(a->environment, variable.p);

    url = first_of(url, aws_environment(a->environment, "AWS_ENDPOINT_URL"));
    url = first_of(
        url, profile_service(a->profiles,
                             profile_get(a->profiles, a->profile, "services"),
                             id, "endpoint_url"));
    return first_of(url, profile_get(a->profiles, a->profile, "endpoint_url"));
}

static void read_endpoints(const struct asking *a,
                           struct aws_settings *settings)
{
    static const char *const ids[] = {
#define X(name, prefix, signing, id, protocol, version, iam) id,
#include "aws/service.def"
#undef X
    };

    if (aws_says_true(ask(a, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                          "ignore_configured_endpoint_urls")))
        return;
    for (unsigned i = 0; i < AWS_SERVICES; i++)
        settings->endpoint_url[i] = endpoint_of(a, ids[i]);
}

/* A number that is none counts as not said. */
static size_t gzip_min(const struct asking *a)
{
    uint64_t min;

    if (aws_says_true(ask(a, "AWS_DISABLE_REQUEST_COMPRESSION",
                          "disable_request_compression")))
        return SIZE_MAX;
    if (!str_to_u64(ask(a, "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES",
                        "request_min_compression_size_bytes"),
                    GZIP_MIN_MOST, &min))
        return GZIP_MIN;
    return (size_t)min;
}

void aws_settings_read(struct region *region, char *const *environment,
                       const struct profiles *profiles, struct str said,
                       struct aws_settings *settings)
{
    struct asking a = {.region = region,
                       .environment = environment,
                       .profiles = profiles,
                       .profile = aws_profile_name(environment)};

    *settings = (struct aws_settings){
        .region = first_of(said, aws_environment(environment, "AWS_REGION")),
        .fips = aws_says_true(
            ask(&a, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")),
        .dualstack = aws_says_true(
            ask(&a, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")),
        .gzip_min = gzip_min(&a),
        .ca_bundle = first_of(ask(&a, "AWS_CA_BUNDLE", "ca_bundle"),
                              aws_environment(environment, "SSL_CERT_FILE")),
    };
    settings->region =
        first_of(settings->region, ask(&a, "AWS_DEFAULT_REGION", "region"));
    read_endpoints(&a, settings);
}
