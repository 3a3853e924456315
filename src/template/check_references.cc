#include <set>

#include "template/body.h"
#include "template/references.h"

namespace cairn::cfn {
namespace {

using Kind = Reference::Kind;

/// Looks up what the values of a template name.
class Checker {
 public:
  Checker(const Node& root, const std::vector<Parameter>& parameters, Dialect dialect) : root_(root), dialect_(dialect) {
    for (const Parameter& parameter : parameters) parameters_.insert(parameter.name);
    resources_ = names_in("Resources");
    conditions_ = names_in("Conditions");
    mappings_ = names_in("Mappings");
  }

  void check() {
    if (const Node* conditions = root_.member("Conditions"))
      for (const Node& condition : conditions->items) check_condition(condition);
    if (!unresolved_.empty())
      refuse(*unresolved_at_,
             "Template format error: Unresolved dependencies [{}]. Cannot reference resources in the Conditions block of the template",
             fmt::join(unresolved_, ", "));
    if (const Node* rules = root_.member("Rules"))
      for (const Node& rule : rules->items) check_rule(rule);
    refuse_unresolved(Block::kRules);
    for (const Node& resource : root_.member("Resources")->items) check_resource(resource);
    refuse_unresolved(Block::kResources);
    if (const Node* outputs = root_.member("Outputs"))
      for (const Node& output : outputs->items) check_output(output);
    refuse_unresolved(Block::kOutputs);
  }

 private:
  using Names = std::set<std::string, std::less<>>;

  Names names_in(std::string_view section) const {
    const Node* node = root_.member(section);
    return node ? Names(node->names.begin(), node->names.end()) : Names();
  }

  void note_unresolved(const std::string& name, const Node& at) {
    if (unresolved_.empty()) unresolved_at_ = &at;
    unresolved_.insert(name);
  }

  void refuse_unresolved(Block block) const {
    if (unresolved_.empty()) return;
    refuse(*unresolved_at_, "Template format error: Unresolved resource dependencies [{}] in the {} block of the template",
           fmt::join(unresolved_, ", "), name_of(block));
  }

  bool is_value(std::string_view name) const { return parameters_.contains(name) || is_pseudo_parameter(name); }

  void check_import(const Node& name) const {
    constexpr auto kWords =
        "Template error: the attribute in Fn::ImportValue must not depend on any resources, imported values, or Fn::GetAZs";
    each_reference(name, Branches::kAll, nullptr, [&](const Reference& reference) {
      const bool names_other = reference.kind == Kind::kName && !is_value(reference.name) && resources_.contains(reference.name);
      if (names_other || reference.kind == Kind::kAttribute || reference.kind == Kind::kVariable || reference.kind == Kind::kImport)
        refuse(name, kWords);
    });
    if (const auto function = function_of(name); function && function->name == "Fn::GetAZs") refuse(name, kWords);
  }

  void check_reference(const Reference& reference, Block block) {
    const bool has_resources = block == Block::kResources || block == Block::kOutputs;
    switch (reference.kind) {
      case Kind::kName:
        if (!is_value(reference.name) && !(has_resources && resources_.contains(reference.name)))
          note_unresolved(reference.name, *reference.at);
        return;
      case Kind::kAttribute:
        if (!has_resources) return note_unresolved(reference.name, *reference.at);
        if (!resources_.contains(reference.name))
          refuse(*reference.at, "Template error: instance of Fn::GetAtt references undefined resource {}", reference.name);
        return;
      case Kind::kVariable:
        if (!has_resources) return note_unresolved(reference.name, *reference.at);
        if (!resources_.contains(reference.name))
          refuse(*reference.at, "Template error: instance of Fn::Sub references invalid resource attribute {}.{}", reference.name,
                 reference.attribute);
        return;
      case Kind::kCondition:
        if (!conditions_.contains(reference.name))
          refuse(*reference.at, "Template error: unresolved condition dependency {} in Fn::If", reference.name);
        return;
      case Kind::kMapping:
        if (!mappings_.contains(reference.name) && dialect_ == Dialect::kPlain)
          refuse(*reference.at, "Template error: Mapping named '{}' is not present in the 'Mappings' section of template.", reference.name);
        return;
      case Kind::kImport:
        if (!has_resources) refuse(*reference.at, "Template error: Cannot use Fn::ImportValue in {}.", name_of(block));
        check_import(*reference.at);
        return;
    }
  }

