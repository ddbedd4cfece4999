/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/profile.h"

/* Where the reading stands. */
struct reading {
    struct region *region;
    struct profiles *profiles;
    enum profile_file file;
    struct profile_section *section; /* NULL: before the first */
    struct profile_entry *entry;     /* the last one; NULL: none yet */
    unsigned line;
    struct error *mistake;
};

static void complain(struct reading *r, const char *what)
{
    if (r->mistake->text[0] == '\0')
        error_set(r->mistake, "line %u: %s", r->line, what);
}

/* ---- sections ------------------------------------------------------------ */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* "profile x", "services x", "default". */
static void name_section(struct profile_section *s, struct str text)
{
    static const struct {
        const char *word;
        enum profile_kind kind;
    } words[] = {{"profile", PROFILE_PROFILE}, {"services", PROFILE_SERVICES}};
    size_t n = 0;

    s->kind = PROFILE_PROFILE;
    s->name = text;
    if (s->file == PROFILE_CREDENTIALS || str_eq(text, STR("default")))
        return;
    while (n < text.n && !is_blank(text.p[n]))
        n++;
    s->kind = PROFILE_OTHER;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (n < text.n && str_eq(str_make(text.p, n), str_of(words[i].word))) {
            s->kind = words[i].kind;
            s->prefixed = true;
            s->name = str_trim(str_make(text.p + n, text.n - n));
        }
    }
}

static void open_section(struct reading *r, struct str line)
{
    const char *close = memchr(line.p, ']', line.n);
    struct profile_section *s;

    r->section = NULL;
    r->entry = NULL;
    if (close == NULL) {
        complain(r, "a section has no \"]\"");
        return;
    }
    s = region_take(r->region, sizeof(*s));
    s->file = r->file;
    name_section(s,
                 str_trim(str_make(line.p + 1, (size_t)(close - line.p) - 1)));
    s->next = r->profiles->sections;
    r->profiles->sections = s;
    r->section = s;
}

/* ---- entries ------------------------------------------------------------- */

static struct profile_entry *make_entry(struct reading *r, struct str line,
                                        struct profile_entry *next)
{
    struct str value = line;
    struct str key = str_trim(str_cut(&value, '='));
    struct profile_entry *e;

    if (value.p == NULL || key.n == 0) {
        complain(r, "is no KEY = VALUE");
        return NULL;
    }
    e = region_take(r->region, sizeof(*e));
    *e = (struct profile_entry){
        .key = key, .value = str_trim(value), .next = next};
    return e;
}

static void add_entry(struct reading *r, struct str line)
{
    struct profile_entry *e;

    r->entry = NULL;
    if (r->section == NULL) {
        complain(r, "stands in no section");
        return;
    }
    e = make_entry(r, line, r->section->entries);
    if (e) {
        r->section->entries = e;
        r->entry = e;
    }
}

/* A line that begins with a space. */
static void go_on(struct reading *r, struct str line)
{
    struct profile_entry *nested;

    if (r->entry == NULL) {
        complain(r, "begins with a space and belongs to no key");
    } else if (r->entry->value.n == 0) {
        nested = make_entry(r, line, r->entry->nested);
        if (nested)
            r->entry->nested = nested;
    } else {
        complain(r, "goes on with a value; values are one line");
    }
}

static void read_line(struct reading *r, struct str line)
{
    struct str text;

    r->line++;
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    text = str_trim(line);
    if (text.n == 0 || text.p[0] == '#' || text.p[0] == ';')
        return;
    if (is_blank(line.p[0]))
        go_on(r, text);
    else if (text.p[0] == '[')
        open_section(r, text);
    else
        add_entry(r, text);
}

void profiles_read(struct region *region, struct profiles *profiles,
                   enum profile_file file, struct str text,
                   struct error *mistake)
{
    struct reading r = {.region = region,
                        .profiles = profiles,
                        .file = file,
                        .mistake = mistake};
    struct str rest = region_copy(region, text);

    mistake->text[0] = '\0';
    if (str_starts(rest, STR("\xef\xbb\xbf")))
        rest = str_make(rest.p + 3, rest.n - 3);
    while (rest.p)
        read_line(&r, str_cut(&rest, '\n'));
}

/* ---- asking -------------------------------------------------------------- */

static const struct profile_entry *find_entry(const struct profile_entry *e,
                                              const char *key)
{
    while (e && !str_ieq(e->key, str_of(key)))
        e = e->next;
    return e;
}

/* Whether a section is of that kind and name, in that file. */
static bool is_it(const struct profile_section *s, enum profile_file file,
                  enum profile_kind kind, struct str name)
{
    return s->file == file && s->kind == kind && str_eq(s->name, name);
}

static bool has_prefixed(const struct profiles *profiles, struct str name)
{
    for (const struct profile_section *s = profiles->sections; s; s = s->next) {
        if (is_it(s, PROFILE_CONFIG, PROFILE_PROFILE, name) && s->prefixed)
            return true;
    }
    return false;
}

bool profile_exists(const struct profiles *profiles, struct str name)
{
    for (const struct profile_section *s = profiles->sections; s; s = s->next) {
        if (s->kind == PROFILE_PROFILE && str_eq(s->name, name))
            return true;
    }
    return false;
}

struct str profile_get_of(const struct profiles *profiles,
                          enum profile_file file, struct str name,
                          const char *key)
{
    bool prefixed = file == PROFILE_CONFIG && has_prefixed(profiles, name);

    for (const struct profile_section *s = profiles->sections; s; s = s->next) {
        const struct profile_entry *e;

        if (!is_it(s, file, PROFILE_PROFILE, name) || s->prefixed < prefixed)
            continue;
        e = find_entry(s->entries, key);
        if (e)
            return e->value;
    }
    return STR("");
}

struct str profile_get(const struct profiles *profiles, struct str name,
                       const char *key)
{
    struct str value = profile_get_of(profiles, PROFILE_CREDENTIALS, name, key);

    return value.n ? value
                   : profile_get_of(profiles, PROFILE_CONFIG, name, key);
}

struct str profile_service(const struct profiles *profiles, struct str name,
                           const char *service, const char *key)
{
    for (const struct profile_section *s = profiles->sections; s; s = s->next) {
        const struct profile_entry *e;

        if (!is_it(s, PROFILE_CONFIG, PROFILE_SERVICES, name))
            continue;
        e = find_entry(s->entries, service);
        e = e ? find_entry(e->nested, key) : NULL;
        if (e)
            return e->value;
    }
    return STR("");
}
