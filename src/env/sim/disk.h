#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "env/sim/files.h"
#include "env/sim/random.h"

/// What a simulated disk holds: files and directories, each as the process sees it and as it would survive. Not
/// thread-safe: SimFiles guards it.
namespace cairn::env::sim {

class DiskFile {
 public:
  const std::string& content() const { return content_; }
  void write(uint64_t offset, std::string_view data);
  void truncate(uint64_t size);
  void sync();
  void fail_sync();  // what was unsynced will not survive, whatever follows
  void crash(SimRandom& random, SimFiles::Unsynced unsynced);

 private:
  struct Change {
    uint64_t offset;                  // or the new size
    std::optional<std::string> data;  // none: a truncation
  };
  static void apply(const Change& change, std::string& content);
  static void apply_in_part(const Change& change, std::string& content, SimRandom& random);

  std::string content_;
  std::string durable_;
  std::vector<Change> unsynced_;  // in order
};

class DiskDirectory;
using DiskNode = std::variant<std::shared_ptr<DiskFile>, std::shared_ptr<DiskDirectory>>;

class DiskDirectory {
 public:
  using Entries = std::map<std::string, DiskNode, std::less<>>;
  const Entries& entries() const { return entries_; }
  const DiskNode* find(std::string_view name) const;
  void put(const std::string& name, DiskNode node);
  void erase(const std::string& name);
  /// Moves the name in one change; between two directories it survives in both or in neither.
  static void move(const std::shared_ptr<DiskDirectory>& from, const std::string& from_name, const std::shared_ptr<DiskDirectory>& to,
                   const std::string& to_name);
  void sync() { commit(unsynced_.size()); }
  /// This directory and everything below it, by what survives.
  void crash(SimRandom& random, SimFiles::Unsynced unsynced);
  uint64_t bytes() const;  // sizes of all files below

 private:
  struct Change {
    std::vector<std::pair<std::string, std::optional<DiskNode>>> names;  // none: the name goes
    std::weak_ptr<DiskDirectory> partner;                                // of a move between two directories
    std::shared_ptr<const int> move;                                     // the same in both of its halves
  };
  void change(Change change);
  void commit(size_t count);  // the first `count` changes become durable
  void commit_half(const std::shared_ptr<const int>& move);
  void choose(SimRandom& random, SimFiles::Unsynced unsynced);
  void settle(SimRandom& random, SimFiles::Unsynced unsynced);

  Entries entries_;
  Entries durable_;
  std::deque<Change> unsynced_;  // in order
};

}  // namespace cairn::env::sim
