/* SPDX-License-Identifier: Apache-2.0
 *
 * Mutual TLS: what a listener asks of its clients, and the trust stores that
 * say whom it believes.
 */
#include "crypto/sha256.h"
#include "model/read.h"

struct mutual_input {
    const struct value *value;
    struct field mode;
    struct field trust_store;
    struct field ignore_expiry;
    struct field advertise;
};

/* AWS::ElasticLoadBalancingV2::TrustStore. */
struct store_input {
    const struct value *value;
    struct field name;
    struct field bucket;
    struct field key;
};

/* AWS::ElasticLoadBalancingV2::TrustStoreRevocation. */
struct revocation_input {
    const struct value *value;
    struct field trust_store;
    struct field contents;
};

struct content_input {
    const struct value *value;
    struct field type;
    struct field bucket;
    struct field key;
};

/* Their Metadata.Sluice. */
struct files_input {
    const struct value *value;
    struct identity_input identity;
    struct field lists;
    struct field certificates; /* of a trust store alone */
    struct field bundle;       /* PEM */
    struct field list;         /* of a revocation alone: PEM */
    struct field number;       /* that only the API looks at */
};

static const char *const modes[] = {"off", "passthrough", "verify", NULL};
static const char *const switches[] = {"off", "on", NULL};
static const char *const list_types[] = {"CRL", NULL};

#define MUTUAL(member) offsetof(struct mutual_input, member)

static const struct property mutual_properties[] = {
    {.name = "Mode",
     .kind = PROPERTY_WORD,
     .offset = MUTUAL(mode),
     .words = modes,
     .example = "\"off\""},
    {.name = "TrustStoreArn",
     .kind = PROPERTY_STRING,
     .offset = MUTUAL(trust_store),
     .flags = PROPERTY_UNKNOWABLE},
    {.name = "IgnoreClientCertificateExpiry",
     .kind = PROPERTY_BOOL,
     .offset = MUTUAL(ignore_expiry)},
    {.name = "AdvertiseTrustStoreCaNames",
     .kind = PROPERTY_WORD,
     .offset = MUTUAL(advertise),
     .words = switches,
     .example = "\"off\""},
};

const struct schema mutual_schema =
    SCHEMA(mutual_properties, struct mutual_input);

static const struct property store_properties[] = {
    {.name = "Name",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct store_input, name),
     .flags = PROPERTY_UNKNOWABLE,
     .example = "clients"},
    {.name = "CaCertificatesBundleS3Bucket",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct store_input, bucket),
     .flags = PROPERTY_UNKNOWABLE},
    {.name = "CaCertificatesBundleS3Key",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct store_input, key),
     .flags = PROPERTY_UNKNOWABLE},
    {.name = "CaCertificatesBundleS3ObjectVersion", .kind = PROPERTY_IGNORED},
    {.name = "Tags", .kind = PROPERTY_IGNORED},
};

static const struct schema store_schema =
    SCHEMA(store_properties, struct store_input);

static const struct property content_properties[] = {
    {.name = "S3Bucket",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct content_input, bucket),
     .flags = PROPERTY_UNKNOWABLE},
    {.name = "S3Key",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct content_input, key),
     .flags = PROPERTY_UNKNOWABLE},
    {.name = "S3ObjectVersion", .kind = PROPERTY_IGNORED},
    {.name = "RevocationType",
     .kind = PROPERTY_WORD,
     .offset = offsetof(struct content_input, type),
     .words = list_types,
     .example = "CRL"},
};

static const struct schema content_schema =
    SCHEMA(content_properties, struct content_input);

static const struct property revocation_properties[] = {
    {.name = "TrustStoreArn",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct revocation_input, trust_store),
     .flags = NEEDED,
     .example = "!Ref TrustStore"},
    {.name = "RevocationContents",
     .kind = PROPERTY_STRUCTS,
     .offset = offsetof(struct revocation_input, contents),
     .flags = NEEDED,
     .schema = &content_schema,
     .example = "[{S3Bucket: lists, S3Key: ca.crl, RevocationType: CRL}]"},
};

static const struct schema revocation_schema =
    SCHEMA(revocation_properties, struct revocation_input);

#define FILES(member) offsetof(struct files_input, member)

#define LISTS                                                                  \
    {                                                                          \
        .name = "RevocationLists", .kind = PROPERTY_STRINGS,                   \
        .offset = FILES(lists), .min = 1, .example = "[ca.crl]"                \
    }
#define NUMBER(what)                                                           \
    {                                                                          \
        .name = (what), .kind = PROPERTY_INTEGER, .offset = FILES(number),     \
        .max = UINT32_MAX, .example = "1"                                      \
    }

/* What calls of the API put there: texts that were S3's, what is in them, and
 * the ids of revocations. */
