/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a service is: a host of AWS's by partition, region and variant, or an
 * endpoint that somebody said (aws-integrations.md 0 and 1.3).  Pure.
 */
#ifndef SLUICE_AWS_ENDPOINT_H
#define SLUICE_AWS_ENDPOINT_H

#include "aws/settings.h"

struct aws_endpoint {
    struct str scheme; /* "https", "http" */
    struct str host;   /* as in Host: with the port unless it is the scheme's */
    struct str path;   /* before that of the request; n == 0: none, else
                          "/..." without "/" at its end */
    bool said;         /* by somebody: no prefix of the host is added */
};

/* A name of a region as AWS forms them: lower-case letters, digits, "-". */
bool aws_region_is_name(struct str region);

/* Reads "http://HOST[:PORT][/PATH]", with https too; what it points to stands
 * in the region.  False with an error that begins with the URL. */
bool aws_endpoint_read(struct region *region, struct str url,
                       struct aws_endpoint *endpoint, struct error *error);

/* `bucket` n == 0: none; it stands in the host unless it has dots or other
 * bytes that a host cannot have, or the endpoint was said: then the path of the
 * endpoint ends with it.  `host_prefix`: "data-", or n == 0. */
bool aws_endpoint_of(struct region *region, const struct aws_settings *settings,
                     enum aws_service service, struct str aws_region,
                     struct str bucket, struct str host_prefix,
                     struct aws_endpoint *endpoint, struct error *error);

#endif
