#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "api/call.h"
#include "aws/names.h"

namespace cairn::ssm {

/// A parameter's name, as it was given when it was made: "name" or "/path/name".
struct ParameterName {
  aws::AccountId account;
  aws::Region region;
  std::string name;
  std::string arn() const;  // without the slash that the name begins with
};

/// Throws what AWS says of names that nobody may give.
void check_new_name(const ParameterName& name);
/// Of GetParametersByPath and filters: "/", "/path" or "/path/". Throws ValidationException.
void check_path(std::string_view path);

/// What a call names: a name or an ARN, and maybe the version that is meant.
struct Named {
  ParameterName name;
  std::string alternative;  // the name if there is none of the first: an ARN does not tell whether a name begins with a slash
  std::string selector;     // ":3"; empty: the newest
  std::optional<int64_t> version() const;
};
/// nullopt: it can name nothing.
std::optional<Named> parse_named(const api::Call& call, std::string_view text);

}  // namespace cairn::ssm
