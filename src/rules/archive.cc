#include "rules/archive.h"

#include <array>

#include "base/text.h"

namespace cairn::rules {
namespace {

int64_t millis(Time time) { return time.time_since_epoch().count(); }
Time time_of(const Json& document, const char* name) { return Time(std::chrono::milliseconds(document.value(name, int64_t{0}))); }
std::optional<Time> optional_time(const Json& document, const char* name) {
  if (!document.contains(name)) return std::nullopt;
  return time_of(document, name);
}
void put_text(Json& document, const char* name, const std::string& text) {
  if (!text.empty()) document[name] = text;
}

constexpr auto kStates = std::to_array<std::string_view>({"STARTING", "RUNNING", "CANCELLING", "COMPLETED", "CANCELLED", "FAILED"});

}  // namespace

std::string Archive::arn() const { return fmt::format("arn:aws:events:{}:{}:archive/{}", region.str(), account.str(), name); }
std::string Replay::arn() const { return fmt::format("arn:aws:events:{}:{}:replay/{}", region.str(), account.str(), name); }

std::string encode(const Archive& archive) {
  Json document{{"id", archive.id},       {"bus", archive.bus},       {"days", archive.days},  {"created", millis(archive.created)},
                {"since", archive.since}, {"events", archive.events}, {"bytes", archive.bytes}};
  put_text(document, "description", archive.description);
  put_text(document, "pattern", archive.pattern);
  return json::dump(document);
}

Archive decode_archive(const aws::AccountId& account, const aws::Region& region, std::string_view name, std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  return {.account = account,
          .region = region,
          .name = std::string(name),
          .id = document.at("id").get<std::string>(),
          .bus = document.at("bus").get<std::string>(),
          .description = document.value("description", ""),
          .pattern = document.value("pattern", ""),
          .days = document.at("days").get<int64_t>(),
          .created = time_of(document, "created"),
          .since = document.at("since").get<uint64_t>(),
          .events = document.value("events", uint64_t{0}),
          .bytes = document.value("bytes", uint64_t{0})};
}

std::optional<Archive> find_archive(state::Transaction& state, const aws::AccountId& account, const aws::Region& region,
                                    std::string_view name) {
  const auto document = state.get(keys::archives_in(account, region).append(name));
  if (!document) return std::nullopt;
  return decode_archive(account, region, name, *document);
}

void put(state::Transaction& state, const Archive& archive) {
  state.put(keys::archives_in(archive.account, archive.region) + archive.name, encode(archive));
}

std::string pattern_of(const Archive& archive) {
  Json pattern = Json::object();
  if (!archive.pattern.empty()) pattern = json::parse(archive.pattern).value();  // checked before it was kept
  pattern["replay-name"] = Json::array({{{"exists", false}}});
  return json::dump(pattern);
}

std::string_view name_of(Replay::State state) { return kStates[static_cast<size_t>(state)]; }

std::string encode(const Replay& replay) {
  Json document{{"state", name_of(replay.state)}, {"archive", replay.archive}, {"archiveId", replay.archive_id},   {"bus", replay.bus},
                {"from", millis(replay.from)},    {"to", millis(replay.to)},   {"started", millis(replay.started)}};
  put_text(document, "description", replay.description);
  put_text(document, "rules", replay.rules);
  put_text(document, "reason", replay.reason);
  put_text(document, "place", replay.place);
  if (replay.ended) document["ended"] = millis(*replay.ended);
  if (replay.last) document["last"] = millis(*replay.last);
  return json::dump(document);
}

Replay decode_replay(const aws::AccountId& account, const aws::Region& region, std::string_view name, std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  Replay replay{.account = account,
                .region = region,
                .name = std::string(name),
                .description = document.value("description", ""),
                .archive = document.at("archive").get<std::string>(),
                .archive_id = document.at("archiveId").get<std::string>(),
                .bus = document.at("bus").get<std::string>(),
                .rules = document.value("rules", ""),
                .from = time_of(document, "from"),
                .to = time_of(document, "to"),
                .started = time_of(document, "started"),
                .ended = optional_time(document, "ended"),
                .last = optional_time(document, "last"),
                .reason = document.value("reason", ""),
                .place = document.value("place", "")};
  const std::string state = document.at("state").get<std::string>();
  for (size_t i = 0; i < kStates.size(); ++i)
    if (kStates[i] == state) replay.state = static_cast<Replay::State>(i);
  return replay;
}

std::optional<Replay> find_replay(state::Transaction& state, const aws::AccountId& account, const aws::Region& region,
                                  std::string_view name) {
  const auto document = state.get(keys::replays_in(account, region).append(name));
  if (!document) return std::nullopt;
  return decode_replay(account, region, name, *document);
}

void put(state::Transaction& state, const Replay& replay) {
  state.put(keys::replays_in(replay.account, replay.region) + replay.name, encode(replay));
}

namespace keys {
std::string archives_in(const aws::AccountId& account, const aws::Region& region) {
  return fmt::format("{}{}/{}/", kArchives, account.str(), region.str());
}
std::string replays_in(const aws::AccountId& account, const aws::Region& region) {
  return fmt::format("{}{}/{}/", kReplays, account.str(), region.str());
}
PlaceKey split_place(std::string_view key) {
  const std::vector<std::string_view> parts = text::split(key, '/');
  return {aws::AccountId(std::string(parts.at(2))), aws::Region(std::string(parts.at(3))), std::string(parts.at(4))};
}
}  // namespace keys

}  // namespace cairn::rules
