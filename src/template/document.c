/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a document: the file, its bytes, the parser.
 *
 * libfyaml says what is wrong on stderr unless its diagnostics are collected;
 * what it does not collect goes to hear(), so that nothing is printed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/suggest.h"
#include "template/document_internal.h"

/* ---- the file ------------------------------------------------------------ */

enum { NAMES_SHOWN = 5 };

static bool ends_with(struct str s, struct str end)
{
    return s.n >= end.n && memcmp(s.p + s.n - end.n, end.p, end.n) == 0;
}

/* The names in a folder, in order; 0 when it cannot be read. */
static unsigned list_folder(const char *folder, struct dirent ***names)
{
    int n;

    *names = NULL;
    n = scandir(folder, names, NULL, alphasort);
    return n > 0 ? (unsigned)n : 0;
}

static void free_names(struct dirent **names, unsigned n)
{
    while (n > 0)
        free(names[--n]);
    free(names);
}

/* A folder: of `cdk synth`, most likely. */
static void refuse_folder(const char *file, struct report *report)
{
    const struct place place = {.file = file};
    struct dirent **names;
    unsigned n = list_folder(file, &names), found = 0;
    char buffer[1024];
    struct text list = text_in(buffer, sizeof(buffer));

    for (unsigned i = 0; i < n; i++) {
        if (!ends_with(str_of(names[i]->d_name), STR(".template.json")))
            continue;
        if (found++ < NAMES_SHOWN)
            text_printf(&list, "%s%s/%s", found > 1 ? ", " : "", file,
                        names[i]->d_name);
    }
    free_names(names, n);
    if (found)
        report_error(report, &place,
                     "this is a folder, not a template\n"
                     "give the templates in it by name: " STR_FMT "%s",
                     STR_ARG(text_str(&list)),
                     found > NAMES_SHOWN ? " ..." : "");
    else
        report_error(report, &place,
                     "this is a folder, not a template\n"
                     "give a template file; `cdk synth` writes them as "
                     "cdk.out/NAME.template.json");
}

/* A file that cannot be opened; perhaps another one was meant. */
static void refuse_missing(const char *file, int why, struct report *report)
{
    const struct place place = {.file = file};
    const char *slash = strrchr(file, '/');
    size_t folder = slash ? (size_t)(slash - file) + 1 : 0;
    struct suggest s = suggest_for(str_of(file + folder));
    struct str path = folder
                          ? region_copy(&report->region, str_make(file, folder))
                          : STR("./");
    struct dirent **names = NULL;
    unsigned n = why == ENOENT ? list_folder(path.p, &names) : 0;

    for (unsigned i = 0; i < n; i++) {
        if (names[i]->d_name[0] != '.')
            suggest_offer(&s, names[i]->d_name);
    }
    if (suggest_best(&s))
        report_error(report, &place, "cannot open it: %s\ndid you mean %.*s%s?",
                     strerror(why), (int)folder, file, suggest_best(&s));
    else
        report_error(report, &place,
                     "cannot open it: %s\ncheck the path and its permissions",
                     strerror(why));
    free_names(names, n);
}

static bool too_large(const char *file, struct report *report)
{
    const struct place place = {.file = file};

    report_error(report, &place,
                 "the file is larger than %d MiB\n"
                 "CloudFormation takes 1 MiB: is this a template?",
                 DOCUMENT_BYTES_MAX / 1024 / 1024);
    return false;
}

static bool read_all(int fd, const char *file, struct region *region,
                     struct str *text, struct report *report)
{
    const struct place place = {.file = file};
    size_t cap = DOCUMENT_BYTES_MAX + 1, n = 0;
    char *buffer = memory_zeroed(1, cap);
    ssize_t got;

    do {
        got = read(fd, buffer + n, cap - n);
        if (got > 0)
            n += (size_t)got;
    } while ((got > 0 && n < cap) || (got < 0 && errno == EINTR));
    if (got < 0)
        report_error(report, &place, "cannot read it: %s\ncheck the file",
                     strerror(errno));
    else if (n == cap)
        too_large(file, report);
    else
        *text = region_copy(region, str_make(buffer, n));
    free(buffer);
    return got >= 0 && n < cap;
}

bool document_read(const char *file, struct region *region, struct str *text,
                   struct report *report)
{
    struct stat st;
    bool ok;
    int fd;

