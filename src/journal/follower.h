#pragma once
#include <memory>
#include <string>
#include <vector>

#include "journal/entry.h"
#include "journal/journal.h"

namespace cairn::journal {

/// Someone who reads the journal and makes something of it. It keeps its own durable position; after a restart it is given
/// everything after that again. Called on its own task, never concurrently with itself.
class Follower {
 public:
  virtual ~Follower() = default;
  virtual std::string_view name() const = 0;
  virtual Position position() const = 0;  // durable: everything up to here need not be given again. Any thread
  virtual void consume(Position position, const EntryView& entry) = 0;
  virtual void caught_up(Position) {}  // after each batch: nothing more was durable at that moment
};

/// Feeds one follower from the journal on a task of its own, until destroyed.
class Feed {
 public:
  Feed(Journal& journal, env::Tasks& tasks, Follower& follower);
  ~Feed();
  Position consumed() const;  // the newest entry given to the follower. Any thread

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::journal
