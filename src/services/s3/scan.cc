#include "services/s3/scan.h"

#include <algorithm>

#include "services/s3/keys.h"

namespace cairn::s3 {
namespace {

/// The common prefix that `name` falls under; "" if none.
std::string_view common_prefix(std::string_view name, const Scan& scan) {
  if (scan.delimiter.empty() || !name.starts_with(scan.prefix)) return {};
  if (scan.name_end != '\0') name = name.substr(0, name.rfind(scan.name_end));
  const size_t at = name.find(scan.delimiter, scan.prefix.size());
  return at == std::string_view::npos ? std::string_view() : name.substr(0, at + scan.delimiter.size());
}

constexpr size_t kBatchMin = 8, kBatchMax = 1001;

}  // namespace

Scanned scan_keys(api::Call& call, const std::string& scope, const Scan& scan) {
  Scanned found;
  if (scan.limit == 0) return found;
  std::string at = scope + scan.after;
  if (const std::string_view inside = common_prefix(scan.after, scan); !inside.empty())
    at = scope + std::string(inside) + std::string(keys::kAfterAll);
  size_t batch = std::min(scan.limit + 1, kBatchMax);
  while (true) {
    const state::Page page = call.state->list(scope + scan.prefix, at, batch);
    if (page.items.empty()) return found;
    for (const state::Item& item : page.items) {
      const std::string_view name = std::string_view(item.key).substr(scope.size());
      const std::string_view common = common_prefix(name, scan);
      if (!common.empty() && !found.prefixes.empty() && found.prefixes.back() == common) continue;
      if (found.items.size() + found.prefixes.size() == scan.limit) {
        found.truncated = true;
        return found;
      }
      if (!common.empty()) {
        found.prefixes.emplace_back(common);
        found.last = found.prefixes.back();
      } else {
        found.items.emplace_back(std::string(name), item.value);
        found.last = found.items.back().first;
      }
    }
    if (!page.more) return found;
    const std::string_view tail = common_prefix(std::string_view(page.items.back().key).substr(scope.size()), scan);
    at = tail.empty() ? page.items.back().key : scope + std::string(tail) + std::string(keys::kAfterAll);
    // Below a common prefix all but the first of a batch is read in vain: go on with small steps while that lasts.
    batch = tail.empty() ? std::min(batch * 4, kBatchMax) : std::max(batch / 4, kBatchMin);
  }
}

}  // namespace cairn::s3
