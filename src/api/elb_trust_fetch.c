/* SPDX-License-Identifier: Apache-2.0
 *
 * Bundles and lists of trust stores as they come from S3.
 *
 * What becomes of one is a MAP: {Pem, Count}, {Missing: why}, {Invalid: why} or
 * {TooMany: why}.
 */
#include "api/elb_trust.h"
#include "base/base64.h"
#include "crypto/trust_store.h"

enum {
    BUNDLE_MAX = 1024 * 1024,
    PEM_LINE = 48, /* bytes in a line of 64 characters */
};

struct object {
    struct str bucket;
    struct str key;
    struct str version;
};

static struct str name_of(struct region *region, const struct object *object)
{
    return region_printf(region, "s3://" STR_FMT "/" STR_FMT,
                         STR_ARG(object->bucket), STR_ARG(object->key));
}

static struct value *failed(struct region *region, const char *how,
                            const struct error *why)
{
    struct value *map = make_map(region);

    put_text(region, map, how, str_of(why->text));
    return map;
}

static struct value *fetched(struct region *region, struct str pem,
                             unsigned count)
{
    struct value *map = make_map(region);

    put_text(region, map, "Pem", pem);
    put_number(region, map, "Count", count);
    return map;
}

/* The bytes of an object, or the MAP that says why not. */
static struct value *read_object(struct call *call,
                                 const struct object_source *objects,
                                 const struct object *object, size_t max,
                                 struct str *bytes)
{
    struct error why = {""};

    switch (objects->read(objects->owner, object->bucket, object->key,
                          object->version, max, call->region, bytes, &why)) {
    case OBJECT_READ:
        return NULL;
    case OBJECT_NOT_FOUND:
        return failed(call->region, "Missing", &why);
    case OBJECT_REFUSED:
        break;
    }
    return failed(call->region, "Invalid", &why);
}

/* ---- bundles ---------------------------------------------------------------------- */

static struct value *look_into_bundle(struct call *call,
                                      const struct object *object,
                                      struct str bytes)
{
    struct trust_file file = {name_of(call->region, object), bytes};
    struct error why = {""};
    struct tls_trust *trust = tls_trust_new(&file, 0, NULL, &why);
    struct value *map;

    if (trust == NULL)
        return failed(call->region, "Invalid", &why);
    map = fetched(call->region, bytes, tls_trust_certificates(trust));
    tls_trust_release(trust);
    return map;
}

void elb_fetch_bundle(struct call *call, const struct object_source *objects)
{
    struct object object = {
        call_text(call, "CaCertificatesBundleS3Bucket"),
        call_text(call, "CaCertificatesBundleS3Key"),
        call_text(call, "CaCertificatesBundleS3ObjectVersion"),
    };
    struct str bytes;

    call->more = read_object(call, objects, &object, BUNDLE_MAX, &bytes);
    if (call->more == NULL)
        call->more = look_into_bundle(call, &object, bytes);
}

/* ---- lists ------------------------------------------------------------------------- */

/* What is DER becomes PEM: an account is text. */
static struct str pem_of(struct region *region, struct str bytes)
{
    static const char begin[] = "-----BEGIN X509 CRL-----\n";
    static const char end[] = "-----END X509 CRL-----\n";
    size_t lines = bytes.n / PEM_LINE + 1;
    size_t room = BASE64_LEN(bytes.n) + lines + sizeof(begin) + sizeof(end);
    struct text t;

    if (bytes.n == 0 || bytes.p[0] != 0x30)
        return bytes;
    t = text_in(region_take(region, room), room);
    TEXT_LITERAL(&t, begin);
    for (size_t at = 0; at < bytes.n; at += PEM_LINE) {
        size_t n = bytes.n - at < PEM_LINE ? bytes.n - at : PEM_LINE;

        base64_put(&t, (const uint8_t *)bytes.p + at, n);
        text_char(&t, '\n');
    }
    TEXT_LITERAL(&t, end);
    return text_str(&t);
}

static struct value *fetch_list(struct call *call,
                                const struct object_source *objects,
                                const struct value *content)
{
    struct object object = {
        member_text(content, "S3Bucket"),
        member_text(content, "S3Key"),
        member_text(content, "S3ObjectVersion"),
    };
    struct error why = {""};
    struct str bytes;
    struct value *map =
        read_object(call, objects, &object, TRUST_LIST_BYTES_MAX, &bytes);
    struct trust_file file = {name_of(call->region, &object), bytes};
    unsigned entries = 0;

    if (map)
        return map;
    if (!tls_trust_count(&file, &entries, &why))
        return failed(call->region,
                      entries > TRUST_ENTRIES_MAX ? "TooMany" : "Invalid",
                      &why);
    return fetched(call->region, pem_of(call->region, bytes), entries);
}

void elb_fetch_lists(struct call *call, const struct object_source *objects)
{
    const struct value *contents = call_get(call, "RevocationContents");
    struct value *all = make_list(call->region);

    for (const struct value *v = contents ? contents->first : NULL; v;
         v = v->next)
        value_append(all, value_count(all) < TRUST_LISTS_MAX
                              ? fetch_list(call, objects, v)
                              : make_map(call->region));
    call->more = all;
}

/* ---- for edit() ---------------------------------------------------------------------- */

bool elb_fetched(struct call *call, const struct value *fetched,
                 const char *not_there, const char *invalid)
{
    struct str missing = member_text(fetched, "Missing");
    struct str wrong = member_text(fetched, "Invalid");
    struct str much = member_text(fetched, "TooMany");

    if (missing.n)
        return call_refuse(call, not_there,
                           "The specified object does not exist: " STR_FMT,
                           STR_ARG(missing));
    if (wrong.n)
        return call_refuse(call, invalid, STR_FMT, STR_ARG(wrong));
    if (much.n)
        return call_refuse(call, "TooManyTrustStoreRevocationEntries", STR_FMT,
                           STR_ARG(much));
    return true;
}
