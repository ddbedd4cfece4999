/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/endpoint.h"

#include "aws/bucket_regions.h"

enum { HOST_MAX = 255 };

static const char *const prefixes[] = {
#define X(name, prefix, signing, id, protocol, version, iam) prefix,
#include "aws/service.def"
#undef X
};

bool aws_region_is_name(struct str region)
{
    for (size_t i = 0; i < region.n; i++) {
        char c = region.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return region.n > 0 && region.n <= REGION_MAX && region.p[0] != '-' &&
           region.p[region.n - 1] != '-';
}

/* ---- endpoints that are said --------------------------------------------- */

static bool is_plain(struct str s, bool path)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c <= ' ' || c >= 0x7f || strchr("?#\\\"<>", c) ||
            (!path && c == '@'))
            return false;
    }
    return true;
}

/* A port from 1 to 65535 behind the host, if any; that of the scheme is left
 * out. */
static bool read_port(struct region *region, struct aws_endpoint *e,
                      struct str host, struct str port)
{
    uint64_t number;

    if (!str_to_u64(port, 65535, &number) || number == 0)
        return false;
    if (number == (str_eq(e->scheme, STR("https")) ? 443 : 80))
        e->host = host;
    else
        e->host = region_printf(region, STR_FMT ":%u", STR_ARG(host),
                                (unsigned)number);
    return true;
}

/* "[::1]:8080", "host:8080", "host". */
static bool read_authority(struct region *region, struct aws_endpoint *e,
                           struct str authority)
{
    const char *close =
        authority.n ? memchr(authority.p, ']', authority.n) : NULL;
    struct str host = authority;
    struct str rest;

    if (authority.n == 0 || authority.n > HOST_MAX ||
        !is_plain(authority, false))
        return false;
    if (authority.p[0] == '[') {
        if (close == NULL)
            return false;
        host.n = (size_t)(close - authority.p) + 1;
        rest = str_make(host.p + host.n, authority.n - host.n);
        e->host = host;
        return rest.n == 0 ||
               (rest.p[0] == ':' &&
                read_port(region, e, host, str_make(rest.p + 1, rest.n - 1)));
    }
    rest = authority;
    host = str_cut(&rest, ':');
    e->host = host;
    return host.n > 0 && (rest.p == NULL || read_port(region, e, host, rest));
}

static bool read_url(struct region *region, struct str url,
                     struct aws_endpoint *e)
{
    struct str rest = url;
    const char *slash;

    if (str_istarts(url, STR("https://")))
        e->scheme = STR("https");
    else if (str_istarts(url, STR("http://")))
        e->scheme = STR("http");
    else
        return false;
    rest.p += e->scheme.n + 3;
    rest.n -= e->scheme.n + 3;
    slash = rest.n ? memchr(rest.p, '/', rest.n) : NULL;
    if (slash) {
        e->path = str_make(slash, (size_t)(rest.p + rest.n - slash));
        rest.n = (size_t)(slash - rest.p);
    }
    while (e->path.n && e->path.p[e->path.n - 1] == '/')
        e->path.n--;
    return is_plain(e->path, true) && read_authority(region, e, rest);
}

bool aws_endpoint_read(struct region *region, struct str url,
                       struct aws_endpoint *endpoint, struct error *error)
{
    struct str copy = region_copy(region, str_trim(url));

    *endpoint = (struct aws_endpoint){.path = STR(""), .said = true};
    if (read_url(region, copy, endpoint))
        return true;
    return error_set(error,
                     STR_FMT ": is no endpoint; write http://HOST:PORT or "
                             "https://HOST",
                     STR_ARG(str_make(url.p, url.n < 128 ? url.n : 128)));
}

/* ---- AWS's --------------------------------------------------------------- */

struct partition {
    const char *begins; /* names of its regions */
    const char *suffix;
    const char *dualstack;
    bool map_is_dual; /* Cloud Map's plain hosts have both kinds of addresses */
};

/* botocore's partitions; the first is for all others. */
static const struct partition partitions[] = {
    {"", "amazonaws.com", "api.aws", true},
    {"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn", true},
    {"us-gov-", "amazonaws.com", "api.aws", true},
    {"eusc-", "amazonaws.eu", "api.amazonwebservices.eu", false},
    {"us-iso-", "c2s.ic.gov", "api.aws.ic.gov", false},
    {"us-isob-", "sc2s.sgov.gov", "api.aws.scloud", false},
    {"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", false},
    {"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov", false},
};

