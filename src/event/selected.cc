#include <optional>

#include "event/selector.h"

namespace cairn::event {
namespace {

/// Members that are looked at more than once, or only when all others have been read.
struct Parts {
  json::View identity, resources;
  std::string_view time;
  bool management = true;
};

/// A boolean as such, or in words: sessionCredentialFromConsole is "true".
bool is_true(json::View value) { return value.boolean().value_or(value.string_or("") == "true"); }

void read_member(std::string_view name, json::View value, Selected& selected, Parts& parts) {
  switch (name.size()) {
    case 7:
      if (name == "eventID") selected.id = value.string_or("");
      break;
    case 8:
      if (name == "readOnly") selected.read_only = is_true(value);
      break;
    case 9:
      if (name == "eventName") selected.name = value.string_or("");
      else if (name == "eventTime") parts.time = value.string_or("");
      else if (name == "eventType") selected.type = value.string_or("");
      else if (name == "awsRegion") selected.region = value.string_or("");
      else if (name == "errorCode") selected.error_code = value.string_or("");
      else if (name == "resources") parts.resources = value;
      break;
    case 11:
      if (name == "eventSource") selected.source = value.string_or("");
      break;
    case 12:
      if (name == "userIdentity") parts.identity = value;
      break;
    case 13:
      if (name == "eventCategory") selected.category = value.string_or("");
      else if (name == "vpcEndpointId") selected.vpc_endpoint = value.string_or("");
      break;
    case 15:
      if (name == "managementEvent") parts.management = is_true(value);
      break;
    case 18:
      if (name == "recipientAccountId") selected.recipient = value.string_or("");
      break;
    case 28:
      if (name == "sessionCredentialFromConsole") selected.from_console = is_true(value);
      break;
    default:
      break;
  }
}

void read_resource(json::View value, Selected& selected) {
  Selected::Resource resource;
  std::string_view prefix;
  value.each_member([&resource, &prefix](std::string_view name, json::View member) {
    if (name == "type") resource.type = member.string_or("");
    else if (name == "ARN") resource.arn = member.string_or("");
    else if (name == "ARNPrefix") prefix = member.string_or("");
  });
  if (resource.arn.empty()) resource.arn = prefix;
  selected.resources.push_back(resource);
}

}  // namespace

Result<void> read_selected(std::string_view record, json::Document& document, Selected& selected) {
  std::vector<Selected::Resource> room = std::move(selected.resources);
  room.clear();
  selected = {};
  selected.resources = std::move(room);

  const Result<json::View> root = document.parse(record);
  if (!root) return failure("no event record: {}", root.error().message);
  if (!root->is_object()) return failure("no event record: not a JSON object");
  Parts parts;
  root->each_member([&selected, &parts](std::string_view name, json::View value) { read_member(name, value, selected, parts); });
  if (selected.id.empty() || selected.name.empty() || selected.source.empty()) {
    return failure("no event record: eventID, eventName or eventSource is missing");
  }
  const std::optional<Time> time = timestamps::parse_iso8601(parts.time);
  if (!time) return failure("no event record: eventTime is missing or unreadable");
  selected.time = *time;
  if (selected.category.empty()) selected.category = parts.management ? "Management" : "Data";
  parts.identity.each_member([&selected](std::string_view name, json::View value) {
    if (name == "arn") selected.user_arn = value.string_or("");
    else if (name == "invokedBy") selected.invoked_by = value.string_or("");
  });
  parts.resources.each([&selected](json::View value) { read_resource(value, selected); });
  return {};
}

}  // namespace cairn::event
