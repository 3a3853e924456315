#pragma once
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "services/logs/group.h"

namespace cairn::logs_service {

/// A log stream as its document tells it. Times of events are milliseconds since 1970.
struct Stream {
  std::string name;
  std::string id;  // of this one only
  Time created;
  std::optional<int64_t> first_event, last_event, last_ingestion;

  /// What the store of events knows it by.
  std::string stored_name() const { return id + ":" + name; }
  std::string arn(const Group& group) const { return group.arn() + ":log-stream:" + name; }
  void note_events(int64_t first, int64_t last, int64_t ingested);
};

/// The name of a stream in `stored_name`.
std::string_view name_of_stored(std::string_view stored);

std::string encode(const Stream& stream);
Stream decode_stream(std::string_view document);

std::optional<Stream> find_stream(api::Call& call, const Group& group, std::string_view name);
/// Throws ResourceNotFoundException.
Stream open_stream(api::Call& call, const Group& group, std::string_view name);

}  // namespace cairn::logs_service
