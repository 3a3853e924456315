#pragma once
#include "services/cloudformation/change_set.h"

/// What is in a change set: the changes, what is imported, and sets of nested stacks.
namespace cairn::cloudformation {

constexpr size_t kChangeSetsMax = 50;          // of a stack
constexpr size_t kNestedBytesMax = 900 << 10;  // of a set and all those of nested stacks: they are one entry of the journal

/// By the parameters of CreateChangeSet. Puts it, and those of nested stacks. Throws as that call does. `set`: as far as those parameters
/// say nothing of it: its stack, name, id, type.
void make_change_set(api::Call& call, const Stack& stack, ChangeSet& set);

/// A new set of the stack, with its ARN. Throws LimitExceededException.
ChangeSet new_change_set(api::Call& call, const Stack& stack, const std::string& name, std::string_view type);

}  // namespace cairn::cloudformation
