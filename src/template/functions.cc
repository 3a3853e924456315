#include "template/functions.h"

#include <array>

#include "base/text.h"
#include "template/substitution.h"

namespace cairn::cfn {
namespace {

bool is_text_or_function(const Node& node) { return node.is_scalar() || function_of(node); }
bool is_list_or_function(const Node& node) { return node.is_list() || function_of(node); }
bool is_list_of(const Node& node, size_t count) { return node.is_list() && node.items.size() == count; }

/// A condition, or what may evaluate to one.
bool is_condition(const Node& node) {
  if (!node.is_map() || node.items.size() != 1) return false;
  return node.names.front() == "Condition" ? node.items.front().is_scalar() : function_of(node).has_value();
}

void check_ref(const Node& argument, Dialect) {
  if (!argument.is_scalar() || argument.text.empty())
    refuse(argument, "Template format error: every Ref object must have a single String value.");
}

void check_get_att(const Node& argument, Dialect) {
  constexpr auto kWords =
      "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute";
  if (argument.is_scalar()) {
    const size_t dot = argument.text.find('.');
    if (dot == std::string::npos || dot == 0 || dot + 1 == argument.text.size()) refuse(argument, kWords);
    return;
  }
  if (!is_list_of(argument, 2)) refuse(argument, kWords);
  const Node &resource = argument.items[0], &name = argument.items[1];
  if (!resource.is_scalar() || resource.text.empty() || !is_text_or_function(name) || (name.is_scalar() && name.text.empty()))
    refuse(argument, kWords);
}

void check_sub(const Node& argument, Dialect) {
  const bool has_values = is_list_of(argument, 2) && argument.items[0].is_scalar() && argument.items[1].is_map();
  if (!argument.is_scalar() && !has_values)
    refuse(argument,
           "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, "
           "and an optional second argument to specify a mapping of values to replace in the string");
  (void)substitution_of(has_values ? argument.items[0] : argument);
  if (!has_values) return;
  for (const std::string& name : argument.items[1].names)
    if (!is_variable_name(name))
      refuse(argument.items[1],
             "Template error: every key of the context object of every Fn::Sub object must contain only alphanumeric characters, "
             "underscores, periods, and colons");
  for (const Node& value : argument.items[1].items)
    if (!is_text_or_function(value))
      refuse(value,
             "Template error: every value of the context object of every Fn::Sub object must be a string or a function that returns a "
             "string");
}

void check_join(const Node& argument, Dialect) {
  if (!is_list_of(argument, 2) || !argument.items[0].is_scalar() || !is_list_or_function(argument.items[1]))
    refuse(
        argument,
        "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or "
        "a function that returns a list of strings (such as Fn::GetAZs) to be joined.");
}

void check_split(const Node& argument, Dialect) {
  const bool fits = is_list_of(argument, 2) && argument.items[0].is_scalar() && is_text_or_function(argument.items[1]);
  if (!fits || argument.items[0].text.empty())
    refuse(argument,
           "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a "
           "function that returns a string to be split.");
}

void check_select(const Node& argument, Dialect) {
  if (!is_list_of(argument, 2) || !is_text_or_function(argument.items[0]) || !is_list_or_function(argument.items[1]))
    refuse(argument, "Template error: Fn::Select requires a list argument with two elements: an integer index and a list");
}

void check_find_in_map(const Node& argument, Dialect dialect) {
  constexpr auto kWords =
      "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value";
  const bool has_default = dialect == Dialect::kExtended && is_list_of(argument, 4) && argument.items[3].is_map() &&
                           argument.items[3].member("DefaultValue") && argument.items[3].items.size() == 1;
  if (!is_list_of(argument, 3) && !has_default) refuse(argument, kWords);
  for (size_t i = 0; i < 3; ++i) {
    const auto function = function_of(argument.items[i]);
    if (argument.items[i].is_scalar()) continue;
    if (!function || (dialect == Dialect::kPlain && function->name != "Ref" && function->name != "Fn::FindInMap")) refuse(argument, kWords);
  }
}

template <char... name>
void check_text(const Node& argument, Dialect) {
  static constexpr char kName[] = {name..., 0};
  if (!is_text_or_function(argument)) refuse(argument, "Template error: every Fn::{} object must have a String-typed value.", kName);
}

void check_cidr(const Node& argument, Dialect) {
  const auto is_value = [](const Node& node) { return is_text_or_function(node); };
  if (!is_list_of(argument, 3) || !std::all_of(argument.items.begin(), argument.items.end(), is_value))
    refuse(argument,
           "Template error: every Fn::Cidr object requires three parameters, (1) an address block, (2) the number of blocks to be made and "
           "(3) the number of subnet bits of each");
}

void check_if(const Node& argument, Dialect) {
  if (!argument.is_list() || argument.items.empty() || !argument.items[0].is_scalar())
    refuse(argument, "Template error: Fn::If requires a list argument with the first element being a condition");
  if (argument.items.size() != 3) refuse(argument, "Template error: Fn::If requires a list argument with three elements");
}

void check_equals(const Node& argument, Dialect) {
  if (!is_list_of(argument, 2)) refuse(argument, "Template error: every Fn::Equals object requires a list of 2 string parameters.");
}

void check_not(const Node& argument, Dialect) {
  if (!is_list_of(argument, 1) || !is_condition(argument.items[0]))
    refuse(argument, "Template error: every Fn::Not object requires one boolean parameter.");
}

void check_many(const Node& argument, std::string_view name) {
  const bool fits = argument.is_list() && argument.items.size() >= 2 && argument.items.size() <= 10;
  if (!fits || !std::all_of(argument.items.begin(), argument.items.end(), is_condition))
    refuse(argument, "Template error: every {} object requires a list of at least 2 and at most 10 boolean parameters.", name);
}
void check_and(const Node& argument, Dialect) { check_many(argument, "Fn::And"); }
void check_or(const Node& argument, Dialect) { check_many(argument, "Fn::Or"); }

void check_length(const Node& argument, Dialect) {
  if (!is_list_or_function(argument))
    refuse(argument, "Template error: every Fn::Length object must have a list or a function that returns one");
}

void check_to_json_string(const Node& argument, Dialect) {
  if (!argument.is_map() && !argument.is_list())
    refuse(argument, "Template error: every Fn::ToJsonString object must have an object or a list");
}

void check_pair(const Node& argument, Dialect) {
  if (!is_list_of(argument, 2)) refuse(argument, "Template error: every rule function but Fn::RefAll requires a list of two parameters");
}

void check_transform(const Node& argument, Dialect) {
  const Node& first = argument.is_list() && !argument.items.empty() ? argument.items.front() : argument;
  const Node* name = first.is_map() ? first.member("Name") : nullptr;
  if (!name || !name->is_scalar()) refuse(argument, "Key Name of transform definition must be a string.");
  refuse(argument, "Transform {} is not supported", name->text);
}

enum class Where { kValues, kValuesExtended, kConditions, kAnywhere, kRules };

struct Row {
  std::string_view name;
  Where where;
  void (*check)(const Node& argument, Dialect dialect);
};

constexpr auto kFunctions = std::to_array<Row>({
    {"Fn::And", Where::kConditions, check_and},
    {"Fn::Base64", Where::kValues, check_text<'B', 'a', 's', 'e', '6', '4'>},
    {"Fn::Cidr", Where::kValues, check_cidr},
    {"Fn::Contains", Where::kRules, check_pair},
    {"Fn::EachMemberEquals", Where::kRules, check_pair},
    {"Fn::EachMemberIn", Where::kRules, check_pair},
    {"Fn::Equals", Where::kConditions, check_equals},
    {"Fn::FindInMap", Where::kValues, check_find_in_map},
    {"Fn::GetAZs", Where::kValues, check_text<'G', 'e', 't', 'A', 'Z', 's'>},
    {"Fn::GetAtt", Where::kValues, check_get_att},
    {"Fn::If", Where::kValues, check_if},
    {"Fn::ImportValue", Where::kValues, check_text<'I', 'm', 'p', 'o', 'r', 't', 'V', 'a', 'l', 'u', 'e'>},
    {"Fn::Join", Where::kValues, check_join},
    {"Fn::Length", Where::kValuesExtended, check_length},
    {"Fn::Not", Where::kConditions, check_not},
    {"Fn::Or", Where::kConditions, check_or},
    {"Fn::RefAll", Where::kRules, check_ref},
    {"Fn::Select", Where::kValues, check_select},
    {"Fn::Split", Where::kValues, check_split},
    {"Fn::Sub", Where::kValues, check_sub},
    {"Fn::ToJsonString", Where::kValuesExtended, check_to_json_string},
    {"Fn::Transform", Where::kAnywhere, check_transform},
    {"Fn::ValueOf", Where::kRules, check_pair},
    {"Fn::ValueOfAll", Where::kRules, check_pair},
    {"Ref", Where::kAnywhere, check_ref},
});

const Row* row_of(std::string_view name) {
  for (const Row& row : kFunctions)
    if (row.name == name) return &row;
  return nullptr;
}

[[noreturn]] void refuse_unknown(const Node& at, std::string_view name) {
  refuse(at,
         "Template Error: Encountered unsupported function: {} Supported functions are: [Fn::Base64, Fn::GetAtt, Fn::GetAZs, "
         "Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, Fn::Equals, Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, "
         "Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn, Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr]",
         name);
}

void check_place(const Node& node, const Row& row, Block block, Dialect dialect) {
  const bool decides = block == Block::kConditions || block == Block::kRules;
  if (row.where == Where::kValuesExtended && dialect == Dialect::kPlain) refuse_unknown(node, row.name);
  if (block == Block::kRules && row.where != Where::kConditions && row.where != Where::kRules && row.name != "Ref")
    refuse(node, "Template format error: Following functions are not supported in the Rules block of the template: [{}]", row.name);
  if (row.where == Where::kRules && block != Block::kRules) refuse(node, "Template error: {} may stand in the Rules block alone", row.name);
  if (row.where == Where::kConditions && !decides) {
    if (block == Block::kOutputs) refuse(node, "Template format error: The Value field of every Outputs member must evaluate to a String.");
    refuse(node, "Template error: {} may stand in the Conditions and Rules blocks alone", row.name);
  }
}

}  // namespace

std::string_view name_of(Block block) {
  switch (block) {
    case Block::kResources:
      return "Resources";
    case Block::kOutputs:
      return "Outputs";
    case Block::kConditions:
      return "Conditions";
    case Block::kRules:
      return "Rules";
  }
  return {};
}

bool is_function(std::string_view name) { return row_of(name); }

void check_functions(const Node& node, Block block, Dialect dialect) {
  if (const auto function = function_of(node)) {
    const Row* row = row_of(function->name);
    if (!row) refuse_unknown(node, function->name);
    check_place(node, *row, block, dialect);
    try {
      row->check(*function->argument, dialect);
    } catch (Refusal& refusal) {
      refusal.at = &node;  // the function's place says more than its argument's
      throw;
    }
  } else {
    for (const std::string& name : node.names)
      if (name.starts_with("Fn::")) name == "Fn::Transform" ? check_transform(*node.member(name), dialect) : refuse_unknown(node, name);
  }
  for (const Node& item : node.items) check_functions(item, block, dialect);
}

Attribute attribute_of(const Node& argument) {
  if (argument.is_scalar()) {
    const size_t dot = argument.text.find('.');
    return {.resource = argument.text.substr(0, dot), .name = argument.text.substr(dot + 1)};
  }
  const Node& name = argument.items[1];
  if (name.is_scalar()) return {.resource = argument.items[0].text, .name = name.text};
  return {.resource = argument.items[0].text, .name = {}, .computed_name = &name};
}

}  // namespace cairn::cfn
