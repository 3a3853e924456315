#pragma once
#include <string>
#include <string_view>
#include <vector>

/// What looks like a secret in a record, because somebody put it into a name, a tag or a path: docs/sensitive-data.md. Pure.
namespace cairn::event {

struct Sensitive {
  enum class Kind { kAccessKey, kPrivateKey, kBearerToken, kUrlPassword, kCardNumber };
  Kind kind;
  std::string_view value;  // inside what was searched: the part that must not be shown
};

/// All there is in a record (compact JSON), in order, none inside another. What is hidden already is none.
std::vector<Sensitive> find_sensitive(std::string_view record);

/// What kinds there are among `found`, each once, in words: "access key".
std::vector<std::string_view> kinds_of(const std::vector<Sensitive>& found);

/// The record with AWS's word for hidden values in place of each of `found`, which find_sensitive gave for it.
std::string hide(std::string_view record, const std::vector<Sensitive>& found);

}  // namespace cairn::event
