#include <algorithm>
#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "logs/note.h"
#include "rules/archive.h"
#include "services/events/door.h"
#include "services/events/errors.h"

/// Archives: what came to a bus, kept to be replayed.
namespace cairn::events_service {
namespace {

using rules::Archive;

constexpr size_t kArchivesMax = 200;  // of an account in a region

Archive open(api::Call& call) {
  const std::string name = call.in.at("ArchiveName").get<std::string>();
  std::optional<Archive> archive = rules::find_archive(*call.state, call.account, call.region, name);
  if (!archive) throw Error(kNotFound, "Archive {} does not exist.", name);
  return std::move(*archive);
}

void fill_in(api::Call& call, Archive& archive) {
  refuse(call, {"KmsKeyIdentifier"});
  archive.description = call.in.value("Description", archive.description);
  archive.days = call.in.value("RetentionDays", archive.days);
  const std::string pattern = call.in.value("EventPattern", archive.pattern);
  if (!pattern.empty()) check_pattern(pattern);
  if (pattern != archive.pattern) archive.since = call.state->base().seq;
  archive.pattern = pattern;
}

std::string kept_key(const Archive& archive) { return std::string(logs::kKeptPrefix).append(archive.group()); }

/// How long its events are wanted, for the store that holds them.
void keep(api::Call& call, const Archive& archive) {
  rules::put(*call.state, archive);
  call.state->put(kept_key(archive), std::to_string(archive.days));
}

void show(const Archive& archive, Json& out) {
  out["ArchiveArn"] = archive.arn();
  out["State"] = "ENABLED";
  out["CreationTime"] = timestamps::iso8601_millis(archive.created);
}

void show_all(const Archive& archive, Json& out) {
  out["ArchiveName"] = archive.name;
  out["EventSourceArn"] = archive.bus_name().arn();
  out["State"] = "ENABLED";
  out["RetentionDays"] = archive.days;
  out["SizeBytes"] = archive.bytes;
  out["EventCount"] = archive.events;
  out["CreationTime"] = timestamps::iso8601_millis(archive.created);
}

/// Differs from AWS: no managed rule shows in the bus's list; EventCount and SizeBytes are up to date, and count what has expired.
void create_archive(api::Call& call) {
  const std::string name = call.in.at("ArchiveName").get<std::string>();
  const rules::Bus bus = open_bus(call, named_bus(call, call.in.at("EventSourceArn").get<std::string>()));
  if (rules::find_archive(*call.state, call.account, call.region, name)) throw Error(kAlreadyExists, "Archive {} already exists.", name);
  if (call.state->list(rules::keys::archives_in(call.account, call.region), "", kArchivesMax).items.size() >= kArchivesMax)
    throw limit_exceeded();
  Archive archive{.account = call.account,
                  .region = call.region,
                  .name = name,
                  .id = call.ports->random->uuid(),
                  .bus = bus.at.name,
                  .created = call.now,
                  .since = call.state->base().seq};
  fill_in(call, archive);
  keep(call, archive);
  show(archive, call.out);
}

void update_archive(api::Call& call) {
  Archive archive = open(call);
  if (std::ranges::none_of(std::array{"Description", "RetentionDays", "EventPattern"},
                           [&](const char* member) { return call.in.contains(member); }))
    throw Error(aws::kValidation, "At least one of EventPattern, RetentionDays or Description must be provided.");
  fill_in(call, archive);
  keep(call, archive);
  show(archive, call.out);
}

void delete_archive(api::Call& call) {
  const Archive archive = open(call);
  call.state->erase(rules::keys::archives_in(call.account, call.region) + archive.name);
  call.state->erase(kept_key(archive));
}

void describe_archive(api::Call& call) {
  const Archive archive = open(call);
  show_all(archive, call.out);
  call.out["ArchiveArn"] = archive.arn();
  if (!archive.description.empty()) call.out["Description"] = archive.description;
  if (!archive.pattern.empty()) call.out["EventPattern"] = archive.pattern;
}

void list_archives(api::Call& call) {
  if (call.in.contains("NamePrefix") + call.in.contains("EventSourceArn") + call.in.contains("State") > 1)
    throw Error(aws::kValidation, "At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or NamePrefix.");
  std::string bus;
  if (const auto arn = call.in.find("EventSourceArn"); arn != call.in.end())
    bus = open_bus(call, named_bus(call, arn->get<std::string>())).at.name;
  call.out["Archives"] = Json::array();
  if (call.in.value("State", "ENABLED") != "ENABLED") return;
  each_of_page(call, rules::keys::archives_in(call.account, call.region), call.in.value("NamePrefix", ""),
               [&](const std::string& name, const std::string& document) {
                 const Archive archive = rules::decode_archive(call.account, call.region, name, document);
                 if (!bus.empty() && archive.bus != bus) return false;
                 Json row = Json::object();
                 show_all(archive, row);
                 call.out["Archives"].push_back(std::move(row));
                 return true;
               });
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CreateArchive", create_archive},
    {"DeleteArchive", delete_archive},
    {"DescribeArchive", describe_archive},
    {"ListArchives", list_archives},
    {"UpdateArchive", update_archive},
});

}  // namespace
}  // namespace cairn::events_service

namespace cairn::services {
extern const api::Family events_archives;
const api::Family events_archives{.service = "events", .operations = events_service::kOperations};
}  // namespace cairn::services
