#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "cli/client.h"

namespace cairn::cli {

/// The records that SearchEvents finds, a page at a time. Not thread-safe.
class EventPages {
 public:
  static constexpr int64_t kPageEvents = 1000;

  /// `input`: of SearchEvents, but for MaxResults.
  EventPages(const Target& target, const env::Clock& clock, Json input);

  /// Asks for the next page and calls `f` with each of its records, whose bytes are as recorded. False: all pages were there.
  Result<bool> next(const std::function<void(std::string_view record)>& f);

 private:
  Client client_;
  Json input_;
  json::Document page_;
  bool ended_ = false;
};

}  // namespace cairn::cli
