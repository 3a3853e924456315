#include "services/logs/page.h"

#include "base/text.h"
#include "services/logs/errors.h"

namespace cairn::logs_service {

size_t limit_of(const api::Call& call, size_t otherwise) { return call.in.value("limit", otherwise); }

void each_of_page(api::Call& call, const std::string& folder, const std::string& prefix,
                  const std::function<bool(const std::string& document)>& f, size_t most) {
  const size_t limit = limit_of(call, most);
  std::string after;
  if (const auto token = call.in.find("nextToken"); token != call.in.end()) {
    const std::optional<std::string> name = text::from_base64(token->get<std::string>());
    if (!name || name->empty()) throw invalid_token();
    after = folder + *name;
  }
  bool more = true;
  for (size_t shown = 0; more && shown < limit;) {
    const state::Page page = call.state->list(folder + prefix, after, limit - shown);
    for (const state::Item& item : page.items) {
      after = item.key;
      shown += f(item.value) ? 1 : 0;
    }
    more = page.more;
  }
  if (more) call.out["nextToken"] = text::base64(after.substr(folder.size()));
}

}  // namespace cairn::logs_service
