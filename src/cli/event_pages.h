#pragma once
#include <functional>
#include <future>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "cli/client.h"

namespace cairn::cli {

/// The records that SearchEvents finds, a page at a time; while one is used, the next is on its way. Not thread-safe.
class EventPages {
 public:
  static constexpr int64_t kPageEvents = 1000;

  /// `input`: of SearchEvents, but for MaxResults.
  EventPages(const Target& target, const env::Clock& clock, Json input);
  EventPages(const EventPages&) = delete;
  EventPages& operator=(const EventPages&) = delete;

  /// Calls `f` with each record of the next page, whose bytes are as recorded. False: all pages were there.
  Result<bool, CallFailure> next(const std::function<void(std::string_view record)>& f);
  /// Where the page after the last begins; "": there is none.
  const std::string& next_token() const { return next_token_; }
  /// What a person should be told, as the last page says it.
  const std::vector<std::string>& hints() const { return hints_; }

 private:
  void ask();

  Client client_;
  Json input_;
  json::Document page_;
  bool ended_ = false;
  std::string next_token_;
  std::vector<std::string> hints_;
  std::future<Result<std::string, CallFailure>> answer_;  // waits, when it goes, for what is on its way
};

}  // namespace cairn::cli
