#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "api/call.h"

namespace cairn::api {

enum class Runs {
  kInline,  // touches memory only (state, history's tail): on the io thread
  kPool,    // may wait for a disk: on the bounded pool
};

using Handle = void (*)(Call&);

/// One implemented operation. Shapes, bindings and errors come from the model table; the row adds what the model cannot know.
struct Operation {
  std::string_view name;
  Handle handle;
  Runs runs = Runs::kInline;
  Handle admit = nullptr;  // streaming inputs: a first look before the body is received; throws to refuse
};

/// Operations whose callers prove otherwise who they are than by a signature: their handlers see to it.
inline bool needs_no_signature(const aws::ServiceModel& service, const aws::OperationModel& operation) {
  if (service.key == "sns") return operation.name == "ConfirmSubscription" || operation.name == "Unsubscribe";  // links in messages
  return service.key == "sts" && (operation.name == "AssumeRoleWithWebIdentity" || operation.name == "AssumeRoleWithSAML");
}

/// Who asks the policy engine about a call.
enum class Decides {
  kPipeline,  // before the handler, by the caller's identity policies and what api/demands.cc says of the operation
  kHandler,   // the handler, as its resources have policies too: by api/authorize.h; one that forgets to makes the call fail
};

/// The operations of one file of a service's folder; found by cairn_catalog, no list to edit.
struct Family {
  std::string_view service;               // key of the model: "s3"
  std::span<const Operation> operations;  // sorted by name
  Decides decides = Decides::kPipeline;
};

/// A service: its model and what is implemented of it.
struct Service {
  const aws::ServiceModel* model = nullptr;
  std::vector<const Operation*> operations;  // parallel to model->operations; null: NotImplemented
  std::vector<Decides> decides;              // parallel as well
};

}  // namespace cairn::api
