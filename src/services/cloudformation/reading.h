#pragma once
#include <functional>
#include <memory>
#include <string>

#include "api/call.h"
#include "services/cloudformation/doing.h"

/// Functions of types that only read, run within a call: what they ask for is asked at once, as part of that call (api/within.h).
namespace cairn::cloudformation {

constexpr size_t kReadsMax = 100;  // calls of one function

/// Runs `function` until it has all its answers. Throws what it throws but what it asks for: Failed.
void read_within(api::Call& call, const Doing::Where& where, const std::function<void(Doing&)>& function);

/// While it lives, what is asked within the call is asked in the name of this role, which CloudFormation may take on; "": of the caller.
class InRole {
 public:
  InRole(api::Call& call, const std::string& role);
  InRole(const InRole&) = delete;
  ~InRole();

 private:
  api::Call& call_;
  aws::Principal principal_;
  std::shared_ptr<const identity::PolicySet> policies_;
};

}  // namespace cairn::cloudformation
