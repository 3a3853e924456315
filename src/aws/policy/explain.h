#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "aws/policy/decide.h"

namespace cairn::aws::policy {

/// How far a policy is from allowing a request: the Allow statement that comes nearest, and what of it does not fit.
struct Gap {
  const Statement* nearest = nullptr;  // nullptr: the policy allows nothing at all
  size_t index = 0;
  bool principal_fits = false;  // false: no Allow statement names the caller
  bool action_fits = false;
  bool resource_fits = false;
  std::vector<const Condition*> unmet;
};
Gap find_gap(const Policy& policy, const Request& request);

/// The same for a person, without a full stop: 'statement "Write" allows it, but its condition StringEquals s3:x-amz-acl wants
/// "bucket-owner-full-control", and the request has none'. `name`: what the policy is called: "the bucket policy".
std::string explain(const Policy& policy, const Request& request, std::string_view name);

/// 'statement "Write"', or 'statement 2' where it has no Sid; counted from 1.
std::string show_statement(const Statement& statement, size_t index);

}  // namespace cairn::aws::policy
