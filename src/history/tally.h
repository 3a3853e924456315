#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

/// Counting events by values that stand beside the records, so that few of these or none need to be read.
namespace cairn::history {

struct Event;

/// What an event has one value of at most. The numbers are on disk.
enum class Column : uint8_t {
  kPlace,  // what selects an event: account, region, kind (columns.h)
  kEventName,
  kEventSource,
  kRegion,
  kAccount,  // recipientAccountId
  kErrorCode,
  kSourceAddress,
  kUserAgent,
  kCategory,
  kReadOnly,      // "true" or "false"
  kPrincipalArn,  // userIdentity.arn
  kUserType,      // userIdentity.type
  kUsername,      // as LookupEvents shows it
};
constexpr size_t kColumns = 13;

/// By the record's member ("userIdentity.arn"), or "Username". None: there is no column of it.
std::optional<Column> column_named(std::string_view name);
std::string_view name_of(Column column);

struct Tally {
  std::vector<Column> conditions;  // whose values tell whether an event is wanted
  std::vector<Column> fields;      // each: how many of the wanted have which value
  std::optional<std::chrono::seconds> interval;
};

/// Is told what one call counts. One thread at a time.
class Counter {
 public:
  using Values = std::span<const std::string_view>;  // parallel to columns; "": the event has none
  virtual ~Counter() = default;
  /// Whether events of these values of the conditions are wanted: all that the query's filters and condition say. May be asked again.
  virtual bool wants(Values values) = 0;
  virtual void add(size_t field, std::string_view value, uint64_t events) = 0;
  /// Of wanted events; `second`: since 1970, the first of an interval. Without intervals: 0.
  virtual void add_time(int64_t second, uint64_t events) = 0;
  /// A wanted one that was read: it is in none of the above.
  virtual void add(const Event& event) = 0;
  /// All that was told is taken back: it is counted anew.
  virtual void forget() = 0;
};

}  // namespace cairn::history
