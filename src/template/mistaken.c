/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that are no CloudFormation template but what people have at hand.
 */
#include "template/resolve.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const struct {
    const char *keys[2]; /* both are there */
    const char *what;
    const char *remedy;
} kinds[] = {
    {{"format_version", "planned_values"},
     "this is a Terraform plan",
     "Sluice reads CloudFormation: describe the load balancer in a template"},
    {{"format_version", "values"},
     "this is a Terraform state (terraform show -json)",
     "Sluice reads CloudFormation: describe the load balancer in a template"},
    {{"terraform_version", "lineage"},
     "this is Terraform's state file",
     "Sluice reads CloudFormation: describe the load balancer in a template"},
    {{"apiVersion", "kind"},
     "this is a Kubernetes object",
     "Sluice reads CloudFormation: describe the load balancer in a template"},
    {{"artifacts", "version"},
     "this is the manifest of a CDK app, not a template",
     "give the file beside it whose name ends in .template.json"},
    {{"app", "context"},
     "this is cdk.json, not a template",
     "run `cdk synth` and give cdk.out/NAME.template.json"},
    {{"provider", "functions"},
     "this is a file of the Serverless Framework",
     "give the CloudFormation template that it makes: run `serverless "
     "package`, then see .serverless/"},
    {{"swagger", "paths"},
     "this is an API description",
     "Sluice reads CloudFormation: describe the load balancer in a template"},
    {{"openapi", "paths"},
     "this is an API description",
     "Sluice reads CloudFormation: describe the load balancer in a template"},
    {{"services", "services"},
     "this is a Compose file",
     "Sluice reads CloudFormation: describe the load balancer in a template, "
     "and give the services' published ports with --service"},
};

bool mistaken_report(const struct value *root, struct report *report)
{
    if (root->kind != VALUE_MAP) {
        report_error(report, &root->place,
                     "the document is %s\n"
                     "a template is a map with the key Resources",
                     value_kind_name(root->kind));
        return true;
    }
    if (value_get(root, STR("Resources")))
        return false;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (!value_get(root, str_of(kinds[i].keys[0])) ||
            !value_get(root, str_of(kinds[i].keys[1])))
            continue;
        report_error(report, &root->place, "%s\n%s", kinds[i].what,
                     kinds[i].remedy);
        return true;
    }
    return false;
}

static bool ends_with(const char *file, const char *end)
{
    size_t n = strlen(file), m = strlen(end);

    return n > m && strcmp(file + n - m, end) == 0;
}

bool mistaken_name(const char *file, struct report *report)
{
    const struct place place = {.file = file};

    if (!ends_with(file, ".tf") && !ends_with(file, ".hcl") &&
        !ends_with(file, ".tfvars"))
        return false;
    report_error(report, &place,
                 "this is Terraform's language\n"
                 "Sluice reads CloudFormation: describe the load balancer in "
                 "a template");
    return true;
}