static const struct property store_files[] = {
    IDENTITY_PROPERTIES(struct files_input, identity),
    LISTS,
    {.name = "CaCertificates",
     .kind = PROPERTY_STRING,
     .offset = FILES(certificates),
     .min = 1,
     .example = "ca.pem"},
    {.name = "Bundle",
     .kind = PROPERTY_STRING,
     .offset = FILES(bundle),
     .min = 1,
     .example = "-----BEGIN CERTIFICATE-----..."},
    NUMBER("Certificates"),
    NUMBER("LastRevocation"),
};

static const struct property list_files[] = {
    IDENTITY_PROPERTIES(struct files_input, identity),
    LISTS,
    {.name = "List",
     .kind = PROPERTY_STRING,
     .offset = FILES(list),
     .min = 1,
     .example = "-----BEGIN X509 CRL-----..."},
    NUMBER("RevocationId"),
    NUMBER("Entries"),
};

static const struct schema store_files_schema = {
    .properties = store_files,
    .n = sizeof(store_files) / sizeof(*store_files),
    .size = sizeof(struct files_input),
    .own = true,
};

static const struct schema list_files_schema = {
    .properties = list_files,
    .n = sizeof(list_files) / sizeof(*list_files),
    .size = sizeof(struct files_input),
    .own = true,
};

/* ---- trust stores ------------------------------------------------------------ */

static struct config_trust_store *
new_store(struct build *build, const struct resource *resource, struct str arn)
{
    struct config *config = build->config;
    struct config_trust_store *store =
        region_take(&config->region, sizeof(*store));

    store->place = keep_place(build, resource_place(resource));
    store->arn = keep(build, arn);
    store->lists = region_take(&config->region,
                               CONFIG_REVOCATIONS_MAX * sizeof(*store->lists));
    store->list_texts = region_take(
        &config->region, CONFIG_REVOCATIONS_MAX * sizeof(*store->list_texts));
    config->trust_stores[config->ntrust_stores++] = store;
    return store;
}

/* The name of a text: where it came from, and its digest. */
static struct str name_text(struct build *build, const struct field *bucket,
                            const struct field *key, struct str text)
{
    char hex[SHA256_HEX_LEN];
    struct sha256 sha;

    if (!sha256_init(&sha))
        return keep(build, STR("?")); /* no memory */
    sha256_begin(&sha);
    sha256_add(&sha, text.p, text.n);
    sha256_hex(&sha, hex);
    sha256_end(&sha);
    return region_printf(&build->config->region,
                         "s3://" STR_FMT "/" STR_FMT " (sha256 %.32s)",
                         STR_ARG(bucket->ok ? bucket->text : STR("?")),
                         STR_ARG(key->ok ? key->text : STR("?")), hex);
}

/* The file of an object of S3; n == 0: there is none here. */
static struct str s3_file(struct build *build, const struct field *bucket,
                          const struct field *key)
{
    struct str folder = build->local->s3_folder;

    if (folder.n == 0 || !bucket->ok || !key->ok)
        return STR("");
    return region_printf(&build->config->region,
                         STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(folder),
                         STR_ARG(bucket->text), STR_ARG(key->text));
}

/* `text` stands in the config, or is empty: it is a file's. */
static void add_list(struct build *build, const struct resource *resource,
                     struct str name, struct str text,
                     struct config_trust_store *store)
{
    if (store->nlists == CONFIG_REVOCATIONS_MAX) {
        resource_error(resource, resource_place(resource),
                       "a trust store has %d revocation lists at most\n"
                       "leave some out, or put several into one file",
                       CONFIG_REVOCATIONS_MAX);
        return;
    }
    store->list_texts[store->nlists] = text;
    store->lists[store->nlists++] = keep(build, name);
}

static void add_lists(struct build *build, const struct resource *resource,
                      const struct field *lists,
                      struct config_trust_store *store)
{
    const struct field *files = lists->items;

    for (unsigned i = 0; i < lists->n; i++) {
        if (files[i].ok)
            add_list(build, resource, files[i].text, STR(""), store);
    }
}

/* What its Metadata says, or else S3. */
static void read_bundle(struct build *build, const struct store_input *input,
                        const struct files_input *files,
                        struct config_trust_store *store)
{
    if (files->bundle.ok) {
        store->text = keep(build, files->bundle.text);
        store->file =
            name_text(build, &input->bucket, &input->key, store->text);
    } else if (files->certificates.ok) {
        store->file = keep(build, files->certificates.text);
    } else {
        store->file = s3_file(build, &input->bucket, &input->key);
    }
}

