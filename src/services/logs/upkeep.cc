#include "services/logs/upkeep.h"

#include <limits>

#include "base/text.h"
#include "logs/note.h"
#include "services/logs/group.h"
#include "state/internal_commit.h"

namespace cairn::logs_service {
namespace {

using namespace std::chrono_literals;

constexpr auto kInterval = 60s;
constexpr size_t kErasedAtOnce = 1000;  // documents in one entry of the journal

}  // namespace

bool Upkeep::erase_abandoned() {
  state::Transaction transaction(store_);
  const state::Page groups = transaction.list(std::string(documents::kAbandoned), "", 1);
  if (groups.items.empty()) return true;
  const std::string key = groups.items.front().key;
  const std::string id = key.substr(documents::kAbandoned.size());
  bool more = false;
  for (const std::string& folder : {documents::streams_of(id), documents::data_keys_of(id)}) {
    const state::Page page = transaction.list(folder, "", kErasedAtOnce);
    for (const state::Item& item : page.items) transaction.erase(item.key);
    more = more || page.more;
  }
  if (!more) transaction.erase(key);
  // Not now: the next step, a minute later, tries again.
  return !state::commit_internal(store_, journal_, transaction);
}

std::optional<int64_t> Upkeep::oldest_wanted(const std::string& group_id) {
  state::Transaction transaction(store_);
  // No log group, but kept by somebody else.
  if (const auto days = transaction.get(std::string(logs::kKeptPrefix).append(group_id))) {
    const int64_t kept = text::to_int(*days).value_or(0);
    if (kept == 0) return std::numeric_limits<int64_t>::min();
    return (clock_.now() - std::chrono::hours(24 * kept)).time_since_epoch().count();
  }
  const std::optional<std::string> key = transaction.get(documents::group_id(group_id));
  const std::optional<std::string> document = key ? transaction.get(*key) : std::nullopt;
  if (!document) return std::nullopt;
  return decode_group(*document).oldest_wanted(clock_.now());
}

env::Next Upkeep::step() {
  if (!erase_abandoned()) return env::Next::now();
  events_.expire([this](const std::string& group) { return oldest_wanted(group); });
  return env::Next::after(kInterval);
}

}  // namespace cairn::logs_service
