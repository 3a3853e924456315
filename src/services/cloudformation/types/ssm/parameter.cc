#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"AllowedPattern"},
    {"DataType"},
    {"Description"},
    {"Name", On::kReplace},
    {"Policies", On::kRefuse},
    {"Tags"},  // a map
    {"Tier"},
    {"Type", On::kUpdate, kRequired},
    {"Value", On::kUpdate, kRequired},
});
constexpr std::array<std::string_view, 2> kAttributes = {"Type", "Value"};
constexpr std::array<std::string_view, 1> kIdentifiers = {"Name"};

Json properties_of(const Doing& doing) {
  if (doing.text("Type") == "SecureString") throw Failed{"CloudFormation doesn't support creating a SecureString parameter type."};
  return doing.members({{"AllowedPattern"}, {"DataType"}, {"Description"}, {"Tier"}, {"Type"}, {"Value"}});
}

void show(Doing& doing) {
  doing.attributes["Type"] = doing.text("Type");
  doing.attributes["Value"] = doing.text("Value");
}

Json listed(const Json& tags) {
  Json list = Json::array();
  for (const auto& [key, value] : tags.items()) list.push_back({{"Key", key}, {"Value", to_text(value)}});
  return list;
}

/// The template's are a map; where it has none, the stack's own come as a list.
Json tags_of(const Json& properties) {
  Json map = Json::object();
  const auto tags = properties.find("Tags");
  if (tags == properties.end()) return map;
  if (tags->is_object()) return *tags;
  for (const Json& tag : *tags) map[tag.at("Key").get<std::string>()] = tag.at("Value");
  return map;
}

void create(Doing& doing) {
  Json in = properties_of(doing);
  const std::string name =
      doing.is_named("Name") ? doing.text("Name") : fmt::format("CFN-{}-{}", doing.where().resource, doing.where().token);
  in["Name"] = name;
  Json tags = listed(tags_of(doing.wanted));
  for (const Json& tag : doing.where().system_tags) tags.push_back(tag);
  if (!tags.empty()) in["Tags"] = std::move(tags);
  doing.call("ssm", "PutParameter", std::move(in));
  doing.physical = name;
  show(doing);
}

void tag(Doing& doing) {
  if (!doing.changed("Tags")) return;
  const Json now = tags_of(doing.wanted), was = tags_of(doing.before);
  const Json id{{"ResourceType", "Parameter"}, {"ResourceId", doing.physical}};
  Json gone = Json::array();
  for (const auto& [key, value] : was.items())
    if (!now.contains(key)) gone.push_back(key);
  const auto call = [&](std::string_view operation, const char* member, Json value) {
    Json with = id;
    with[member] = std::move(value);
    doing.call("ssm", operation, std::move(with));
  };
  if (!gone.empty()) call("RemoveTagsFromResource", "TagKeys", std::move(gone));
  Json all = listed(now);
  for (const Json& each : doing.where().system_tags) all.push_back(each);
  if (!all.empty()) call("AddTagsToResource", "Tags", std::move(all));
}

void update(Doing& doing) {
  Json in = properties_of(doing);
  in["Name"] = doing.physical;
  in["Overwrite"] = true;
  for (const char* member : {"Description", "AllowedPattern"})  // what is not given would stay
    if (!in.contains(member) && doing.before.contains(member)) in[member] = "";
  if (!in.contains("Tier") && doing.before.contains("Tier")) in["Tier"] = "Standard";
  doing.call("ssm", "PutParameter", std::move(in));
  show(doing);
  tag(doing);
}

void remove(Doing& doing) { doing.call_unless({"ParameterNotFound"}, "ssm", "DeleteParameter", {{"Name", doing.physical}}); }

void read(Doing& doing) {
  const auto found = doing.call_unless({"ParameterNotFound"}, "ssm", "GetParameter", {{"Name", doing.physical}});
  doing.is_gone = !found;
  if (!found) return;
  read_members(doing, found->at("Parameter"), {{"DataType"}, {"Type"}, {"Value"}});
  if (doing.has("Description") || doing.has("AllowedPattern") || doing.has("Tier")) {
    const Json described = doing.call("ssm", "DescribeParameters",
                                      {{"ParameterFilters", {{{"Key", "Name"}, {"Option", "Equals"}, {"Values", {doing.physical}}}}}});
    const Json parameters = described.value("Parameters", Json::array());
    if (!parameters.empty()) read_members(doing, parameters.at(0), {{"AllowedPattern"}, {"Description"}, {"Tier"}});
  }
  if (doing.has("Tags"))
    read_tags(doing, doing.call("ssm", "ListTagsForResource", {{"ResourceType", "Parameter"}, {"ResourceId", doing.physical}})
                         .value("TagList", Json::array()));
}

bool find(Doing& doing) {
  const auto found = doing.call_unless({"ParameterNotFound"}, "ssm", "GetParameter", {{"Name", doing.id("Name")}});
  if (!found) return false;
  doing.physical = found->at("Parameter").at("Name").get<std::string>();
  show(doing);
  return true;
}

}  // namespace

extern const ResourceType ssm_parameter;
const ResourceType ssm_parameter{.name = "AWS::SSM::Parameter",
                                 .properties = kProperties,
                                 .create = create,
                                 .update = update,
                                 .remove = remove,
                                 .read = read,
                                 .find = find,
                                 .identifiers = kIdentifiers,
                                 .tag = tag,
                                 .name_property = "Name",
                                 .attributes = kAttributes};

}  // namespace cairn::cloudformation
