#include <algorithm>
#include <array>

#include "api/operation.h"
#include "services/events/door.h"
#include "services/events/errors.h"

/// Event buses.
namespace cairn::events_service {
namespace {

using rules::Bus;
using rules::BusName;

constexpr size_t kBusesMax = 100;  // of an account in a region, the default one included

void fill_in(const api::Call& call, Bus& bus) {
  bus.modified = call.now;
  bus.description = call.in.value("Description", bus.description);
  if (const auto config = call.in.find("DeadLetterConfig"); config != call.in.end()) bus.dead_letter = config->value("Arn", "");
}

void put(api::Call& call, const Bus& bus) { call.state->put(rules::keys::bus(bus.at), encode(bus)); }

void show_settings(const Bus& bus, Json& out) {
  if (!bus.description.empty()) out["Description"] = bus.description;
  if (!bus.dead_letter.empty()) out["DeadLetterConfig"] = {{"Arn", bus.dead_letter}};
}

/// Differs from AWS: events are not kept under KMS keys, and partners have no buses: KmsKeyIdentifier, LogConfig and EventSourceName are
/// not implemented.
void create_event_bus(api::Call& call) {
  refuse(call, {"EventSourceName", "KmsKeyIdentifier", "LogConfig"});
  const std::string name = call.in.at("Name").get<std::string>();
  if (name.find('/') != std::string::npos)
    throw Error(aws::kValidation, "Event bus name {} is not valid. Only buses of partners have a / in their names.", name);
  Bus bus{.at = {call.account, call.region, name},
          .created = call.now,
          .modified = {},
          .description = {},
          .policy = {},
          .dead_letter = {},
          .tags = {}};
  if (rules::find_bus(*call.state, bus.at)) throw Error(kAlreadyExists, "Event bus {} already exists.", name);
  if (call.state->list(rules::keys::buses_in(call.account, call.region), "", kBusesMax).items.size() >= kBusesMax) throw limit_exceeded();
  fill_in(call, bus);
  bus.tags = read_tags(call, call.in.value("Tags", Json::array()));
  put(call, bus);
  call.out["EventBusArn"] = bus.at.arn();
  show_settings(bus, call.out);
}

void delete_event_bus(api::Call& call) {
  const BusName name = named_bus(call, call.in.at("Name").get<std::string>());
  if (name.name == rules::kDefaultBus) throw Error(aws::kValidation, "Cannot delete event bus default.");
  if (name.account != call.account || name.region != call.region) return;
  if (!call.state->list(rules::keys::rules_of(name), "", 1).items.empty())
    throw Error(aws::kValidation, "Event bus {} can't be deleted since it has rules.", name.name);
  call.state->erase(rules::keys::bus(name));
}

Json shown(const Bus& bus) {
  Json out{{"Name", bus.at.name}, {"Arn", bus.at.arn()}};
  if (!bus.description.empty()) out["Description"] = bus.description;
  if (!bus.policy.empty()) out["Policy"] = bus.policy;
  if (bus.created != Time{}) out["CreationTime"] = timestamps::iso8601_millis(bus.created);
  if (bus.modified != Time{}) out["LastModifiedTime"] = timestamps::iso8601_millis(bus.modified);
  return out;
}

void describe_event_bus(api::Call& call) {
  const Bus bus = open_bus(call, named_bus(call, "Name"));
  call.out = shown(bus);
  if (!bus.dead_letter.empty()) call.out["DeadLetterConfig"] = {{"Arn", bus.dead_letter}};
}

/// The default bus is listed first, whether or not something was set for it.
void list_event_buses(api::Call& call) {
  Json list = Json::array();
  const std::string prefix = call.in.value("NamePrefix", "");
  if (!call.in.contains("NextToken") && rules::kDefaultBus.starts_with(prefix))
    list.push_back(shown(*rules::find_bus(*call.state, {call.account, call.region, std::string(rules::kDefaultBus)})));
  each_of_page(
      call, rules::keys::buses_in(call.account, call.region), prefix,
      [&](const std::string& name, const std::string& document) {
        if (name == rules::kDefaultBus) return false;
        list.push_back(shown(rules::decode_bus({call.account, call.region, name}, document)));
        return true;
      },
      list.size());
  call.out["EventBuses"] = std::move(list);
}

/// Differs from AWS: as CreateEventBus.
void update_event_bus(api::Call& call) {
  refuse(call, {"KmsKeyIdentifier", "LogConfig"});
  Bus bus = open_bus(call, named_bus(call, "Name"));
  fill_in(call, bus);
  put(call, bus);
  call.out = {{"Arn", bus.at.arn()}, {"Name", bus.at.name}};
  show_settings(bus, call.out);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CreateEventBus", create_event_bus},
    {"DeleteEventBus", delete_event_bus},
    {"DescribeEventBus", describe_event_bus},
    {"ListEventBuses", list_event_buses},
    {"UpdateEventBus", update_event_bus},
});

}  // namespace
}  // namespace cairn::events_service

namespace cairn::services {
extern const api::Family events_buses;
const api::Family events_buses{.service = "events", .operations = events_service::kOperations};
}  // namespace cairn::services
