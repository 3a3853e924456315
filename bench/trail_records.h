#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace cairn::bench {

/// An account's records as years of use make them, drawn from a seed: 300 event names of 14 services with a long tail, 500 principals
/// (users with keys, roles with sessions of an hour, a few services), 20,000 resources, parameters nested as each event's own are, some 1.5
/// KB a record. The same seed, number and span give the same bytes. One thread.
class TrailRecords {
 public:
  struct Options {
    uint64_t seed = 1;
    uint64_t count = 1'000'000;  // how many fill the span, evenly
    Time end{std::chrono::seconds(1'760'000'000)};
    std::chrono::seconds span = std::chrono::hours(24 * 90);
  };
  static constexpr size_t kNames = 300, kPrincipals = 500, kResources = 20'000, kKinds = 9;
  static constexpr const char* kAccount = "111122223333";

  explicit TrailRecords(const Options& options);

  /// The next one, oldest first, in place of `out`.
  void next(std::string& out);

  const std::string& name(size_t rank) const { return shapes_[rank].name; }  // 0: the most frequent
  const std::string& source(size_t rank) const { return shapes_[rank].source; }

 private:
  struct Member {
    enum Kind { kResource, kWord, kNumber, kFlag, kId, kFilters, kTags, kNested } kind;
    std::string name;
    uint32_t variety = 0;  // how many values there are
  };
  struct Shape {  // what all events of one name have in common
    std::string name, source;
    bool read_only = true;
    size_t resource_kind = 0;
    std::vector<Member> request, response;
  };
  struct Principal {
    enum Kind { kUser, kRole, kService } kind;
    std::string name, id, role_id, agents[2], addresses[3], key;
  };

  uint64_t draw();
  uint64_t draw(uint64_t n) { return draw() % n; }
  void members(std::string& out, const std::vector<Member>& all, std::string_view resource, std::string_view account_part);
  void identity(std::string& out, const Principal& principal, size_t number, uint64_t second);
  void uuid(std::string& out);
  void hex(std::string& out, size_t digits);
  std::string resource_name(size_t kind, size_t number) const;

  const Options options_;
  uint64_t state_, made_ = 0;
  std::vector<Shape> shapes_;
  std::vector<Principal> principals_;
  std::vector<uint16_t> name_of_, principal_of_, resource_of_;  // by a random number of kTableBits
};

}  // namespace cairn::bench
