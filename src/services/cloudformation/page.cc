#include "services/cloudformation/page.h"

#include "base/text.h"
#include "services/cloudformation/errors.h"

namespace cairn::cloudformation {
namespace {

constexpr size_t kPageItems = 100;

}  // namespace

void each_of_page(api::Call& call, const std::string& prefix, const std::function<void(const std::string&, const std::string&)>& each) {
  std::string after;
  if (const std::string token = call.in.value("NextToken", ""); !token.empty()) {
    const std::optional<std::string> decoded = text::from_base64(token);
    if (!decoded || decoded->empty()) throw Error(kValidationError, "Invalid NextToken");
    after = prefix + *decoded;
  }
  const state::Page page = call.state->list(prefix, after, kPageItems);
  for (const state::Item& item : page.items) each(item.key.substr(prefix.size()), item.value);
  if (page.more) call.out["NextToken"] = text::base64(page.items.back().key.substr(prefix.size()));
}

}  // namespace cairn::cloudformation
