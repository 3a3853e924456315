#include <algorithm>
#include <array>
#include <set>

#include "api/operation.h"
#include "base/text.h"
#include "rules/archive.h"
#include "services/events/door.h"
#include "services/events/errors.h"

/// Replays: an archive's events of some time, sent to its bus once more.
namespace cairn::events_service {
namespace {

using rules::Archive;
using rules::Replay;

constexpr ErrorKind kIllegalStatus{.code = "IllegalStatusException"};
constexpr size_t kAtWorkMax = 10, kListedReplaysMax = 1000;  // of an account in a region

Time time_of(const api::Call& call, const char* member) {
  const std::optional<Time> time = timestamps::parse_iso8601(call.in.at(member).get<std::string>());
  if (!time) throw Error(aws::kValidation, "Parameter {} is not valid.", member);
  return *time;
}

Replay open(api::Call& call) {
  const std::string name = call.in.at("ReplayName").get<std::string>();
  std::optional<Replay> replay = rules::find_replay(*call.state, call.account, call.region, name);
  if (!replay) throw Error(kNotFound, "Replay {} does not exist.", name);
  return std::move(*replay);
}

Archive archive_of(api::Call& call) {
  const std::string arn = call.in.at("EventSourceArn").get<std::string>();
  const std::string name = arn.substr(arn.rfind('/') + 1);
  std::optional<Archive> archive = rules::find_archive(*call.state, call.account, call.region, name);
  if (!archive || archive->arn() != arn)
    throw Error(aws::kValidation, "Parameter EventSourceArn is not valid. Reason: Archive {} does not exist.", name);
  return std::move(*archive);
}

/// The ARNs of the rules that are to have the events, each once: as many as the bus has rules at most.
std::string filter_of(api::Call& call, const rules::BusName& bus, const Json& destination) {
  const std::string folder = rules::Rule{.bus = bus}.arn();
  std::set<std::string> arns;
  for (const Json& each : destination.value("FilterArns", Json::array())) {
    const std::string& arn = each.get_ref<const std::string&>();
    if (!arn.starts_with(folder) || !rules::find_rule(*call.state, bus, arn.substr(folder.size())))
      throw Error(kNotFound, "Rule {} does not exist on EventBus {}.", arn, bus.name);
    arns.insert(arn);
  }
  return fmt::format("{}", fmt::join(arns, " "));
}

void start_replay(api::Call& call) {
  const std::string name = call.in.at("ReplayName").get<std::string>();
  const Archive archive = archive_of(call);
  const Json& destination = call.in.at("Destination");
  const rules::BusName bus = open_bus(call, named_bus(call, destination.at("Arn").get<std::string>())).at;
  if (bus != archive.bus_name())
    throw Error(aws::kValidation, "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.");
  Replay replay{.account = call.account,
                .region = call.region,
                .name = name,
                .description = call.in.value("Description", ""),
                .archive = archive.name,
                .archive_id = archive.id,
                .bus = bus.name,
                .from = time_of(call, "EventStartTime"),
                .to = time_of(call, "EventEndTime"),
                .started = call.now};
  if (replay.from >= replay.to)
    throw Error(aws::kValidation, "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.");
  if (rules::find_replay(*call.state, call.account, call.region, name)) throw Error(kAlreadyExists, "Replay {} already exists.", name);
  size_t at_work = 0;
  const std::string folder = rules::keys::replays_in(call.account, call.region);
  for (const state::Item& item : call.state->list(folder, "", kListedReplaysMax).items)
    at_work += rules::decode_replay(call.account, call.region, item.key.substr(folder.size()), item.value).is_at_work() ? 1 : 0;
  if (at_work >= kAtWorkMax) throw limit_exceeded();
  replay.rules = filter_of(call, bus, destination);
  rules::put(*call.state, replay);
  call.out = {{"ReplayArn", replay.arn()}, {"State", "STARTING"}, {"ReplayStartTime", timestamps::iso8601_millis(replay.started)}};
}

void cancel_replay(api::Call& call) {
  Replay replay = open(call);
  if (!replay.is_at_work() || replay.state == Replay::State::kCancelling)
    throw Error(kIllegalStatus, "Replay {} is not in a valid state for this operation.", replay.name);
  replay.state = Replay::State::kCancelling;
  rules::put(*call.state, replay);
  call.out = {{"ReplayArn", replay.arn()}, {"State", "CANCELLING"}};
}

Json shown(const Replay& replay) {
  Json out{{"ReplayName", replay.name}, {"State", rules::name_of(replay.state)}};
  out["EventSourceArn"] = fmt::format("arn:aws:events:{}:{}:archive/{}", replay.region.str(), replay.account.str(), replay.archive);
  if (!replay.reason.empty()) out["StateReason"] = replay.reason;
  out["EventStartTime"] = timestamps::iso8601_millis(replay.from);
  out["EventEndTime"] = timestamps::iso8601_millis(replay.to);
  if (replay.last) out["EventLastReplayedTime"] = timestamps::iso8601_millis(*replay.last);
  out["ReplayStartTime"] = timestamps::iso8601_millis(replay.started);
  if (replay.ended) out["ReplayEndTime"] = timestamps::iso8601_millis(*replay.ended);
  return out;
}

void describe_replay(api::Call& call) {
  const Replay replay = open(call);
  call.out = shown(replay);
  call.out["ReplayArn"] = replay.arn();
  if (!replay.description.empty()) call.out["Description"] = replay.description;
  call.out["Destination"] = {{"Arn", rules::BusName{replay.account, replay.region, replay.bus}.arn()}};
  if (!replay.rules.empty())
    for (const std::string_view arn : text::split(replay.rules, ' ')) call.out["Destination"]["FilterArns"].push_back(std::string(arn));
}

void list_replays(api::Call& call) {
  if (call.in.contains("NamePrefix") + call.in.contains("EventSourceArn") + call.in.contains("State") > 1)
    throw Error(aws::kValidation, "At most one filter is allowed for ListReplays. Use either : State, EventSourceArn, or NamePrefix.");
  const std::string state = call.in.value("State", ""), source = call.in.value("EventSourceArn", "");
  call.out["Replays"] = Json::array();
  each_of_page(call, rules::keys::replays_in(call.account, call.region), call.in.value("NamePrefix", ""),
               [&](const std::string& name, const std::string& document) {
                 Json row = shown(rules::decode_replay(call.account, call.region, name, document));
                 if (!state.empty() && row["State"] != state) return false;
                 if (!source.empty() && row["EventSourceArn"] != source) return false;
                 call.out["Replays"].push_back(std::move(row));
                 return true;
               });
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CancelReplay", cancel_replay},
    {"DescribeReplay", describe_replay},
    {"ListReplays", list_replays},
    {"StartReplay", start_replay},
});

}  // namespace
}  // namespace cairn::events_service

namespace cairn::services {
extern const api::Family events_replays;
const api::Family events_replays{.service = "events", .operations = events_service::kOperations};
}  // namespace cairn::services
