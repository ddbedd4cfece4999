/* SPDX-License-Identifier: Apache-2.0
 *
 * CloudFormation's short tags.
 */
#include "base/suggest.h"
#include "template/document_internal.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const struct document_tag tags[] = {
    /* A suggestion is the first of those that are equally near. */
    {"Ref", "Ref", "!Ref LogicalId", SHAPE_SCALAR, false},
    {"Sub", "Fn::Sub", "!Sub '${Name}-web'", SHAPE_SCALAR | SHAPE_LIST, false},
    {"GetAtt", "Fn::GetAtt", "!GetAtt LoadBalancer.DNSName",
     SHAPE_SCALAR | SHAPE_LIST, false},
    {"And", "Fn::And", "!And [!Condition A, !Condition B]", SHAPE_LIST, false},
    {"Base64", "Fn::Base64", "!Base64 text", SHAPE_SCALAR | SHAPE_MAP, false},
    {"Cidr", "Fn::Cidr", "!Cidr [10.0.0.0/16, 4, 8]", SHAPE_LIST, false},
    {"Condition", "Condition", "!Condition IsProduction", SHAPE_SCALAR, false},
    {"Equals", "Fn::Equals", "!Equals [!Ref Stage, prod]", SHAPE_LIST, false},
    {"FindInMap", "Fn::FindInMap", "!FindInMap [Map, !Ref AWS::Region, Key]",
     SHAPE_LIST, false},
    {"GetAZs", "Fn::GetAZs", "!GetAZs us-east-1", SHAPE_SCALAR | SHAPE_MAP,
     false},
    {"If", "Fn::If", "!If [Condition, value, other value]", SHAPE_LIST, false},
    {"ImportValue", "Fn::ImportValue", "!ImportValue Name",
     SHAPE_SCALAR | SHAPE_MAP, false},
    {"Join", "Fn::Join", "!Join ['-', [a, b]]", SHAPE_LIST, false},
    {"Length", "Fn::Length", "!Length [a, b]", SHAPE_LIST | SHAPE_MAP, false},
    {"Not", "Fn::Not", "!Not [!Condition A]", SHAPE_LIST, false},
    {"Or", "Fn::Or", "!Or [!Condition A, !Condition B]", SHAPE_LIST, false},
    {"Select", "Fn::Select", "!Select [0, [a, b]]", SHAPE_LIST, false},
    {"Split", "Fn::Split", "!Split [',', 'a,b']", SHAPE_LIST, false},
    {"ToJsonString", "Fn::ToJsonString", "!ToJsonString {key: value}",
     SHAPE_LIST | SHAPE_MAP, false},
    {"Transform", "Fn::Transform",
     "!Transform {Name: AWS::Include, Parameters: {Location: s3://...}}",
     SHAPE_MAP, false},
    /* Of Rules, which Sluice does not judge. */
    {"Contains", "Fn::Contains", "!Contains [[a, b], a]", SHAPE_LIST, false},
    {"EachMemberEquals", "Fn::EachMemberEquals", "", SHAPE_LIST, false},
    {"EachMemberIn", "Fn::EachMemberIn", "", SHAPE_LIST, false},
    {"RefAll", "Fn::RefAll", "!RefAll AWS::EC2::VPC::Id", SHAPE_SCALAR, false},
    {"ValueOf", "Fn::ValueOf", "", SHAPE_LIST, false},
    {"ValueOfAll", "Fn::ValueOfAll", "", SHAPE_LIST, false},
};

static const struct document_tag of_yaml[] = {
    {NULL, "str", "!!str 1", SHAPE_SCALAR, true},
    {NULL, "int", "!!int 1", SHAPE_SCALAR, false},
    {NULL, "float", "!!float 1", SHAPE_SCALAR, false},
    {NULL, "bool", "!!bool true", SHAPE_SCALAR, false},
    {NULL, "null", "!!null ~", SHAPE_SCALAR, false},
    {NULL, "map", "!!map {}", SHAPE_MAP, false},
    {NULL, "seq", "!!seq []", SHAPE_LIST, false},
};

static const struct document_tag *find_yaml(struct str name)
{
    for (size_t i = 0; i < COUNT(of_yaml); i++) {
        if (str_eq(name, str_of(of_yaml[i].function)))
            return &of_yaml[i];
    }
    return NULL;
}

