#pragma once
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "app/blob_cleaner.h"
#include "blob/store.h"
#include "env/tasks.h"
#include "journal/journal.h"
#include "state/store.h"

namespace cairn::app {

/// What a crash left behind: bytes that were written and never named. A task's.
class Sweeper {
 public:
  /// What is there now is looked at.
  Sweeper(blob::Store& blobs, state::Store& store, journal::Journal& journal) : blobs_(blobs), store_(store), journal_(journal) {
    blobs_.each([this](const blob::BlobId& id) { unswept_.push_back(id); });
  }

  env::Next step() {
    using namespace std::chrono_literals;
    // What names them no more only in entries that are not durable yet is named again after a crash.
    if (!unnamed_.empty() && journal_.durable() < unnamed_since_) return env::Next::after(1ms);
    for (const blob::BlobId& id : std::exchange(unnamed_, {})) blobs_.remove(id);
    for (int i = 0; i < 256 && !unswept_.empty(); ++i) {
      blob::BlobId id = std::move(unswept_.back());
      unswept_.pop_back();
      state::Transaction transaction(store_);
      if (!transaction.exists(std::string(BlobCleaner::kPrefix) + id.str())) unnamed_.push_back(std::move(id));
    }
    unnamed_since_ = journal_.appended();
    if (unswept_.empty()) unswept_.shrink_to_fit();
    return unswept_.empty() && unnamed_.empty() ? env::Next::when_woken() : env::Next::after(1ms);
  }

 private:
  blob::Store& blobs_;
  state::Store& store_;
  journal::Journal& journal_;
  std::vector<blob::BlobId> unswept_;  // not looked at yet
  std::vector<blob::BlobId> unnamed_;  // nothing names them, as of unnamed_since_
  journal::Position unnamed_since_;
};

}  // namespace cairn::app
