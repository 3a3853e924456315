#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"Serial", On::kReplace},
    {"Status"},
    {"UserName", On::kReplace, kRequired},
});
constexpr std::array<std::string_view, 1> kAttributes = {"SecretAccessKey"};

void set_status(Doing& doing) {
  doing.call("iam", "UpdateAccessKey",
             {{"UserName", doing.get("UserName")}, {"AccessKeyId", doing.physical}, {"Status", doing.text("Status", "Active")}});
}

void create(Doing& doing) {
  const Json key = doing.call("iam", "CreateAccessKey", {{"UserName", doing.get("UserName")}}).at("AccessKey");
  doing.physical = key.at("AccessKeyId").get<std::string>();
  doing.attributes["SecretAccessKey"] = key.at("SecretAccessKey");
  if (doing.text("Status") == "Inactive") set_status(doing);
}

void update(Doing& doing) { set_status(doing); }

void remove(Doing& doing) {
  doing.call_unless({"NoSuchEntity"}, "iam", "DeleteAccessKey", {{"UserName", doing.get("UserName")}, {"AccessKeyId", doing.physical}});
}

}  // namespace

extern const ResourceType iam_access_key;
const ResourceType iam_access_key{.name = "AWS::IAM::AccessKey",
                                  .properties = kProperties,
                                  .create = create,
                                  .update = update,
                                  .remove = remove,
                                  .attributes = kAttributes};

}  // namespace cairn::cloudformation
