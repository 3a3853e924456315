#include "services/monitoring/upkeep.h"

#include "services/monitoring/history.h"
#include "state/internal_commit.h"

namespace cairn::cloudwatch {
namespace {

using namespace std::chrono_literals;

constexpr auto kInterval = 60s;
constexpr size_t kErasedAtOnce = 1000;  // documents in one entry of the journal

/// The folder of an item's account and region: cloudwatch/history/ACCOUNT/REGION/
std::string folder_of(const std::string& key) {
  const size_t account = key.find('/', documents::kHistory.size());
  return key.substr(0, key.find('/', account + 1) + 1);
}

}  // namespace

/// The oldest come first in each folder.
bool Upkeep::erase_history() {
  const std::string past = documents::history_at(clock_.now() - kHistoryKept);
  state::Transaction transaction(store_);
  size_t erased = 0;
  std::string after;
  for (;;) {
    const state::Page next = transaction.list(std::string(documents::kHistory), after, 1);
    if (next.items.empty()) break;
    const std::string folder = folder_of(next.items.front().key);
    for (const state::Item& item : transaction.list(folder, "", kErasedAtOnce - erased).items) {
      if (item.key.substr(folder.size()) >= past) break;
      transaction.erase(item.key);
      ++erased;
    }
    if (erased == kErasedAtOnce) break;
    after = folder + '\x7f';  // behind all of it
  }
  if (erased == 0) return true;
  // Not now: the next step, a minute later, tries again.
  return !state::commit_internal(store_, journal_, transaction) || erased < kErasedAtOnce;
}

env::Next Upkeep::step() {
  if (!erase_history()) return env::Next::now();
  metrics_.tidy();
  return env::Next::after(kInterval);
}

}  // namespace cairn::cloudwatch
