#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::cli {

/// Server-sent events (the HTML standard's event streams), taken apart as they come. Lines end with LF or CRLF. Not thread-safe.
class ServerSentEvents {
 public:
  static constexpr size_t kEventBytesMax = 16 << 20;  // a record has 1 MB at most, and twice that in quotes

  struct Event {
    std::string_view name;                 // "": none was said
    std::optional<std::string_view> data;  // none: it says an id alone, which to go on behind
    std::string_view id;                   // the last that was said, by this or before
  };
  using Take = std::function<bool(const Event&)>;
  /// Calls `take` with each event that these bytes complete. False: it returned false, or one is larger than kEventBytesMax; then it is
  /// over.
  bool feed(std::string_view bytes, const Take& take);

 private:
  void take_line(std::string_view line);

  std::string line_;  // not yet whole
  std::string name_, data_, id_;
  bool has_data_ = false, has_id_ = false;
};

}  // namespace cairn::cli
