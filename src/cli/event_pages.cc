#include "cli/event_pages.h"

namespace cairn::cli {

EventPages::EventPages(const Target& target, const env::Clock& clock, Json input) : client_(target, clock), input_(std::move(input)) {
  input_["MaxResults"] = kPageEvents;
}

Result<bool> EventPages::next(const std::function<void(std::string_view record)>& f) {
  if (ended_) return false;
  const auto answer = client_.ask("cairn", "Cairn.SearchEvents", input_, client_.target().signer.region);
  if (!answer) return failure("{}", answer.error().message);
  const auto page = page_.parse(*answer);
  if (!page) return failure("{} gives no events: {}", client_.target().endpoint, page.error().message);
  (*page)["Events"].each([&](json::View event) { f(event["CloudTrailEvent"].string_or("")); });
  const auto token = (*page)["NextToken"].string();
  ended_ = !token;
  if (token) input_["NextToken"] = *token;
  return true;
}

}  // namespace cairn::cli
