/* SPDX-License-Identifier: Apache-2.0
 *
 * What Metadata.Sluice of a target group says of TLS to its targets.
 */
#include "model/read.h"

/* False when one of them stands where it would do nothing. */
static bool check_tls(const struct resource *resource,
                      const struct target_tls_input *input,
                      const struct config_group *group)
{
    const struct field *fields[] = {&input->validate, &input->authorities,
                                    &input->server_name};
    static const char *const names[] = {"ValidateCertificate",
                                        "CertificateAuthorities", "ServerName"};

    for (unsigned i = 0; i < 3; i++) {
        if (fields[i]->value == NULL || group->protocol == PROTOCOL_HTTPS)
            continue;
        resource_error(resource, &fields[i]->value->key_place,
                       "Metadata.Sluice.%s is about TLS, which these targets "
                       "are not spoken to with\n"
                       "write Protocol: HTTPS, or take it out",
                       names[i]);
        return false;
    }
    if (input->authorities.ok &&
        !(input->validate.ok && input->validate.number)) {
        resource_error(resource, &input->authorities.value->key_place,
                       "Metadata.Sluice.CertificateAuthorities does nothing: "
                       "certificates of targets are not checked, as with ALB\n"
                       "add ValidateCertificate: true, or take it out");
        return false;
    }
    return true;
}

/* What TLS may ask for: a name, which no address is (RFC 6066 §3). */
static bool is_server_name(struct str name)
{
    struct address address;

    if (address_parse_ip(name, &address) || name.p[name.n - 1] == '.')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = str_lower(name.p[i]);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
              c == '.' || c == '_'))
            return false;
    }
    return name.p[0] != '.';
}

void read_target_tls(struct build *build, const struct resource *resource,
                     const struct target_tls_input *input,
                     struct config_group *group)
{
    struct str name = shown(input->server_name.text);

    if (!check_tls(resource, input, group))
        return;
    group->tls.validate = input->validate.ok && input->validate.number;
    if (input->authorities.ok)
        group->tls.authorities = keep_text(build, &input->authorities);
    if (!input->server_name.ok)
        return;
    if (is_server_name(input->server_name.text))
        group->tls.server_name = keep_text(build, &input->server_name);
    else
        resource_error(resource, field_place(&input->server_name),
                       "Metadata.Sluice.ServerName \"" STR_FMT "\" is no host "
                       "name\n"
                       "write one like api.example.com, or leave it out: then "
                       "a certificate is checked for the target's address",
                       STR_ARG(name));
}
