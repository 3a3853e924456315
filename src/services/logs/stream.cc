#include "services/logs/stream.h"

#include "services/logs/errors.h"

namespace cairn::logs_service {

void Stream::note_events(int64_t first, int64_t last, int64_t ingested) {
  first_event = std::min(first_event.value_or(first), first);
  last_event = std::max(last_event.value_or(last), last);
  last_ingestion = ingested;
}

std::string_view name_of_stored(std::string_view stored) { return stored.substr(stored.find(':') + 1); }

std::string encode(const Stream& stream) {
  Json document{{"name", stream.name}, {"id", stream.id}, {"created", stream.created.time_since_epoch().count()}};
  if (stream.first_event) document["first"] = *stream.first_event;
  if (stream.last_event) document["last"] = *stream.last_event;
  if (stream.last_ingestion) document["ingested"] = *stream.last_ingestion;
  return json::dump(document);
}

Stream decode_stream(std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  const auto time = [&](const char* member) -> std::optional<int64_t> {
    if (!document.contains(member)) return std::nullopt;
    return document.at(member).get<int64_t>();
  };
  return {.name = document.at("name").get<std::string>(),
          .id = document.at("id").get<std::string>(),
          .created = Time(std::chrono::milliseconds(document.at("created").get<int64_t>())),
          .first_event = time("first"),
          .last_event = time("last"),
          .last_ingestion = time("ingested")};
}

std::optional<Stream> find_stream(api::Call& call, const Group& group, std::string_view name) {
  const std::optional<std::string> document = call.state->get(documents::stream(group.id, name));
  if (!document) return std::nullopt;
  return decode_stream(*document);
}

Stream open_stream(api::Call& call, const Group& group, std::string_view name) {
  std::optional<Stream> stream = find_stream(call, group, name);
  if (!stream) throw Error(kNotFound, "The specified log stream does not exist.");
  return std::move(*stream);
}

}  // namespace cairn::logs_service
