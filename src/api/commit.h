#pragma once
#include <string>
#include <vector>

#include "api/job.h"
#include "api/metrics.h"
#include "journal/journal.h"
#include "state/store.h"

namespace cairn::api {

struct CommitTo {
  state::Store& store;
  journal::Journal& journal;
  Metrics& metrics;
};

enum class Committed {
  kYes,
  kOutdated,  // something that was read has changed, nothing happened: decide again
  kTooLarge,  // for an entry of the journal, nothing happened: refuse the call, whose own record fits one
};
/// Record and changes become one journal entry (records of calls within it, if they are too many, entries ahead of it), and the changes
/// visible. Afterwards the job belongs to the journal: it answers
/// when the entry is on disk. No records: the call is not recorded (data events that nobody selects).
Committed commit(Job& job, state::Transaction& transaction, std::vector<std::string> records, const CommitTo& to);

}  // namespace cairn::api
