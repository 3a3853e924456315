#include "state/internal_commit.h"

#include <memory>

#include "journal/entry.h"

namespace cairn::state {
namespace {

/// Keeps itself until the journal has told it.
struct Told final : journal::Waiter {
  std::function<void()> durable_then;
  std::shared_ptr<Told> self;
  void durable(journal::Position) override {
    const std::shared_ptr<Told> last = std::move(self);
    durable_then();
  }
};

constexpr size_t kRecordBytesMax = 256 << 10;  // in one entry, unless a single one is larger: the rest is for changes

}  // namespace

std::vector<std::span<const std::string>> parts_of(std::span<const std::string> records) {
  std::vector<std::span<const std::string>> parts;
  size_t begin = 0, bytes = 0;
  for (size_t i = 0; i < records.size(); ++i) {
    if (i > begin && bytes + records[i].size() > kRecordBytesMax) {
      parts.push_back(records.subspan(begin, i - begin));
      begin = i;
      bytes = 0;
    }
    bytes += records[i].size();
  }
  parts.push_back(records.subspan(begin));
  return parts;
}

std::optional<journal::Position> commit_internal(Store& store, journal::Journal& journal, Transaction& transaction,
                                                 std::span<const std::string> records, std::function<void()> durable) {
  if (!journal.accepting() || !store.accepting()) return std::nullopt;
  std::shared_ptr<Told> told;
  if (durable) {
    told = std::make_shared<Told>();
    told->durable_then = std::move(durable);
    told->self = told;
  }
  std::vector<std::span<const std::string>> ahead = parts_of(records);
  const std::span<const std::string> last = ahead.back();
  ahead.pop_back();
  const auto done = store.commit(transaction, [&](std::span<const journal::Change> changes) {
    for (const auto& part : ahead) journal.append(journal::encode_entry(part, {}), nullptr);
    return journal.append(journal::encode_entry(last, changes), told.get());
  });
  if (done) return *done;
  if (told) told->self.reset();
  return std::nullopt;
}

}  // namespace cairn::state
