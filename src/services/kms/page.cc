#include "services/kms/page.h"

#include "base/text.h"
#include "services/kms/errors.h"

namespace cairn::kms {
namespace {

struct Asked {
  size_t limit;
  std::string after;  // "": from the beginning
};

Asked asked(const api::Call& call, size_t limit, size_t limit_max) {
  Asked asked{limit, ""};
  if (call.in.contains("Limit")) asked.limit = call.in["Limit"].get<size_t>();
  if (asked.limit > limit_max)
    throw Error(aws::kValidation,
                "1 validation error detected: Value '{}' at 'limit' failed to satisfy constraint: Member must have value less than or "
                "equal to {}",
                asked.limit, limit_max);
  if (call.in.contains("Marker")) {
    const std::optional<std::string> after = text::from_base64(call.in["Marker"].get<std::string>());
    if (!after || after->empty()) throw Error(kInvalidMarker, "The marker is not one that this operation gave.");
    asked.after = *after;
  }
  return asked;
}

void answer(api::Call& call, bool more, const std::string& last) {
  call.out["Truncated"] = more;
  if (more) call.out["NextMarker"] = text::base64(last);
}

}  // namespace

std::vector<state::Item> list_page(api::Call& call, const std::string& prefix, size_t limit, size_t limit_max) {
  const Asked page_asked = asked(call, limit, limit_max);
  state::Page page = call.state->list(prefix, page_asked.after.empty() ? "" : prefix + page_asked.after, page_asked.limit);
  for (state::Item& item : page.items) item.key.erase(0, prefix.size());
  answer(call, page.more, page.items.empty() ? "" : page.items.back().key);
  return std::move(page.items);
}

void each_of_page(api::Call& call, size_t size, size_t limit, size_t limit_max, const std::function<void(size_t)>& each) {
  const Asked page = asked(call, limit, limit_max);
  const std::optional<uint64_t> first = page.after.empty() ? 0 : text::to_uint(page.after);
  if (!first) throw Error(kInvalidMarker, "The marker is not one that this operation gave.");
  const size_t begin = std::min<size_t>(*first, size), end = begin + std::min(page.limit, size - begin);
  for (size_t i = begin; i < end; ++i) each(i);
  answer(call, end < size, std::to_string(end));
}

}  // namespace cairn::kms
