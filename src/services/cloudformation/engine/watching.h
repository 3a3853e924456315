#pragma once
#include <optional>
#include <string>

#include "services/cloudformation/doing.h"
#include "services/cloudformation/stack.h"

/// What resources wait for, as the state has it.
namespace cairn::cloudformation {

struct Waiter {
  Time since;               // its action began then
  bool is_stopped = false;  // its stack's operation does not go on
};
/// What is to be answered now; nullopt: it has not come yet.
std::optional<Answer> seen(state::Transaction& state, const state::Sealer& sealer, const Watch& watch, const Waiter& waiter, Time now);
/// When it is late. nullopt: never.
std::optional<Time> end_of(const Watch& watch, const Waiter& waiter);
/// The document, or the folder of documents, whose change may bring it.
std::string watched(const Watch& watch);

}  // namespace cairn::cloudformation
