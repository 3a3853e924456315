#include "cli/keys.h"

#include <cerrno>
#include <cstdio>

#include "archive/digest_file.h"
#include "base/text.h"
#include "cli/event_text.h"
#include "cli/named_file.h"
#include "cli/standard_output.h"
#include "cli/trouble.h"

namespace cairn::cli {

namespace {

/// When CloudTrail began: no key is older.
constexpr int64_t kEver = 1'383'264'000;
/// The newest digest may be signed with a key that becomes valid about now.
constexpr std::chrono::hours kAhead{2};

std::string string_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

int fail(std::string_view message) {
  fmt::print(stderr, "cairn keys: {}\n", message);
  return kCouldNot;
}

}  // namespace

Result<void> KeyRing::add(const Json& answer, const std::string& region) {
  const auto list = answer.is_object() ? answer.find("PublicKeyList") : answer.end();
  if (!answer.is_object() || list == answer.end() || !list->is_array()) return failure("there is no PublicKeyList in it");
  for (const Json& key : *list) {
    if (!key.is_object()) return failure("an entry of PublicKeyList is no key");
    const auto der = text::from_base64(string_of(key, "Value"));
    if (!der || der->empty()) return failure("a key's Value is not base64");
    const std::string fingerprint = archive::fingerprint(*der), said = string_of(key, "Fingerprint");
    if (!said.empty() && said != fingerprint) return failure("the key with fingerprint {} says that it has {}", fingerprint, said);
    const std::string its = string_of(key, "Region");
    keys_[its.empty() ? region : its][fingerprint] = key;
  }
  return {};
}

archive::PublicKeys KeyRing::of(const aws::Region& region) const {
  archive::PublicKeys out;
  for (const std::string& name : {region.str(), std::string()}) {
    const auto found = keys_.find(name);
    if (found == keys_.end()) continue;
    for (const auto& [fingerprint, key] : found->second) out.add(*text::from_base64(string_of(key, "Value")));
  }
  return out;
}

size_t KeyRing::size() const {
  size_t sum = 0;
  for (const auto& [region, keys] : keys_) sum += keys.size();
  return sum;
}

std::string KeyRing::text() const {
  Json list = Json::array();
  for (const auto& [region, keys] : keys_) {
    for (const auto& [fingerprint, key] : keys) {
      Json entry = key;
      if (!region.empty()) entry["Region"] = region;
      list.push_back(std::move(entry));
    }
  }
  return Json{{"PublicKeyList", std::move(list)}}.dump(2) + "\n";
}

Result<Json> list_public_keys(Client& client, const aws::Region& region, std::optional<Time> start, Time now) {
  const auto seconds = [](Time time) { return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count(); };
  Json input{{"StartTime", start ? seconds(*start) : kEver}, {"EndTime", std::max(seconds(now + kAhead), start ? seconds(*start) : kEver)}};
  Json all{{"PublicKeyList", Json::array()}};
  while (true) {
    const auto answer = client.call("cloudtrail", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.ListPublicKeys", input, region);
    if (!answer) return failure("{}", answer.error().message);
    if (const auto list = answer->find("PublicKeyList"); list != answer->end() && list->is_array()) {
      for (const Json& key : *list) all["PublicKeyList"].push_back(key);
    }
    const std::string next = string_of(*answer, "NextToken");
    if (next.empty()) return all;
    input["NextToken"] = next;
  }
}

int keys(const KeysOptions& options) {
  auto target = find_target(options.target, system_surroundings());
  if (!target) return fail(target.error().message);
  std::vector<std::string> regions = options.regions;
  if (regions.empty()) regions.push_back(target->signer.region.str());
  const env::Clock& clock = env::system_clock();
  Client client(std::move(*target), clock);
  KeyRing ring;
  for (const std::string& region : regions) {
    if (!aws::is_region(region)) {
      fail(fmt::format("{} is no region", region));
      return kWrongUsage;
    }
    const auto answer = list_public_keys(client, aws::Region(region), std::nullopt, clock.now());
    if (!answer) return fail(answer.error().message);
    if (const auto added = ring.add(*answer, region); !added)
      return fail(fmt::format("The server's keys of {}: {}", region, added.error().message));
  }
  if (options.file.empty()) {
    fmt::print("{}", ring.text());
    return std::fflush(stdout) == 0 ? kDone : unwritable("keys", errno);
  }
  if (const auto written = write_named_file(env::system_files(), options.file, ring.text()); !written) return fail(written.error().message);
  fmt::print(stderr, "{} in {}\n", counted(ring.size(), "key"), options.file);
  return kDone;
}

}  // namespace cairn::cli
