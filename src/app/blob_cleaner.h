#pragma once
#include <atomic>

#include "blob/store.h"
#include "journal/follower.h"

namespace cairn::app {

/// Deletes an object's bytes once the journal says durably that nothing names them any more (its `blob/ID` document was erased).
class BlobCleaner : public journal::Follower {
 public:
  BlobCleaner(blob::Store& blobs, journal::Position from) : blobs_(blobs), position_(from.seq) {}

  std::string_view name() const override { return "blob-cleaner"; }
  /// Nothing is remembered: what a crash leaves behind is found at the next start (sweeper.h).
  journal::Position position() const override { return {position_.load()}; }
  void consume(journal::Position position, const journal::EntryView& entry) override {
    for (const journal::ChangeView& change : entry.changes)
      if (!change.value && change.key.starts_with(kPrefix)) blobs_.remove(blob::BlobId(std::string(change.key.substr(kPrefix.size()))));
    position_ = position.seq;
  }

  static constexpr std::string_view kPrefix = "blob/";

 private:
  blob::Store& blobs_;
  std::atomic<uint64_t> position_;
};

}  // namespace cairn::app
