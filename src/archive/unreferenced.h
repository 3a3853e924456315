#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "archive/object_names.h"
#include "archive/verify.h"

/// Which log files lie in a bucket that no digest names.
namespace cairn::archive {

/// Goes through keys in order, page by page.
class Listing {
 public:
  Listing(Objects& objects, std::string bucket, std::string prefix, std::string after)
      : objects_(objects), bucket_(std::move(bucket)), prefix_(std::move(prefix)), after_(std::move(after)) {}

  /// The key at hand; nullptr behind the last.
  Result<const std::string*> peek();
  void advance() { ++at_; }

 private:
  static constexpr size_t kPage = 1000;
  Objects& objects_;
  const std::string bucket_, prefix_;
  std::string after_;
  std::vector<std::string> page_;
  size_t at_ = 0;
  bool ended_ = false;
};

/// Holds what is listed against what digests name. Both come in order of time, roughly, so that little has to be kept: a file may be
/// named before it is listed, or some time after.
class Unreferenced {
 public:
  static constexpr size_t kWaitingMax = 1'000'000;

  /// Files whose names say times outside of the range are passed over.
  Unreferenced(Listing listing, std::optional<Time> start, std::optional<Time> end)
      : listing_(std::move(listing)), start_(start), end_(end) {}

  void named(const std::string& key);
  /// Lists on, up to files of `until`.
  Result<void> list_until(Time until);
  /// Files that nothing has named so far, and the time of their name; nullopt: a name that no delivery gives.
  std::map<std::string, std::optional<Time>>& waiting() { return waiting_; }
  uint64_t overflow() const { return overflow_; }  // more of them, above kWaitingMax

 private:
  void take(const std::string& key, const std::optional<ParsedKey>& name);

  Listing listing_;
  const std::optional<Time> start_, end_;
  std::string passed_;  // listed up to here
  std::set<std::string> named_;
  std::map<std::string, std::optional<Time>> waiting_;
  uint64_t overflow_ = 0;
};

}  // namespace cairn::archive
