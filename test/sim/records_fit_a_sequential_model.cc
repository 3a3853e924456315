#include <algorithm>

#include "base/xml.h"
#include "world.h"

namespace cairn::sim {
namespace {

struct Version {
  std::string id;
  const std::string* value;  // null: a delete marker
  bool held = false;
};

/// What the records, read one after the other, say that the world is like.
struct Model {
  std::map<std::string, std::string> buckets;           // name -> versioning: "", Enabled or Suspended; kLocked's is Enabled
  std::map<std::string, std::vector<Version>> objects;  // bucket/key -> versions, newest first

  /// The outcome that this call must have had; applies it if it succeeded.
  std::string outcome(const Recorded& event, const SentCall& call) {
    if (event.name == "GetCallerIdentity" || event.name == "PutBucketPolicy" || event.name.ends_with("Trail") ||
        event.name.ends_with("Logging"))
      return "";
    if (event.name == "CreateBucket") {
      buckets.emplace(event.bucket, event.bucket == World::kLocked ? "Enabled" : "");  // us-east-1: creating one's own bucket again is fine
      return "";
    }
    if (event.bucket == World::kLogs && event.name == "GetObject") return "";  // of what CloudTrail put there
    const auto bucket = buckets.find(event.bucket);
    if (bucket == buckets.end()) return "NoSuchBucket";
    if (event.name == "DeleteBucket") {
      const auto first = objects.lower_bound(event.bucket + "/");
      if (first != objects.end() && first->first.starts_with(event.bucket + "/")) return "BucketNotEmpty";
      buckets.erase(bucket);
      return "";
    }
    if (event.name == "PutBucketVersioning") {
      if (event.bucket == World::kLocked && call.value == "Suspended") return "InvalidBucketState";
      bucket->second = call.value;
      return "";
    }
    const std::string path = event.bucket + "/" + event.key;
    std::string refusal;
    if (event.name == "PutObject") add(path, bucket->second, {.id = event.new_version, .value = &call.value});
    if (event.name == "DeleteObject") refusal = remove(path, bucket->second, event);
    if (event.name == "PutObjectLockLegalHold") refusal = hold(path, event, call);
    if (event.name == "GetObject") refusal = read(path, event, call);
    if (objects[path].empty()) objects.erase(path);
    return refusal;
  }

  static bool is_null(const Version& version) { return version.id == "null"; }

  void add(const std::string& path, const std::string& versioning, Version version) {
    std::vector<Version>& versions = objects[path];
    if (versioning != "Enabled") {
      version.id = "null";
      std::erase_if(versions, is_null);
    }
    if (version.id.empty() || (version.id != "null" && std::ranges::any_of(objects, [&](const auto& object) {
                                 return std::ranges::any_of(object.second, [&](const Version& other) { return other.id == version.id; });
                               })))
      throw std::runtime_error(fmt::format("a new version of {} has the id '{}'", path, version.id));
    versions.insert(versions.begin(), std::move(version));
  }

  std::string remove(const std::string& path, const std::string& versioning, const Recorded& event) {
    if (!event.version.empty()) {
      for (const Version& version : objects[path])
        if (version.id == event.version && version.held) return "AccessDenied";
      std::erase_if(objects[path], [&](const Version& version) { return version.id == event.version; });
    } else if (versioning.empty()) {
      objects.erase(path);
    } else {
      add(path, versioning, {.id = event.new_version, .value = nullptr});
    }
    return "";
  }

  std::string hold(const std::string& path, const Recorded& event, const SentCall& call) {
    if (event.bucket != World::kLocked) return "InvalidRequest";
    std::vector<Version>& versions = objects[path];
    const auto found =
        std::ranges::find_if(versions, [&](const Version& version) { return event.version.empty() || version.id == event.version; });
    if (found == versions.end()) return event.version.empty() ? "NoSuchKey" : "NoSuchVersion";
    if (found->value == nullptr) return "MethodNotAllowed";
    found->held = call.value == "ON";
    return "";
  }

  std::string read(const std::string& path, const Recorded& event, const SentCall& call) {
    const std::vector<Version>& versions = objects[path];
    const auto found =
        std::ranges::find_if(versions, [&](const Version& version) { return event.version.empty() || version.id == event.version; });
    if (found == versions.end()) return event.version.empty() ? "NoSuchKey" : "NoSuchVersion";
    if (found->value == nullptr) return event.version.empty() ? "NoSuchKey" : "MethodNotAllowed";
    if (call.answered && call.body != *found->value)
      throw std::runtime_error(fmt::format("call {}: read another value of {} than the records say", call.id, path));
    return "";
  }
};

/// What ListObjectVersions says of a bucket: path and ids, newest first; ids of delete markers with a '-' before them.
std::map<std::string, std::vector<std::string>> listed(World& world, const std::string& bucket, const char* element, const char* mark) {
  const SentCall listing = world.ask({.operation = "ListObjectVersions", .bucket = bucket});
  const auto root = xml::parse(listing.body);
  if (listing.status != 200 || !root) throw std::runtime_error(fmt::format("listing {} answered {}", bucket, listing.status));
  std::map<std::string, std::vector<std::string>> shown;
  for (const xml::Element& child : root->children)
    if (child.name == element) shown[bucket + "/" + child.child("Key")->text].push_back(mark + child.child("VersionId")->text);
  return shown;
}

std::vector<std::string> ids(const std::vector<Version>& versions, bool markers) {
  std::vector<std::string> ids;
  for (const Version& version : versions)
    if ((version.value == nullptr) == markers) ids.push_back((markers ? "-" : "") + version.id);
  return ids;
}

}  // namespace

/// Effects = records: the events in their order are a history that one server could have lived through call by call, each with its
/// recorded outcome, and it ends in exactly the state that the server shows: versions, delete markers and values.
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
  model.buckets.erase(World::kLogs);  // each_event_is_in_one_file looks into it
  std::map<std::string, std::vector<std::string>> versions, markers, expected_versions, expected_markers;
  for (const auto& [bucket, versioning] : model.buckets) {
    versions.merge(listed(world, bucket, "Version", ""));
    markers.merge(listed(world, bucket, "DeleteMarker", "-"));
  }
  for (const auto& [path, all] : model.objects) {
    if (auto some = ids(all, false); !some.empty()) expected_versions[path] = std::move(some);
    if (auto some = ids(all, true); !some.empty()) expected_markers[path] = std::move(some);
    const size_t slash = path.find('/');
    for (const Version& version : all) {
      if (version.value == nullptr) continue;
      const SentCall got =
          world.ask({.operation = "GetObject", .bucket = path.substr(0, slash), .key = path.substr(slash + 1), .version = version.id});
      if (got.status != 200 || got.body != *version.value)
        throw std::runtime_error(fmt::format("version {} of {} holds another value than the records say", version.id, path));
    }
    const SentCall now = world.ask({.operation = "GetObject", .bucket = path.substr(0, slash), .key = path.substr(slash + 1)});
    const std::string* current = all.front().value;
    if (now.status != (current == nullptr ? 404 : 200) || (current != nullptr && now.body != *current))
      throw std::runtime_error(path + " holds another value than the records say");
  }
  if (versions != expected_versions || markers != expected_markers)
    throw std::runtime_error("other versions exist, or in another order, than the records say");
}

}  // namespace cairn::sim