    if (strcmp(file, "-") == 0)
        return read_all(STDIN_FILENO, file, region, text, report);
    fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0) {
        refuse_missing(file, errno, report);
        if (fd >= 0)
            close(fd);
        return false;
    }
    if (S_ISDIR(st.st_mode)) {
        refuse_folder(file, report);
        ok = false;
    } else {
        ok = read_all(fd, file, region, text, report);
    }
    close(fd);
    return ok;
}

/* ---- its bytes ----------------------------------------------------------- */

/* Bytes of the UTF-8 character at `p`, 0 when it is none. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = p[0] < 0x80   ? 1
                    : p[0] < 0xc2 ? 0
                    : p[0] < 0xe0 ? 2
                    : p[0] < 0xf0 ? 3
                    : p[0] < 0xf5 ? 4
                                  : 0;
    unsigned c = length > 1 ? p[0] & (0x7fu >> length) : p[0];

    if (length == 0 || length > n)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3f);
    }
    if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return 0;
    return length;
}

static bool bad_byte(const char *file, const struct place *place,
                     unsigned char c, struct report *report)
{
    (void)file;
    if (c == 0)
        report_error(report, place,
                     "the file holds a NUL byte\n"
                     "save it as text, in UTF-8");
    else if (c == '\r')
        report_error(report, place,
                     "a carriage return stands without a line feed\n"
                     "save the file with line ends LF or CR LF");
    else if (c < 0x20 || c == 0x7f)
        report_error(report, place,
                     "the file holds a control character (0x%02x)\n"
                     "remove it, or write it as \"\\x%02x\" in double quotes",
                     c, c);
    else
        report_error(report, place,
                     "the byte 0x%02x is no UTF-8\nsave the file as UTF-8", c);
    return false;
}

static bool check_bytes(const char *file, struct str text,
                        struct report *report)
{
    struct place place = {.file = file, .line = 1, .column = 1};
    const unsigned char *p = (const unsigned char *)text.p;
    size_t length;

    for (size_t i = 0; i < text.n; i += length) {
        bool control =
            (p[i] < 0x20 && p[i] != '\t' && p[i] != '\n') || p[i] == 0x7f;

        if (p[i] == '\r' && i + 1 < text.n && p[i + 1] == '\n')
            control = false;
        length = utf8_length(p + i, text.n - i);
        if (control || length == 0)
            return bad_byte(file, &place, p[i], report);
        place.column++;
        if (p[i] == '\n') {
            place.line++;
            place.column = 1;
        }
    }
    return true;
}

/* False with an error: nothing that could be a document. */
static bool check_text(const char *file, struct str text, struct report *report)
{
    const struct place place = {.file = file};

    if (text.n > DOCUMENT_BYTES_MAX)
        return too_large(file, report);
    if (str_starts(text, STR("\xff\xfe")) ||
        str_starts(text, STR("\xfe\xff"))) {
        report_error(report, &place, "the file is UTF-16\nsave it as UTF-8");
        return false;
    }
    return check_bytes(file, text, report);
}

/* ---- the parser ---------------------------------------------------------- */

static void hear(struct fy_diag *diag, void *user, const char *text, size_t n)
{
    struct text *heard = user;

    (void)diag;
    while (n && text[n - 1] == '\n')
        n--;
    if (heard->n == 0)
        text_put(heard, text, n < heard->cap - 1 ? n : heard->cap - 1);
}

static struct fy_diag *listen_to(struct text *heard)
{
    struct fy_diag_cfg config;
    struct fy_diag *diag;

    fy_diag_cfg_default(&config);
    config.fp = NULL;
    config.output_fn = hear;
    config.user = heard;
    config.level = FYET_ERROR;
    config.colorize = false;
    config.show_source = config.show_position = false;
    config.show_type = config.show_module = false;
    diag = fy_diag_create(&config);
    if (diag)
        fy_diag_set_collect_errors(diag, true);
    return diag;
}

static bool only_space(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != ' ' && text.p[i] != '\n' && text.p[i] != '\r' &&
            text.p[i] != '\t')
            return false;
    }
    return true;
}

/* The rest of the text from a place on. */
static struct str text_from(struct str text, const struct place *place)
{
    struct str rest = text;
    size_t column = place->column ? place->column - 1 : 0;

    for (unsigned i = 1; i < place->line && rest.p; i++)
        str_cut(&rest, '\n');
    if (rest.p == NULL || column > rest.n)
        return STR("");
    return str_make(rest.p + column, rest.n - column);
}

