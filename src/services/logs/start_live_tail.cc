#include <array>

#include "api/operation.h"
#include "api/places.h"
#include "api/ports.h"
#include "services/logs/errors.h"
#include "services/logs/group_key.h"
#include "services/logs/live_tail.h"
#include "services/logs/pattern.h"

/// StartLiveTail: the answer is a session (live_tail.h), for as long as its client listens.
namespace cairn::logs_service {
namespace {

constexpr size_t kSessionsOfAccountMax = 15;  // in a region, as on AWS
constexpr size_t kSessionsMax = 64;           // of all

std::shared_ptr<void> take_place(const api::Call& call) {
  static api::Places sessions(kSessionsOfAccountMax, kSessionsMax);
  std::shared_ptr<void> place = sessions.take(fmt::format("{}/{}", call.account.str(), call.region.str()));
  if (place == nullptr) throw Error(kLimitExceeded, "There are too many Live Tail sessions.");
  return place;
}

std::vector<std::string> texts_of(const Json& in, const char* member) {
  return in.contains(member) ? in.at(member).get<std::vector<std::string>>() : std::vector<std::string>();
}

LiveTail::Tailed tailed(api::Call& call, const std::string& identifier) {
  if (!identifier.starts_with("arn:") || identifier.ends_with('*'))
    throw Error(kInvalidParameter, "{} is not the ARN of a log group: it must be one, and cannot end with an asterisk.", identifier);
  LiveTail::Tailed tailed{.group = open_group(call, name_of_arn(call, identifier)), .data_keys = {}};
  if (tailed.group.log_class != "STANDARD")
    throw Error(kInvalidOperation, "Live Tail is not supported for log groups of class {}.", tailed.group.log_class);
  if (!tailed.group.kms_key.empty()) tailed.data_keys[tailed.group.data_key] = newest_data_key(call, tailed.group);
  return tailed;
}

/// Differs from AWS: a client that reads slowly is told a sample of what came meanwhile, not the newest of it; a session with a log group
/// under a key of KMS ends when something changes in KMS, or the group is given another key.
void start_live_tail(api::Call& call) {
  const Json& in = call.in;
  const std::vector<std::string> identifiers = texts_of(in, "logGroupIdentifiers");
  LiveTail::Filter filter{.stream_names = texts_of(in, "logStreamNames"),
                          .stream_prefixes = texts_of(in, "logStreamNamePrefixes"),
                          .pattern = compiled_pattern(in.value("logEventFilterPattern", ""))};
  if (!filter.stream_names.empty() && !filter.stream_prefixes.empty())
    throw Error(kInvalidParameter, "logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.");
  if (identifiers.size() > 1 && !(filter.stream_names.empty() && filter.stream_prefixes.empty()))
    throw Error(kInvalidParameter, "Log streams can be named for a single log group only.");
  // Read before any key is asked for: what changes meanwhile counts.
  const state::Watch* kms = call.ports->kms_documents;
  const uint64_t kms_version = kms != nullptr ? kms->version() : 0;
  std::vector<LiveTail::Tailed> groups;
  for (const std::string& identifier : identifiers) groups.push_back(tailed(call, identifier));
  Json start{{"requestId", call.request_id}, {"sessionId", call.ports->random->uuid()}};
  for (const char* member : {"logGroupIdentifiers", "logStreamNames", "logStreamNamePrefixes", "logEventFilterPattern"})
    if (in.contains(member)) start[member] = in.at(member);
  call.reply.source = std::make_unique<LiveTail>(
      LiveTail::Means{
          .clock = *call.ports->clock, .random = *call.ports->random, .store = *call.ports->logs, .kms = kms, .kms_version = kms_version},
      std::move(groups), std::move(filter), json::dump(start), take_place(call));
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"StartLiveTail", start_live_tail},
});

}  // namespace
}  // namespace cairn::logs_service

namespace cairn::services {
extern const api::Family logs_start_live_tail;
const api::Family logs_start_live_tail{.service = "logs", .operations = logs_service::kOperations};
}  // namespace cairn::services
