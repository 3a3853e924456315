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
  doing.call("events", "UpdateArchive", std::move(in));
}

void remove(Doing& doing) {
  doing.call_unless({"ResourceNotFoundException"}, "events", "DeleteArchive", {{"ArchiveName", doing.physical}});
}

}  // namespace

extern const ResourceType events_archive;
const ResourceType events_archive{.name = "AWS::Events::Archive",
                                  .properties = kProperties,
                                  .create = create,
                                  .update = update,
                                  .remove = remove,
                                  .name_property = "ArchiveName",
                                  .attributes = kAttributes};

}  // namespace cairn::cloudformation
