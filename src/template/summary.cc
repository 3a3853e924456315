#include "template/summary.h"

#include <set>

#include "template/body.h"

namespace cairn::cfn {
namespace {

/// Types that give rights to others, and the property that names one: a chosen name needs more than a made one.
struct IamType {
  std::string_view type, name_property;
};
constexpr auto kIamTypes = std::to_array<IamType>({
    {"AWS::IAM::AccessKey", ""},
    {"AWS::IAM::Group", "GroupName"},
    {"AWS::IAM::InstanceProfile", "InstanceProfileName"},
    {"AWS::IAM::ManagedPolicy", "ManagedPolicyName"},
    {"AWS::IAM::Policy", ""},
    {"AWS::IAM::Role", "RoleName"},
    {"AWS::IAM::User", "UserName"},
    {"AWS::IAM::UserToGroupAddition", ""},
});

constexpr std::string_view kNested = "AWS::CloudFormation::Stack";

struct Collected {
  Summary summary;
  std::set<std::string> iam_types;
  bool has_named = false, has_nested = false;
};

void add_once(std::vector<std::string>& list, const std::string& item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

void collect(const Node& resources, Collected& into) {
  for (size_t i = 0; i < resources.names.size(); ++i) {
    const Node& resource = resources.items[i];
    const bool is_loop = resources.names[i].starts_with("Fn::ForEach::") && resource.is_list() && resource.items.size() == 3;
    if (is_loop) collect(resource.items[2], into);
    const Node* type = resource.is_map() ? resource.member("Type") : nullptr;
    if (!type || !type->is_scalar()) continue;
    add_once(into.summary.resource_types, type->text);
    into.summary.ids_by_type[type->text].push_back(resources.names[i]);
    into.has_nested = into.has_nested || type->text == kNested;
    const auto iam = std::find_if(kIamTypes.begin(), kIamTypes.end(), [&](const IamType& row) { return row.type == type->text; });
    if (iam == kIamTypes.end()) continue;
    into.iam_types.insert(type->text);
    const Node* properties = resource.member("Properties");
    const bool is_named = !iam->name_property.empty() && properties && properties->member(iam->name_property);
    into.has_named = into.has_named || is_named;
  }
}

}  // namespace

Summary summarize(const Template& of) {
  Collected collected;
  const Template::Body& body = of.body();
  if (const Node* resources = body.root.member("Resources")) collect(*resources, collected);
  Summary& summary = collected.summary;
  summary.version = body.version;
  if (!collected.iam_types.empty()) summary.capabilities.push_back(collected.has_named ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM");
  if (!body.transforms.empty()) summary.capabilities.push_back("CAPABILITY_AUTO_EXPAND");
  summary.needed = summary.capabilities;
  if (collected.has_nested) {
    summary.capabilities = {"CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"};
    collected.iam_types.insert(std::string(kNested));
  }
  std::vector<std::string> reasons;
  if (!collected.iam_types.empty())
    reasons.push_back(fmt::format("The following resource(s) require capabilities: [{}]", fmt::join(collected.iam_types, ", ")));
  if (!body.transforms.empty())
    reasons.push_back(fmt::format("The following transform(s) require capabilities: [{}]", fmt::join(body.transforms, ", ")));
  summary.capabilities_reason = fmt::format("{}", fmt::join(reasons, ". "));
  return summary;
}

std::vector<std::string> missing_capabilities(const Summary& summary, const std::vector<std::string>& given) {
  const auto has = [&](std::string_view capability) { return std::find(given.begin(), given.end(), capability) != given.end(); };
  std::vector<std::string> missing;
  for (const std::string& capability : summary.needed)
    if (!has(capability) && !(capability == "CAPABILITY_IAM" && has("CAPABILITY_NAMED_IAM"))) missing.push_back(capability);
  return missing;
}

std::string requires_capabilities(const std::vector<std::string>& missing) {
  return fmt::format("Requires capabilities : [{}]", fmt::join(missing, ", "));
}

}  // namespace cairn::cfn