void read_trust_store(struct build *build, const struct resource *resource)
{
    struct region *region = &build->region;
    struct store_input input = {.value = NULL};
    struct files_input files = {.value = NULL};
    struct config_trust_store *store;
    struct str name, id;
    uint64_t created_ms;

    schema_read(resource, &store_schema, NULL, resource->properties, &input);
    schema_read(resource, &store_files_schema, "Metadata.Sluice",
                resource->sluice, &files);
    name = read_name(build, resource, &input.name, &build->trust_store_names);
    name = arn_name(region, name, resource->id);
    id = read_identity(build, resource, &files.identity, &created_ms);
    store = new_store(build, resource,
                      arn_trust_store(region, &build->scope, name, id));
    store->created_ms = created_ms;
    store->id = keep(build, resource->id);
    read_bundle(build, &input, &files, store);
    add_lists(build, resource, &files.lists, store);
    known_add(build, KNOWN_TRUST_STORE, store->arn, store->id, store);
}

/* False when there is none of them here. */
static bool add_contents(struct build *build, const struct resource *resource,
                         const struct field *contents, const struct field *text,
                         struct config_trust_store *store)
{
    const struct content_input *all = contents->items;
    bool any = false;

    for (unsigned i = 0; i < contents->n; i++) {
        struct str kept = i == 0 ? keep_text(build, text) : STR("");
        struct str file =
            kept.n ? name_text(build, &all[i].bucket, &all[i].key, kept)
                   : s3_file(build, &all[i].bucket, &all[i].key);

        if (file.n)
            add_list(build, resource, file, kept, store);
        any = any || file.n;
    }
    return any;
}

/* Its lists are in S3: what stands here for them is in Metadata. */
void read_revocation(struct build *build, const struct resource *resource)
{
    struct revocation_input input = {.value = NULL};
    struct files_input files = {.value = NULL};
    struct config_trust_store *store;

    schema_read(resource, &revocation_schema, NULL, resource->properties,
                &input);
    schema_read(resource, &list_files_schema, "Metadata.Sluice",
                resource->sluice, &files);
    read_identity(build, resource, &files.identity, NULL);
    store = known_find(build, resource, KNOWN_TRUST_STORE, &input.trust_store,
                       "TrustStoreArn");
    if (store == NULL)
        return;
    add_lists(build, resource, &files.lists, store);
    if (files.lists.value == NULL &&
        !add_contents(build, resource, &input.contents, &files.list, store))
        resource_warning(resource, resource_place(resource),
                         "its lists are in S3, which is not read here: nobody "
                         "is refused for them\nadd Metadata: {Sluice: "
                         "{RevocationLists: [ca.crl]}}, or give them with "
                         "--trust-store " STR_FMT "=CA.pem,LIST.crl",
                         STR_ARG(store->id));
}

/* ---- the listener -------------------------------------------------------------- */

bool is_mutual(const struct field *mutual)
{
    const struct mutual_input *input = mutual->items;

    return mutual->ok && input->mode.ok && input->mode.number != MUTUAL_OFF;
}

/* One that is in no template: AWS has it. */
static struct config_trust_store *foreign_store(struct build *build,
                                                const struct resource *resource,
                                                struct str arn)
{
    struct config *config = build->config;
    struct config_trust_store *store;

    for (unsigned i = 0; i < config->ntrust_stores; i++) {
        if (str_eq(config->trust_stores[i]->arn, arn))
            return config->trust_stores[i];
    }
    store = new_store(build, resource, arn);
    store->owner = keep(build, resource->id);
    return store;
}

static struct config_trust_store *find_store(struct build *build,
                                             const struct resource *resource,
                                             const struct field *field)
{
    struct region *region = &build->region;

    if (!field->ok)
        return foreign_store(
            build, resource,
            arn_trust_store(
                region, &build->scope, arn_name(region, STR(""), resource->id),
                arn_id(region, &build->scope, STR(""), resource->id)));
    if (str_starts(field->text, STR("arn:")) && !known_has(build, field->text))
        return foreign_store(build, resource, field->text);
    return known_find(build, resource, KNOWN_TRUST_STORE, field,
                      "MutualAuthentication.TrustStoreArn");
}

void read_mutual(struct build *build, const struct resource *resource,
                 const struct field *mutual, struct config_listener *listener)
{
    const struct mutual_input *input = mutual->items;
    struct config_tls *tls = listener->tls;

    if (!is_mutual(mutual))
        return;
    tls->mutual = (enum mutual_mode)input->mode.number;
    tls->ignore_expiry = input->ignore_expiry.ok && input->ignore_expiry.number;
    tls->advertise_names = input->advertise.ok && input->advertise.number;
    if (tls->mutual != MUTUAL_VERIFY)
        return;
    if (input->trust_store.value)
        tls->trust_store = find_store(build, resource, &input->trust_store);
    else
        resource_error(resource, field_place(mutual),
                       "MutualAuthentication.TrustStoreArn is missing: Mode "
                       "verify needs a trust store\nadd TrustStoreArn: !Ref "
                       "TrustStore, or write Mode: passthrough");
}