  void check_value(const Node& value, Block block) {
    check_functions(value, block, dialect_);
    each_reference(value, Branches::kAll, nullptr, [&](const Reference& reference) { check_reference(reference, block); });
  }

  void check_named_condition(const Node& holder, Block block) const {
    const Node* condition = holder.member("Condition");
    if (condition && !conditions_.contains(condition->text))
      refuse(*condition, "Template format error: Unresolved condition dependency {} in the {} block of the template", condition->text,
             name_of(block));
  }

  /// {"Condition": "Name"}, below a condition's functions.
  void check_conditions_named(const Node& node) const {
    const bool names_one = node.is_map() && node.items.size() == 1 && node.names.front() == "Condition";
    if (names_one) check_named_condition(node, Block::kConditions);
    for (const Node& item : node.items) check_conditions_named(item);
  }

  void check_condition(const Node& condition) {
    if (!condition.is_map() || condition.items.size() != 1)
      refuse(condition, "Template format error: Conditions can only be boolean operations on parameters and other conditions");
    check_value(condition, Block::kConditions);
    check_conditions_named(condition);
  }

  void check_rule(const Node& rule) {
    if (const Node* condition = rule.member("RuleCondition")) check_value(*condition, Block::kRules);
    for (const Node& assertion : rule.member("Assertions")->items) check_value(*assertion.member("Assert"), Block::kRules);
  }

  void check_policy(const std::string& id, const Node& resource, std::string_view name, std::initializer_list<std::string_view> known) {
    const Node* policy = resource.member(name);
    if (!policy) return;
    if (!policy->is_scalar()) {
      if (!function_of(*policy)) refuse(*policy, "Template format error: Every {} member must be a string.", name);
      return check_value(*policy, Block::kConditions);  // no resources here either
    }
    if (std::find(known.begin(), known.end(), policy->text) == known.end())
      refuse(*policy, "Template format error: Unrecognized {} {} for resource {}", name, policy->text, id);
  }

  void check_resource(const Node& resource) {
    const Node& resources = *root_.member("Resources");
    const std::string& id = resources.names[static_cast<size_t>(&resource - resources.items.data())];
    check_named_condition(resource, Block::kResources);
    check_policy(id, resource, "DeletionPolicy", {"Delete", "Retain", "RetainExceptOnCreate", "Snapshot"});
    check_policy(id, resource, "UpdateReplacePolicy", {"Delete", "Retain", "Snapshot"});
    if (const Node* depends_on = resource.member("DependsOn")) {
      const auto check = [&](const Node& name) {
        if (!resources_.contains(name.text)) note_unresolved(name.text, name);
      };
      if (depends_on->is_scalar()) check(*depends_on);
      for (const Node& name : depends_on->items) check(name);
    }
    for (const std::string_view name : {"Properties", "Metadata", "CreationPolicy", "UpdatePolicy"})
      if (const Node* values = resource.member(name)) check_value(*values, Block::kResources);
  }

  void check_output(const Node& output) {
    check_named_condition(output, Block::kOutputs);
    check_value(*output.member("Value"), Block::kOutputs);
    if (const Node* exported = output.member("Export")) check_value(*exported, Block::kOutputs);
  }

  const Node& root_;
  const Dialect dialect_;
  Names parameters_, resources_, conditions_, mappings_;
  Names unresolved_;
  const Node* unresolved_at_ = nullptr;
};

}  // namespace

void check_references(const Node& root, const std::vector<Parameter>& parameters, Dialect dialect) {
  Checker(root, parameters, dialect).check();
}

bool is_pseudo_parameter(std::string_view name) {
  constexpr auto kNames = std::to_array<std::string_view>({"AWS::AccountId", "AWS::NoValue", "AWS::NotificationARNs", "AWS::Partition",
                                                           "AWS::Region", "AWS::StackId", "AWS::StackName", "AWS::URLSuffix"});
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

}  // namespace cairn::cfn
