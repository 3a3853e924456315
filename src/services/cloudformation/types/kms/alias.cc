#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"AliasName", On::kReplace, kRequired},
    {"TargetKeyId", On::kUpdate, kRequired},
});
constexpr std::array<std::string_view, 1> kIdentifiers = {"AliasName"};

void create(Doing& doing) {
  doing.call("kms", "CreateAlias", doing.members({{"AliasName"}, {"TargetKeyId"}}));
  doing.physical = doing.text("AliasName");
}

void update(Doing& doing) { doing.call("kms", "UpdateAlias", doing.members({{"AliasName"}, {"TargetKeyId"}})); }

void remove(Doing& doing) { doing.call_unless({"NotFoundException"}, "kms", "DeleteAlias", {{"AliasName", doing.physical}}); }

void read(Doing& doing) {
  const auto found = doing.call_unless({"NotFoundException"}, "kms", "DescribeKey", {{"KeyId", doing.physical}});
  doing.is_gone = !found;
  if (!found) return;
  const std::string id = found->at("KeyMetadata").at("KeyId").get<std::string>(), wanted = doing.text("TargetKeyId");
  doing.live["TargetKeyId"] = wanted.ends_with("/" + id) ? Json(wanted) : Json(id);
}

bool find(Doing& doing) {
  const std::string name = doing.id("AliasName");
  if (!name.starts_with("alias/")) return false;
  if (!doing.call_unless({"NotFoundException"}, "kms", "DescribeKey", {{"KeyId", name}})) return false;
  doing.physical = name;
  return true;
}

}  // namespace

extern const ResourceType kms_alias;
const ResourceType kms_alias{.name = "AWS::KMS::Alias",
                             .properties = kProperties,
                             .create = create,
                             .update = update,
                             .remove = remove,
                             .read = read,
                             .find = find,
                             .identifiers = kIdentifiers};

}  // namespace cairn::cloudformation
