#include "cli/server_sent_events.h"

#include <utility>

namespace cairn::cli {

bool ServerSentEvents::feed(std::string_view bytes, const Take& take) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (line_.size() + piece.size() + data_.size() > kEventBytesMax) return false;
    line_ += piece;
    if (end == bytes.npos) return true;
    bytes.remove_prefix(end + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    if (!line_.empty()) {
      take_line(line_);
      line_.clear();
      continue;
    }
    const std::string name = std::exchange(name_, {}), data = std::exchange(data_, {});
    const bool has_data = std::exchange(has_data_, false), has_id = std::exchange(has_id_, false);
    if (!has_data && !has_id) continue;
    if (!take({name, has_data ? std::optional<std::string_view>(data) : std::nullopt, id_})) return false;
  }
  return true;
}

void ServerSentEvents::take_line(std::string_view line) {
  const size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == line.npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    if (std::exchange(has_data_, true)) data_ += '\n';
    data_ += value;
  } else if (field == "event") {
    name_ = value;
  } else if (field == "id" && value.find('\0') == value.npos) {
    has_id_ = true;
    id_ = value;
  }  // a comment, or what nobody here heeds
}

}  // namespace cairn::cli