static const struct partition *partition_of(struct str region)
{
    for (size_t i = 1; i < sizeof(partitions) / sizeof(partitions[0]); i++) {
        if (str_starts(region, str_of(partitions[i].begins)))
            return &partitions[i];
    }
    return &partitions[0];
}

/* Services whose hosts in GovCloud are the FIPS ones, by their plain names. */
static bool is_fips_anyway(enum aws_service service, struct str region,
                           bool dualstack)
{
    if (!str_starts(region, STR("us-gov-")))
        return false;
    return service == AWS_CLOUDWATCH ||
           (!dualstack && (service == AWS_LOGS || service == AWS_EC2 ||
                           service == AWS_SNS || service == AWS_STS));
}

static struct str s3_host(struct region *region,
                          const struct aws_settings *settings,
                          struct str aws_region)
{
    return region_printf(region, "s3%s%s." STR_FMT ".%s",
                         settings->fips ? "-fips" : "",
                         settings->dualstack ? ".dualstack" : "",
                         STR_ARG(aws_region), partition_of(aws_region)->suffix);
}

static struct str host_of(struct region *region,
                          const struct aws_settings *settings,
                          enum aws_service service, struct str aws_region)
{
    const struct partition *partition = partition_of(aws_region);
    bool dualstack = settings->dualstack;
    bool fips = settings->fips;

    if (service == AWS_S3)
        return s3_host(region, settings, aws_region);
    if (service == AWS_CLOUD_MAP && !fips && partition->map_is_dual)
        dualstack = false;
    if (is_fips_anyway(service, aws_region, dualstack))
        fips = false;
    return region_printf(region, "%s%s." STR_FMT ".%s", prefixes[service],
                         fips ? "-fips" : "", STR_ARG(aws_region),
                         dualstack ? partition->dualstack : partition->suffix);
}

/* Not one with dots either: AWS's certificate is for one label. */
static bool is_label(struct str bucket)
{
    return bucket.n >= 3 && aws_region_is_name(bucket);
}

static bool is_bucket(struct str bucket)
{
    for (size_t i = 0; i < bucket.n; i++) {
        char c = bucket.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'))
            return false;
    }
    return bucket.n <= BUCKET_MAX && !str_eq(bucket, STR(".")) &&
           !str_eq(bucket, STR(".."));
}

bool aws_endpoint_of(struct region *region, const struct aws_settings *settings,
                     enum aws_service service, struct str aws_region,
                     struct str bucket, struct str host_prefix,
                     struct aws_endpoint *endpoint, struct error *error)
{
    struct str url = settings->endpoint_url[service];

    if (!is_bucket(bucket))
        return error_set(
            error,
            "\"" STR_FMT "\" is no name of a bucket: letters, "
            "digits, \".\" and \"-\"",
            STR_ARG(str_make(bucket.p, bucket.n < 64 ? bucket.n : 64)));
    if (url.n) {
        if (!aws_endpoint_read(region, url, endpoint, error))
            return false;
    } else if (service == AWS_S3 && settings->fips &&
               str_starts(aws_region, STR("cn-"))) {
        return error_set(error,
                         "S3 has no FIPS endpoints in " STR_FMT
                         ": leave out AWS_USE_FIPS_ENDPOINT, or set "
                         "AWS_ENDPOINT_URL_S3",
                         STR_ARG(aws_region));
    } else {
        *endpoint = (struct aws_endpoint){
            .scheme = STR("https"),
            .host = host_of(region, settings, service, aws_region),
            .path = STR(""),
        };
        endpoint->host =
            region_printf(region, STR_FMT STR_FMT, STR_ARG(host_prefix),
                          STR_ARG(endpoint->host));
    }
    if (bucket.n == 0)
        return true;
    if (!endpoint->said && is_label(bucket))
        endpoint->host =
            region_printf(region, STR_FMT "." STR_FMT, STR_ARG(bucket),
                          STR_ARG(endpoint->host));
    else
        endpoint->path =
            region_printf(region, STR_FMT "/" STR_FMT, STR_ARG(endpoint->path),
                          STR_ARG(bucket));
    return true;
}