static void tell_fault(const struct document_tree *tree, struct fy_diag *diag,
                       struct str heard, struct str text, bool json)
{
    struct place place = {.file = tree->file};
    struct place open = document_tree_open(tree);
    struct fy_diag_error *error;
    void *at = NULL;

    do { /* warnings are among them */
        error = fy_diag_errors_iterate(diag, &at);
    } while (error && error->type != FYET_ERROR);
    if (error && error->line >= 0 && error->column >= 0) {
        place.line = (unsigned)error->line;
        place.column = (unsigned)error->column;
        document_fault(error->msg ? error->msg : "", &place, &open,
                       only_space(text_from(text, &place)), json, tree->report);
        return;
    }
    report_error(tree->report, &place,
                 "it cannot be read as %s" STR_FMT STR_FMT "\n"
                 "check it with another tool",
                 json ? "JSON" : "YAML", STR_ARG(heard.n ? STR(": ") : heard),
                 STR_ARG(heard));
}

/* Text that begins as a JSON object does is JSON, with its stricter rules: so
 * CloudFormation reads it. */
static bool is_json(struct str text)
{
    size_t i = 0;

    while (i < text.n && strchr(" \t\r\n", text.p[i]))
        i++;
    if (i == text.n || text.p[i] != '{')
        return false;
    for (i++; i < text.n && strchr(" \t\r\n", text.p[i]); i++)
        ;
    return i == text.n || text.p[i] == '"' || text.p[i] == '}';
}

/* libfyaml counts CR LF as two line ends in JSON, where a CR is but space. */
static struct str without_returns(struct region *region, struct str text)
{
    struct str copy;
    char *p;

    if (text.n == 0 || memchr(text.p, '\r', text.n) == NULL)
        return text;
    copy = region_copy(region, text);
    p = (char *)(uintptr_t)copy.p;
    for (size_t i = 0; i < copy.n; i++) {
        if (p[i] == '\r')
            p[i] = ' ';
    }
    return copy;
}

/* False: the parser stopped at an error of its own. */
static bool run(struct document_tree *tree, struct fy_parser *parser)
{
    struct fy_event *event;
    bool ok = true;

    while (ok && (event = fy_parser_parse(parser))) {
        ok = document_tree_event(tree, event);
        fy_parser_event_free(parser, event);
    }
    return !ok || !fy_parser_get_stream_error(parser);
}

static void parse(struct document_tree *tree, struct str text)
{
    char buffer[256];
    struct text heard = text_in(buffer, sizeof(buffer));
    bool json = is_json(text);
    unsigned mode = (unsigned)FYPCF_DEFAULT_VERSION_1_2 |
                    (unsigned)FYPCF_SLOPPY_FLOW_INDENTATION |
                    (unsigned)(json ? FYPCF_JSON_FORCE : FYPCF_JSON_NONE);
    struct fy_parse_cfg config = {.flags = (enum fy_parse_cfg_flags)mode,
                                  .diag = listen_to(&heard)};
    struct fy_parser *parser = config.diag ? fy_parser_create(&config) : NULL;

    if (json)
        text = without_returns(tree->region, text);
    if (parser == NULL || fy_parser_set_string(parser, text.p, text.n) < 0) {
        struct place place = {.file = tree->file};

        report_error(tree->report, &place,
                     "there is no memory to read it\n"
                     "free some, or use a smaller file");
    } else if (!run(tree, parser)) {
        tell_fault(tree, config.diag, text_str(&heard), text, json);
    }
    fy_parser_destroy(parser);
    fy_diag_destroy(config.diag);
}

const struct value *document_parse(const char *file, struct str text,
                                   struct region *region, struct report *report)
{
    const struct place place = {.file = file};
    unsigned errors = report->errors;
    struct document_tree *tree;
    const struct value *root;

    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_make(text.p + 3, text.n - 3);
    if (!check_text(file, text, report))
        return NULL;
    tree = memory_zeroed(1, sizeof(*tree));
    *tree = (struct document_tree){
        .file = file, .region = region, .report = report};
    parse(tree, text);
    root = tree->root;
    free(tree);
    if (report->errors > errors)
        return NULL;
    if (root == NULL || root->kind == VALUE_NULL) {
        report_error(report, &place,
                     text.n ? "the file holds nothing but space and comments\n"
                              "write a template; conf/quickstart.yaml is one"
                            : "the file is empty\n"
                              "write a template; conf/quickstart.yaml is one");
        return NULL;
    }
    return root;
}