static const struct document_tag *find_short(struct str name)
{
    for (size_t i = 0; i < COUNT(tags); i++) {
        if (str_eq(name, str_of(tags[i].name)))
            return &tags[i];
    }
    return NULL;
}

static void unknown_tag(struct str text, struct str name,
                        const struct place *place, struct report *report)
{
    struct suggest s = suggest_for(name);

    for (size_t i = 0; i < COUNT(tags); i++)
        suggest_offer(&s, tags[i].name);
    if (str_eq(name, STR("ForEach")) || str_istarts(name, STR("ForEach::")))
        report_error(report, place,
                     "Fn::ForEach is not supported\n"
                     "write out what the loop would make");
    else if (suggest_best(&s))
        report_error(report, place,
                     STR_FMT " is no tag of CloudFormation\ndid you mean !%s?",
                     STR_ARG(text), suggest_best(&s));
    else
        report_error(report, place,
                     STR_FMT " is no tag of CloudFormation\n"
                             "quote the value if the ! is part of it",
                     STR_ARG(text));
}

const struct document_tag *document_tag_find(struct str text,
                                             const struct place *place,
                                             struct report *report)
{
    struct str core = STR("tag:yaml.org,2002:");
    const struct document_tag *tag = NULL;
    struct str name = text;

    if (str_eq(text, STR("!")))
        return &of_yaml[0]; /* YAML's "not plain" */
    if (str_starts(text, core)) {
        name = str_make(text.p + core.n, text.n - core.n);
        tag = find_yaml(name);
        if (tag == NULL)
            report_error(report, place,
                         "!!" STR_FMT " is not supported\n"
                         "leave the tag out and quote the value",
                         STR_ARG(name));
        return tag;
    }
    if (str_starts(text, STR("!")))
        name = str_make(text.p + 1, text.n - 1);
    tag = find_short(name);
    if (tag == NULL)
        unknown_tag(text, name, place, report);
    return tag;
}

static const char *shape_name(unsigned shape)
{
    switch (shape) {
    case SHAPE_SCALAR:
        return "a single value";
    case SHAPE_LIST:
        return "a list";
    case SHAPE_MAP:
        return "a map";
    case SHAPE_SCALAR | SHAPE_LIST:
        return "a single value or a list";
    case SHAPE_SCALAR | SHAPE_MAP:
        return "a single value or a map";
    default:
        return "a list or a map";
    }
}

bool document_tag_fits(const struct document_tag *tag, unsigned shape,
                       const struct place *place, struct report *report)
{
    if (tag->shapes & shape)
        return true;
    report_error(report, place,
                 "!%s%s stands before %s, but takes %s\n"
                 "write it as in %s",
                 tag->name ? "" : "!", tag->name ? tag->name : tag->function,
                 shape_name(shape), shape_name(tag->shapes), tag->example);
    return false;
}

/* "A.B" as the list [A, B]: a logical id has no dots, an attribute may. */
static struct value *split_attribute(struct value *value, struct region *region,
                                     struct report *report)
{
    struct value *list = value_new(region, VALUE_LIST, &value->place);
    struct str rest = value->text;
    struct str id = str_cut(&rest, '.');

    if (id.n == 0 || rest.p == NULL || rest.n == 0) {
        report_error(report, &value->place,
                     "!GetAtt " STR_FMT " names no attribute\n"
                     "write the logical id, a dot and the attribute, as in "
                     "!GetAtt LoadBalancer.DNSName",
                     STR_ARG(value->text));
        return NULL;
    }
    value_append(list, value_string(region, id, &value->place));
    value_append(list, value_string(region, rest, &value->place));
    return list;
}

struct value *document_tag_apply(const struct document_tag *tag,
                                 struct value *value, const struct place *place,
                                 struct region *region, struct report *report)
{
    struct value *map;
    struct str function = str_of(tag->function);

    if (tag->name == NULL)
        return value;
    if (value->kind == VALUE_NULL) {
        report_error(report, place,
                     "nothing stands behind !%s\nwrite it as in %s", tag->name,
                     tag->example);
        return NULL;
    }
    if (str_eq(function, STR("Fn::GetAtt")) && value->kind == VALUE_STRING)
        value = split_attribute(value, region, report);
    if (value == NULL)
        return NULL;
    map = value_new(region, VALUE_MAP, place);
    value->key = function;
    value->key_place = *place;
    value_append(map, value);
    return map;
}
