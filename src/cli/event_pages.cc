#include "cli/event_pages.h"

namespace cairn::cli {

EventPages::EventPages(const Target& target, const env::Clock& clock, Json input) : client_(target, clock), input_(std::move(input)) {
  input_["MaxResults"] = kPageEvents;
}

void EventPages::ask() {
  answer_ =
      std::async(std::launch::async, [this] { return client_.ask("cairn", "Cairn.SearchEvents", input_, client_.target().signer.region); });
}

Result<bool, CallFailure> EventPages::next(const std::function<void(std::string_view record)>& f) {
  if (ended_) return false;
  if (!answer_.valid()) ask();
  const auto answer = answer_.get();
  if (!answer) return tl::unexpected(answer.error());
  const auto page = page_.parse(*answer);
  if (!page)
    return tl::unexpected(
        CallFailure{CallFailure::kRefused, "", fmt::format("{} gives no events: {}", client_.target().endpoint, page.error().message)});
  next_token_ = (*page)["NextToken"].string_or("");
  if (!next_token_.empty()) {
    input_["NextToken"] = next_token_;
    ask();
  } else {
    ended_ = true;
  }
  hints_.clear();
  (*page)["Hints"].each([&](json::View hint) { hints_.emplace_back(hint.string_or("")); });
  (*page)["Events"].each([&](json::View event) { f(event["CloudTrailEvent"].string_or("")); });
  return true;
}

}  // namespace cairn::cli
