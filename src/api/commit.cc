#include "api/commit.h"

#include "api/operation.h"
#include "api/ports.h"
#include "state/internal_commit.h"

namespace cairn::api {
namespace {

/// A blob that was received, or made by an earlier decision, and that the entry does not name is nobody's: remove it now rather
/// than at the next start.
void drop_unnamed_blob(const Job& job, const state::Transaction& transaction) {
  if (!job.call.payload.blob) return;
  const std::string key = "blob/" + job.call.payload.blob->str();
  for (const journal::Change& change : transaction.changes())
    if (change.key == key && change.value) return;
  job.call.ports->blobs->remove(*job.call.payload.blob);
}

}  // namespace

Committed commit(Job& job, state::Transaction& transaction, std::vector<std::string> records, const CommitTo& to) {
  records.insert(records.begin(), std::make_move_iterator(job.call.records_within.begin()),
                 std::make_move_iterator(job.call.records_within.end()));
  uint64_t record_bytes = 0;
  for (const std::string& record : records) record_bytes += record.size();
  const bool failed = job.error.has_value();
  std::string entry = journal::encode_entry(records, transaction.changes());
  std::vector<std::span<const std::string>> ahead;  // calls within this one may be many
  if (entry.size() > journal::kEntryBytesMax) {
    ahead = state::parts_of(records);
    entry = journal::encode_entry(ahead.back(), transaction.changes());
    ahead.pop_back();
  }
  if (entry.size() > journal::kEntryBytesMax) return Committed::kTooLarge;

  // From append on, the committer may answer and let go of the job at any moment: only `self` keeps it here.
  const std::shared_ptr<Job> self = job.shared_from_this();
  const auto append = [&] {
    for (const auto& part : ahead) to.journal.append(journal::encode_entry(part, {}), nullptr);
    return to.journal.append(entry, self.get());
  };
  if (records.empty() && transaction.changes().empty()) {
    self->durable({});  // nothing to record, nothing changed: nothing to wait for
  } else if (self->until_durable = self; transaction.changes().empty()) {
    append();
  } else if (!to.store.commit(transaction, [&](std::span<const journal::Change>) { return append(); })) {
    self->until_durable = nullptr;
    return Committed::kOutdated;
  }
  drop_unnamed_blob(*self, transaction);
  to.metrics.calls.fetch_add(1, std::memory_order_relaxed);
  to.metrics.record_bytes.fetch_add(record_bytes, std::memory_order_relaxed);
  if (failed) to.metrics.errors.fetch_add(1, std::memory_order_relaxed);
  return Committed::kYes;
}

}  // namespace cairn::api
