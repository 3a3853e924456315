#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The messages of application/vnd.amazon.eventstream. No I/O.
namespace cairn::aws::event_stream {

/// One message: lengths, headers (all texts), payload, and the checksums over them.
std::string message(const std::vector<std::pair<std::string_view, std::string_view>>& headers, std::string_view payload);

/// An event or an exception of a stream, its payload JSON. Services that speak JSON begin theirs with the event initial-response.
std::string event(std::string_view type, std::string_view json);
std::string exception(std::string_view type, std::string_view json);

}  // namespace cairn::aws::event_stream
