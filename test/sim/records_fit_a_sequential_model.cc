#include "base/xml.h"
#include "world.h"

namespace cairn::sim {
namespace {

/// What the records, read one after the other, say that the world is like.
struct Model {
  std::set<std::string> buckets;
  std::map<std::string, const std::string*> objects;  // bucket/key -> value

  /// The outcome that this call must have had; applies it if it succeeded.
  std::string outcome(const Recorded& event, const SentCall& call) {
    const std::string path = event.bucket + "/" + event.key;
    const bool exists = buckets.contains(event.bucket);
    if (event.name == "GetCallerIdentity" || event.name == "PutBucketPolicy" || event.name.ends_with("Trail") ||
        event.name.ends_with("Logging"))
      return "";
    if (event.name == "CreateBucket") {
      buckets.insert(event.bucket);  // us-east-1: creating one's own bucket again is fine
      return "";
    }
    if (event.bucket == World::kLogs && event.name == "GetObject") return "";  // of what CloudTrail put there
    if (!exists) return "NoSuchBucket";
    if (event.name == "DeleteBucket") {
      const auto first = objects.lower_bound(event.bucket + "/");
      if (first != objects.end() && first->first.starts_with(event.bucket + "/")) return "BucketNotEmpty";
      buckets.erase(event.bucket);
    } else if (event.name == "PutObject") {
      objects[path] = &call.value;
    } else if (event.name == "DeleteObject") {
      objects.erase(path);
    } else if (event.name == "GetObject") {
      const auto found = objects.find(path);
      if (found == objects.end()) return "NoSuchKey";
      if (call.answered && call.body != *found->second)
        throw std::runtime_error(fmt::format("call {}: read another value of {} than the records say", call.id, path));
    }
    return "";
  }
};

}  // namespace

/// Effects = records: the events in their order are a history that one server could have lived through call by call, each with its
/// recorded outcome, and it ends in exactly the state that the server shows.
void records_fit_a_sequential_model(World& world, const std::vector<Recorded>& history) {
  Model model;
  for (const Recorded& event : history) {
    const auto call = world.calls.find(event.call);
    if (call == world.calls.end()) throw std::runtime_error(fmt::format("event {} is of a call that nobody made", event.event_id));
    if (call->second.operation != event.name)
      throw std::runtime_error(fmt::format("call {} was {}, recorded as {}", event.call, call->second.operation, event.name));
    if (event.error_code == "ServiceUnavailable") continue;  // no room for the object's bytes: nothing was changed
    const std::string expected = model.outcome(event, call->second);
    if (expected != event.error_code)
      throw std::runtime_error(fmt::format("call {} ({} {}/{}): recorded outcome '{}', but by the records before it must be '{}'",
                                           event.call, event.name, event.bucket, event.key, event.error_code, expected));
  }
  std::map<std::string, const std::string*> shown;
  model.buckets.erase(World::kLogs);  // each_event_is_in_one_file looks into it
  for (const std::string& bucket : model.buckets) {
    const SentCall listing = world.ask({.operation = "ListObjects", .bucket = bucket});
    const auto root = xml::parse(listing.body);
    if (listing.status != 200 || !root) throw std::runtime_error(fmt::format("listing {} answered {}", bucket, listing.status));
    for (const xml::Element& child : root->children)
      if (child.name == "Contents") shown[bucket + "/" + child.child("Key")->text] = nullptr;
  }
  for (const auto& [path, value] : model.objects) {
    if (shown.erase(path) == 0) throw std::runtime_error(path + " should exist by the records, and does not");
    const size_t slash = path.find('/');
    const SentCall got = world.ask({.operation = "GetObject", .bucket = path.substr(0, slash), .key = path.substr(slash + 1)});
    if (got.status != 200 || got.body != *value) throw std::runtime_error(path + " holds another value than the records say");
  }
  if (!shown.empty()) throw std::runtime_error(shown.begin()->first + " exists, but no record made it");
}

}  // namespace cairn::sim
