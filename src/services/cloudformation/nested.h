#pragma once
#include <string>

#include "services/cloudformation/operation.h"

/// Stacks that are resources of others. They are made and changed by calls like anyone's; what they are to the stack around them is
/// written down in the entry of that call.
namespace cairn::cloudformation {

constexpr int kNestingMax = 8;      // levels, so that a template that nests itself comes to an end
constexpr size_t kNestedMax = 500;  // stacks in an outermost one, at any level

/// Why no stack may be nested in this one, or "".
std::string nesting_problem(state::Transaction& state, const Stack& parent);
/// After a call that `parent`'s operation `of` made: the stack with this ARN is nested in it, and where it is at work, it works for that.
void adopt(state::Transaction& state, const std::string& arn, const Stack& parent, const Operation& of, bool is_new);
/// A stack that `parent` is to have, in review: a change set tells what it would be made of.
Stack new_nested(api::Call& call, const Stack& parent, const std::string& resource);
/// It is gone.
void disown(state::Transaction& state, const Stack& nested);

/// The outermost stack; itself, if it is in no other.
Stack root_of(state::Transaction& state, const Stack& stack);
/// Whether a stack around it has an operation under way or, `or_to_end`, one that rests until it is gone on with.
enum class Rests { kNo, kCount };
bool is_held(state::Transaction& state, const Stack& nested, Rests rests);
/// Throws ValidationError if the caller may not change a nested stack now: the stacks around it rely on it as it is.
void check_not_held(api::Call& call, const Stack& stack);

/// A TemplateURL that only a stack's own operations can use: the template that a stack was made by before.
std::string former_template(const std::string& arn, int generation);
/// Its generation; 0: it is another URL.
int generation_of(const std::string& arn, std::string_view url);

}  // namespace cairn::cloudformation
