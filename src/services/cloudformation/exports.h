#pragma once
#include "services/cloudformation/stack.h"

namespace cairn::cloudformation {

struct Export {
  std::string name, value, stack;  // stack: its ARN
};
std::optional<Export> find_export(state::Transaction& state, const aws::AccountId& account, const aws::Region& region,
                                  std::string_view name);
/// The names of stacks that import it.
std::vector<std::string> importers(state::Transaction& state, const aws::AccountId& account, const aws::Region& region,
                                   std::string_view name);
/// Why the stack cannot export just these, or "".
std::string export_problem(state::Transaction& state, const Stack& stack, const std::vector<Export>& exported);
/// The stack exports these, and nothing else; it imports those. `stack`: with the Outputs that it had.
void put_exports(state::Transaction& state, const Stack& stack, const std::vector<Export>& exported);
void put_imports(state::Transaction& state, Stack& stack, std::vector<std::string> names);

}  // namespace cairn::cloudformation
