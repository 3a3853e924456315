#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"ArchiveName", On::kReplace},
    {"Description"},
    {"EventPattern"},
    {"KmsKeyIdentifier", On::kRefuse},
    {"RetentionDays"},
    {"SourceArn", On::kReplace, kRequired},
});
constexpr std::array<std::string_view, 2> kAttributes = {"ArchiveName", "Arn"};
constexpr std::array<std::string_view, 1> kIdentifiers = {"ArchiveName"};

void create(Doing& doing) {
  const std::string name = doing.name("ArchiveName", {.characters_max = 48});
  Json in = doing.members({{"Description"}, {"EventPattern"}, {"RetentionDays"}, {"SourceArn", "EventSourceArn"}});
  in["ArchiveName"] = name;
  doing.attributes["Arn"] = doing.call("events", "CreateArchive", std::move(in)).at("ArchiveArn");
  doing.attributes["ArchiveName"] = name;
  doing.physical = name;
}

void update(Doing& doing) {
  Json in = doing.members({{"Description"}, {"EventPattern"}, {"RetentionDays"}});
  in["ArchiveName"] = doing.physical;
  if (doing.changed("Description") && !doing.has("Description")) in["Description"] = "";
  if (doing.changed("RetentionDays") && !doing.has("RetentionDays")) in["RetentionDays"] = 0;  // for ever
  if (doing.changed("EventPattern") && !doing.has("EventPattern")) throw Failed{"EventPattern of an archive cannot be taken away again."};
  doing.call("events", "UpdateArchive", std::move(in));
}

void remove(Doing& doing) {
  doing.call_unless({"ResourceNotFoundException"}, "events", "DeleteArchive", {{"ArchiveName", doing.physical}});
}

bool find(Doing& doing) {
  const auto found =
      doing.call_unless({"ResourceNotFoundException"}, "events", "DescribeArchive", {{"ArchiveName", doing.id("ArchiveName")}});
  if (!found) return false;
  doing.physical = found->at("ArchiveName").get<std::string>();
  doing.attributes["ArchiveName"] = doing.physical;
  doing.attributes["Arn"] = found->at("ArchiveArn");
  return true;
}

}  // namespace

extern const ResourceType events_archive;
const ResourceType events_archive{.name = "AWS::Events::Archive",
                                  .properties = kProperties,
                                  .create = create,
                                  .update = update,
                                  .remove = remove,
                                  .find = find,
                                  .identifiers = kIdentifiers,
                                  .name_property = "ArchiveName",
                                  .attributes = kAttributes};

}  // namespace cairn::cloudformation
