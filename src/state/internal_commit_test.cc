#include "state/internal_commit.h"

#include "state/sim/machine.h"

namespace cairn::state {
namespace {

TEST(InternalCommit, RecordsThatAreTooManyForAnEntryGoAheadOfIt) {
  SimMachine machine;
  machine.boot();
  std::vector<std::string> records;
  for (int i = 0; i < 3000; ++i) records.push_back(std::to_string(i) + std::string(1000, 'r'));
  bool is_durable = false;
  std::optional<journal::Position> position;
  {
    Transaction transaction(*machine.store);
    transaction.put("key", std::string(512 << 10, 'v'));
    position = commit_internal(*machine.store, *machine.journal, transaction, records, [&] { is_durable = true; });
  }
  ASSERT_TRUE(position.has_value());
  machine.settle();
  EXPECT_TRUE(is_durable);
  EXPECT_EQ(machine.journal->durable(), *position);
  std::vector<std::string> read;
  const auto given = machine.journal->read({0}, 64 << 20, [&](journal::Position at, std::string_view bytes) {
    const Result<journal::EntryView> entry = journal::decode_entry(bytes);
    ASSERT_TRUE(entry.has_value());
    read.insert(read.end(), entry->records.begin(), entry->records.end());
    EXPECT_EQ(entry->changes.size(), at == *position ? 1u : 0u) << at.seq;
  });
  EXPECT_TRUE(given.has_value());
  EXPECT_EQ(read, records);
  machine.drain();
  machine.take_down();
}

}  // namespace
}  // namespace cairn::state
