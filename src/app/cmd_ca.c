/* SPDX-License-Identifier: Apache-2.0
 *
 * `sluice ca`: the local authority that issues certificates which have no
 * files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/state_folder.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "crypto/authority_folder.h"
#include "crypto/certificate.h"

struct values {
    const char *state_folder;
    const char *export;
    bool pem;
};

static const struct option options[] = {
    {.name = "pem",
     .help = "Prints its certificate (PEM) and nothing else.",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct values, pem)},
    {.name = "export",
     .argument = "FILE",
     .help = "Writes its certificate (PEM) to a file, for other machines.",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct values, export)},
    STATE_FOLDER_OPTION(struct values),
};

/* "AB:CD:...", as browsers show it. */
static void put_fingerprint(struct text *t, const char *hex)
{
    for (size_t i = 0; hex[i] && hex[i + 1]; i += 2) {
        if (i)
            text_char(t, ':');
        for (size_t k = i; k < i + 2; k++)
            text_char(t, hex[k] >= 'a' ? (char)(hex[k] - 'a' + 'A') : hex[k]);
    }
}

static void print_about(const char *path, const struct certificate_facts *facts)
{
    char buffer[4 * CERTIFICATE_HEX];
    struct text t = text_in(buffer, sizeof(buffer));

    printf("The local authority issues certificates that have no files.\n\n"
           "certificate  %s\n",
           path);
    TEXT_LITERAL(&t, "SHA-256      ");
    put_fingerprint(&t, facts->fingerprint);
    TEXT_LITERAL(&t, "\nuntil        ");
    certificate_put_date(&t, facts->not_after);
    printf(STR_FMT "\n\n", STR_ARG(text_str(&t)));
    printf("To trust what it issues, on machines that are yours alone:\n\n"
           "curl      curl --cacert %s https://localhost:8443/\n"
           "Debian    cp %s /usr/local/share/ca-certificates/sluice.crt\n"
           "          update-ca-certificates\n"
           "Fedora    trust anchor %s\n"
           "macOS     security add-trusted-cert -k "
           "~/Library/Keychains/login.keychain-db %s\n"
           "Chromium  mkdir -p $HOME/.pki/nssdb; certutil -d "
           "sql:$HOME/.pki/nssdb -A -n sluice -t C,, -i "
           "%s\n"
           "Firefox   Settings, Certificates, View Certificates, Authorities, "
           "Import\n"
           "Node.js   NODE_EXTRA_CA_CERTS=%s\n"
           "Python    SSL_CERT_FILE=%s\n\n"
           "Whoever has the key beside it (" AUTHORITY_KEY
           ") can make certificates that you trust.\n",
           path, path, path, path, path, path, path);
}

static int show(const struct values *values, const char *path,
                const struct authority_pair *pair)
{
    const struct certificate_text text = {str_of(pair->certificate), path};
    struct certificate_facts facts;
    struct error error = {""};

    if (values->export &&
        !file_replace(values->export, text.text, 0644, &error))
        return options_fail(&cmd_ca, EX_CANTCREAT, &error);
    if (values->pem)
        fputs(pair->certificate, stdout);
    if (values->pem || values->export)
        return EX_OK;
    if (!certificate_read(&text, &facts, &error))
        return options_fail(&cmd_ca, EX_DATAERR, &error);
    print_about(path, &facts);
    return EX_OK;
}

static struct authority *open_authority(const struct values *values,
                                        char folder[PATH_MAX],
                                        struct error *error)
{
    bool made;

    if (state_folder(values->state_folder, folder))
        return authority_open(folder, clock_wall_seconds(), &made, error);
    error_set(error, "there is no state folder: HOME is not set; say where "
                     "with --state-folder FOLDER");
    return NULL;
}

static int run(int argc, char **argv)
{
    struct values values = {.pem = false};
    struct authority_pair *pair = memory_zeroed(1, sizeof(*pair));
    char folder[PATH_MAX], path[PATH_MAX];
    struct error error = {""};
    struct authority *authority;
    int status;

    if (!options_read(&cmd_ca, argc, argv, &values, &status)) {
        free(pair);
        return status;
    }
    authority = open_authority(&values, folder, &error);
    if (authority == NULL)
        status = options_fail(&cmd_ca, EX_UNAVAILABLE, &error);
    else if (!authority_pem(authority, pair))
        status = EX_SOFTWARE;
    else
        status = show(
            &values, authority_path(folder, AUTHORITY_CERTIFICATE, path), pair);
    authority_free(authority);
    explicit_bzero(pair, sizeof(*pair));
    free(pair);
    return status;
}

const struct command cmd_ca = {
    .name = "ca",
    .summary = "Show the local authority of HTTPS listeners, and how to trust "
               "it",
    .options = options,
    .noptions = sizeof(options) / sizeof(options[0]),
    .run = run,
};
