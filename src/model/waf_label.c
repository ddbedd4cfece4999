/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of labels (aws-waf.md 1.4).
 */
#include "model/read_waf.h"

enum { COMPONENT_MAX = 128, NAMESPACES_MAX = 5 };

static bool is_reserved(struct str component)
{
    static const char *const words[] = {
        "awswaf",          "aws",   "waf",    "rulegroup", "webacl",
        "regexpatternset", "ipset", "managed"};

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (str_eq(component, str_of(words[i])))
            return true;
    }
    return false;
}

static const char *component_fault(struct str component)
{
    if (component.n == 0)
        return "a part between colons is empty\nwrite NAMESPACE:NAME";
    if (component.n > COMPONENT_MAX)
        return "a part has more than 128 characters\nmake it shorter";
    return NULL;
}

const char *waf_label_fault(struct str label)
{
    struct str rest = label;
    unsigned n = 0;

    if (!waf_is_word(label, "_-:"))
        return "AWS takes letters, digits, \"_\", \"-\" and \":\"\nwrite \"-\" "
               "for other characters";
    while (rest.p) {
        struct str component = str_cut(&rest, ':');
        const char *fault = component_fault(component);

        if (fault)
            return fault;
        if (is_reserved(component))
            return "awswaf, aws, waf, rulegroup, webacl, regexpatternset, "
                   "ipset and managed are AWS's own words\nwrite another one";
        n++;
    }
    return n > NAMESPACES_MAX + 1
               ? "it has more than 5 namespaces\nleave some out"
               : NULL;
}

const char *waf_label_key_fault(struct str key, bool name_space)
{
    if (!waf_is_word(key, "_-:"))
        return "AWS takes letters, digits, \"_\", \"-\" and \":\"\nwrite a "
               "label as the rule that adds it has it";
    if (name_space && key.p[key.n - 1] != ':')
        return "a namespace ends with a colon\nadd it, or write Scope: LABEL";
    if (!name_space && key.p[key.n - 1] == ':')
        return "a label does not end with a colon\nleave it out, or write "
               "Scope: NAMESPACE";
    return NULL;
}
