#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "env/tasks.h"
#include "journal/entry.h"
#include "journal/journal.h"
#include "journal/position.h"
#include "state/engine.h"

/// Which resources exist: key -> document. Reads see every commit at once; a commit is one journal entry, and what the
/// journal holds is the truth: the engine's file is a checkpoint with the position it stands for.
namespace cairn::state {

struct Item {
  std::string key;
  std::string value;
};
/// `more`: there are keys after the last item.
struct Page {
  std::vector<Item> items;
  bool more = false;
};

class Store;

/// What one call reads and changes. Reads see its own changes. Not thread-safe. It remembers what was read (values and
/// ranges), so that commit can tell whether any of it has changed since. May live long; not longer than the store. Reads throw
/// std::runtime_error when the engine cannot be read.
class Transaction {
 public:
  explicit Transaction(Store& store);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  std::optional<std::string> get(const std::string& key);
  bool exists(const std::string& key);
  /// Keys that start with `prefix` and are > `after` (whole key), in byte order, at most `limit` (and kListMax).
  Page list(const std::string& prefix, const std::string& after, size_t limit);
  void put(std::string key, std::string value);
  void erase(std::string key);
  /// Tells the journal's followers something, once: one note of a topic in a transaction. It is no document.
  void note(std::string_view topic, std::string value);
  std::span<const journal::Change> changes() const;
  void reset();                                     // forgets reads and changes: begin again, from now
  journal::Position base() const { return base_; }  // everything up to here was visible when it began

  static constexpr size_t kListMax = 1 << 16;  // keys in one page

 private:
  friend class Store;
  struct RangeRead {
    std::string prefix, after, last;  // what was covered: after < key <= last (last empty: to the prefix's end)
  };
  void change(std::string key, std::optional<std::string> value);

  Store* store_;
  journal::Position base_;
  std::vector<std::string> reads_;
  std::vector<RangeRead> ranges_;
  std::vector<journal::Change> changes_;                // at most one for a key
  std::map<std::string, size_t, std::less<>> changed_;  // key -> where in changes_
};

struct Options {
  size_t overlay_bytes_max = 64 << 20;                  // changes not yet in the checkpoint; beyond it accepting() is false
  size_t checkpoint_bytes = 8 << 20;                    // a checkpoint starts at this much ...
  std::chrono::milliseconds checkpoint_interval{1000};  // ... or at this age
  size_t cache_bytes_max = 8 << 20;                     // documents read from the engine and kept
};

/// Counts the commits that change a document below some prefix, for those who keep what they made of such documents: what was made
/// under a settled version stands until it is another. A change counts before anybody can have heard of it. Any thread.
class Watch {
 public:
  explicit Watch(std::string prefix) : prefix_(std::move(prefix)) {}
  uint64_t version() const { return version_.load(std::memory_order_acquire); }
  static bool is_settled(uint64_t version) { return version % 2 == 0; }  // else a commit is under way: keep nothing

 private:
  friend class Store;
  const std::string prefix_;
  std::atomic<uint64_t> version_{0};
};

class Store {
 public:
  /// `engine` holds everything up to engine.position(). Feed `replay` the journal's entries after that, then `start`.
  Store(Engine& engine, const Options& options);
  ~Store();  // makes no checkpoint. Before the journal and the engine go
  void replay(journal::Position position, const journal::EntryView& entry);
  void start(journal::Journal& journal, env::Tasks& tasks);  // begins to checkpoint in the background

  struct Conflict {};
  /// If nothing that `transaction` read has changed since it began: calls `append` (which puts records and changes into the
  /// journal as one entry and returns its position), makes the changes visible, returns the position. Else Conflict, and
  /// nothing happened: run the decision again on a reset transaction. Any thread; `append` runs under the store's locks and
  /// must not read it. After a commit the transaction is spent until reset.
  Result<journal::Position, Conflict> commit(Transaction& transaction,
                                             const std::function<journal::Position(std::span<const journal::Change>)>& append);
  const Watch& watch(std::string prefix);  // before the first commit; lives as long as the store
  bool accepting() const;                  // false while too much waits for a checkpoint: refuse before deciding
  journal::Position checkpointed() const;  // durable in the engine; the journal may release up to here
  void checkpoint();                       // now, if all that was appended is durable (drain first); for tests and shutdown

 private:
  friend class Transaction;
  struct Impl;
  static void count(std::span<const std::unique_ptr<Watch>> watches, std::span<const journal::Change> changes);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::state
