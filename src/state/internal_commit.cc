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

}  // namespace

std::optional<journal::Position> commit_internal(Store& store, journal::Journal& journal, Transaction& transaction,
                                                 std::span<const std::string> records, std::function<void()> durable) {
  if (!journal.accepting() || !store.accepting()) return std::nullopt;
  std::shared_ptr<Told> told;
  if (durable) {
    told = std::make_shared<Told>();
    told->durable_then = std::move(durable);
    told->self = told;
  }
  const auto done = store.commit(transaction, [&](std::span<const journal::Change> changes) {
    return journal.append(journal::encode_entry(records, changes), told.get());
  });
  if (done) return *done;
  if (told) told->self.reset();
  return std::nullopt;
}

}  // namespace cairn::state
