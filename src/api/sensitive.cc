#include "api/sensitive.h"

#include "base/log.h"

namespace cairn::api {
namespace {

constexpr aws::ErrorKind kSensitiveData{.code = "SensitiveDataException", .status = 400};

std::string words(const std::vector<event::Sensitive>& found) { return fmt::format("{}", fmt::join(event::kinds_of(found), ", ")); }

/// The record's own: its quotes are none of a string's, and after it come no names that a caller chose.
std::string_view event_id(std::string_view record) {
  constexpr std::string_view kMember = "\"eventID\":\"";
  constexpr size_t kUuidBytes = 36;
  const size_t at = record.rfind(kMember);
  return at == std::string_view::npos ? std::string_view() : record.substr(at + kMember.size(), kUuidBytes);
}

}  // namespace

void SensitiveData::note(const Job& job, std::string_view record, const std::vector<event::Sensitive>& found) {
  metrics_.sensitive.fetch_add(1, std::memory_order_relaxed);
  const std::optional<uint64_t> unlogged = limit_.admit(job.call.now);
  if (!unlogged) return;
  log::warning("a record shows what looks like a secret", {{"what", words(found)},
                                                           {"event", std::string(event_id(record))},
                                                           {"service", job.call.service->model->key},
                                                           {"operation", job.call.model != nullptr ? job.call.model->name : ""},
                                                           {"unlogged", std::to_string(*unlogged)}});
}

bool SensitiveData::refuses(const Job& job) const {
  return on_ == OnSensitive::kRefuse && !job.error && job.call.principal.kind != aws::Principal::Kind::kService;
}

aws::Error SensitiveData::refusal(const std::vector<event::Sensitive>& found) {
  return aws::Error(kSensitiveData,
                    "The request has what looks like a secret ({}) where it would be recorded. This server takes no such requests (its "
                    "setting sensitive_data); nothing was done.",
                    words(found));
}

}  // namespace cairn::api
