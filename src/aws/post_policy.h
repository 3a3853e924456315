#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/error.h"
#include "base/json.h"
#include "base/time.h"

/// What whoever signed a browser's form lets others send with it ("POST policy"). No I/O; any thread.
namespace cairn::aws {

/// A form's fields, by their names in lower case.
using FormFields = std::map<std::string, std::string, std::less<>>;

class PostPolicy {
 public:
  /// Reads the document, decoded. Throws InvalidPolicyDocument.
  explicit PostPolicy(std::string_view document);

  /// Whether a form for `bucket` is as the policy wants it. Throws AccessDenied, in S3's words.
  void require(const FormFields& fields, std::string_view bucket, Time now) const;

  struct SizeRange {
    uint64_t min = 0, max = UINT64_MAX;
  };
  /// What the file may have; after `require`.
  const SizeRange& size_range() const { return size_range_; }

 private:
  struct Condition {
    enum Kind { kEquals, kStartsWith, kNever } kind = kEquals;
    std::string field;  // lower case
    std::string value;
    std::string shown;  // as S3 shows it in a refusal
  };
  void read_condition(const Json& condition);

  Time expiration_;
  std::vector<Condition> conditions_;
  SizeRange size_range_;
};

}  // namespace cairn::aws
