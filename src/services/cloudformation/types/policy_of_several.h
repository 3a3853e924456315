#pragma once
#include "services/cloudformation/doing.h"

/// A policy that a template writes once for several things, each of which has one of its own: topics, queues.
namespace cairn::cloudformation {

struct PolicyHolders {
  const char* property;  // names them
  void (*put)(Doing& doing, const Json& holder, const std::string& policy);
  void (*take)(Doing& doing, const Json& holder);  // it has its service's default policy again, if it is there
};
void create_policy(Doing& doing, const PolicyHolders& holders);
void update_policy(Doing& doing, const PolicyHolders& holders);
void remove_policy(Doing& doing, const PolicyHolders& holders);

}  // namespace cairn::cloudformation
