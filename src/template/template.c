/* SPDX-License-Identifier: Apache-2.0
 *
 * From files to resources without functions.
 */
#include "template/template.h"

#include <stdlib.h>

#include "base/memory.h"
#include "template/document.h"
#include "template/resolve.h"

/* "conf/web.template.json": web */
static struct str stack_of(const char *file)
{
    const char *slash = strrchr(file, '/');
    struct str rest = str_of(slash ? slash + 1 : file);
    struct str name = str_cut(&rest, '.');

    return name.n && !str_eq(name, STR("-")) ? name : STR("stack");
}

static struct arn_scope scope_of(struct region *region,
                                 const struct template_options *options,
                                 const char *file)
{
    struct str name = options->region_name, account = options->account;
    struct str stack = options->stack;

    return (struct arn_scope){
        .region_name = region_copy(region, name.n ? name : STR("us-east-1")),
        .account =
            region_copy(region, account.n ? account : STR("000000000000")),
        .stack = region_copy(region, stack.n ? stack : stack_of(file)),
    };
}

static void add_document(struct resolver *r,
                         const struct template_source *source)
{
    struct str text = source->text;
    const struct value *root;

    if (str_starts(text, STR("\xef\xbb\xbf"))) /* no column counts it */
        text = str_make(text.p + 3, text.n - 3);
    report_source(r->report, source->file, text);
    if (mistaken_name(source->file, r->report))
        return;
    root = document_parse(source->file, text, r->region, r->report);
    if (root && !mistaken_report(root, r->report))
        sections_add(r, root);
}

static void evaluate(struct resolver *r, struct template *template)
{
    sections_ready(r);
    r->conditions =
        region_take(r->region, (r->sections[SECTION_CONDITIONS].n + 1) *
                                   sizeof(*r->conditions));
    r->outputs = region_take(r->region, (r->sections[SECTION_OUTPUTS].n + 1) *
                                            sizeof(*r->outputs));
    parameters_read(r);
    resources_declare(r);
    names_check(r);
    conditions_judge(r);
    resources_drop(r);
    template->resources = resources_resolve(r);
    outputs_resolve(r, template);
    if (r->report->verbose)
        resources_note_ignored(r);
}

struct template *template_parse(const struct template_source *sources,
                                unsigned n,
                                const struct template_options *options,
                                struct report *report)
{
    struct template *template = memory_zeroed(1, sizeof(*template));
    struct resolver r = {
        .region = &template->region,
        .report = report,
        .options = options,
    };
    unsigned errors = report->errors;

    r.scope = scope_of(&template->region, options, n ? sources[0].file : "");
    template->stack = r.scope.stack;
    for (unsigned i = 0; i < n; i++)
        add_document(&r, &sources[i]);
    if (report->errors == errors)
        evaluate(&r, template);
    sections_free(&r);
    if (report->errors == errors)
        return template;
    template_free(template);
    return NULL;
}

bool template_read(const char *const *files, unsigned n,
                   struct template_source *sources, struct report *report)
{
    bool ok = true;

    for (unsigned i = 0; i < n; i++) {
        sources[i].file = files[i];
        ok = document_read(files[i], &report->region, &sources[i].text,
                           report) &&
             ok;
    }
    return ok;
}

struct template *template_load(const char *const *files, unsigned n,
                               const struct template_options *options,
                               struct report *report)
{
    struct template_source *sources = memory_zeroed(n + 1, sizeof(*sources));
    struct template *template = NULL;

    if (template_read(files, n, sources, report))
        template = template_parse(sources, n, options, report);
    free(sources);
    return template;
}

void template_free(struct template *template)
{
    if (template == NULL)
        return;
    region_end(&template->region);
    free(template);
}
