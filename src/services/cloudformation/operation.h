#pragma once
#include <string>
#include <vector>

#include "services/cloudformation/stack.h"

namespace cairn::cloudformation {

/// What is under way with a stack, as its document has it. A stack has at most one; whoever puts another in its place ends the former.
struct Operation {
  enum class Phase {
    kForward,  // resources become what the new generation wants
    kRestore,  // ... what the former wanted, after a failure
    kCleanup,  // what neither wants is removed; the stack's fate is decided already
    kRemove,   // all are removed
  };
  aws::AccountId account;
  aws::Region region;
  std::string stack;  // its id
  std::string id;     // of the operation
  Phase phase = Phase::kForward;
  bool is_creation = false;  // the first operation of a stack, or its rollback
  bool is_import = false;    // nothing but what `imports` names
  int from = 0, to = 0;      // generations
  Json principal;            // caller.h
  std::string role, token;
  std::string on_failure = "ROLLBACK";   // DO_NOTHING, DELETE
  std::string succeeded, failed_status;  // kRemove, kCleanup: the stack's status afterwards
  std::vector<std::string> failed;       // resources, in this phase
  std::vector<std::string> retained;     // DeleteStack's RetainResources; ContinueUpdateRollback's ResourcesToSkip
  std::string policy;                    // the stack policy that holds for it
  Json about = Json::object();           // what the stack shall show of itself (Stack::about) when kForward has succeeded
  Json imports = Json::object();         // logical id -> what names a thing that is there already, and becomes the stack's
  Json nested = Json::object();          // logical id -> what a change set knows of a nested stack (nested.h)
  bool is_cancelled = false;
  std::string endpoint = {};  // where its caller found this server: http://HOST
  Time until = {};            // kForward: it is given up then; the epoch: never
  Time monitored_until = {};  // kForward: all is made, and it ends then unless a rollback trigger goes off
};

std::string encode(const Operation& operation);
Operation decode_operation(std::string_view document);
void put_operation(state::Transaction& state, const Operation& operation);

}  // namespace cairn::cloudformation
