#include "archive/log_file.h"
#include "archive/object_names.h"
#include "base/json.h"
#include "base/xml.h"
#include "world.h"

namespace cairn::sim {
namespace {

/// Everything in the trail's bucket: key -> bytes. Reading makes data events, which the trail does not want.
std::map<std::string, std::string> objects_of_trail(World& world) {
  std::map<std::string, std::string> objects;
  const uint64_t page = world.send_raw({.method = "GET", .target = std::string("/") + World::kLogs + "?list-type=2"},
                                       {.operation = "ListObjects", .bucket = World::kLogs});
  world.settle();
  const auto root = xml::parse(world.calls.at(page).body);
  if (!root) throw std::runtime_error("the trail's bucket cannot be listed: " + world.calls.at(page).body);
  for (const xml::Element& child : root->children) {
    if (child.name != "Contents") continue;
    const std::string key = child.child("Key")->text;
    const uint64_t id =
        world.send_raw({.method = "GET", .target = std::string("/") + World::kLogs + "/" + key}, {.operation = "GetObject"});
    world.settle();
    objects[key] = world.calls.at(id).body;
  }
  return objects;
}

}  // namespace

/// The trail's promise: each management event since StartLogging is in exactly one log file, byte by byte as it was recorded, and
/// nothing else is. What CloudTrail did to deliver them may still be waiting for company.
void each_event_is_in_one_file(World& world) {
  for (int i = 0; i < 100; ++i) world.settle();  // five seconds: the interval, and a retry or two
  std::map<std::string, std::string> in_files;
  for (const auto& [key, bytes] : objects_of_trail(world)) {
    const auto name = archive::parse_key(key);
    if (!name) throw std::runtime_error(key + " is no file of a trail");
    if (name->kind != archive::ParsedKey::Kind::kLogFile) continue;
    const Result<std::string> text = archive::gunzip(bytes, 64 << 20);
    const Result<Json> file = text ? json::parse(*text) : tl::unexpected(text.error());
    if (!file || (*file)["Records"].empty()) throw std::runtime_error(key + " holds no records");
    for (const Json& record : (*file)["Records"]) {
      if (record.value("eventName", "") == "SearchEvents") continue;  // by which the history is read
      const std::string id = record.value("eventID", "");
      if (!in_files.emplace(id, json::dump(record)).second) throw std::runtime_error(id + " is in two files, the second is " + key);
    }
  }
  bool logging = false;
  for (const Recorded& event : world.whole_history()) {
    logging = logging || event.name == "StartLogging";
    if (!logging || !event.management) continue;
    const auto found = in_files.find(event.event_id);
    if (found == in_files.end()) {
      if (event.by_service) continue;
      throw std::runtime_error(fmt::format("{} ({}) is in no file", event.event_id, event.name));
    }
    if (found->second != json::dump(*json::parse(event.text))) throw std::runtime_error(event.event_id + " was changed on its way");
    in_files.erase(found);
  }
  if (!in_files.empty()) throw std::runtime_error(in_files.begin()->second + " is in a file, but not in the history");
}

}  // namespace cairn::sim
