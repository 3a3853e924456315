#pragma once
#include <string>
#include <vector>

#include "template/node.h"

namespace cairn::cfn {

/// Which things need which others, by their numbers.
struct Graph {
  std::vector<std::string> ids;
  std::vector<std::vector<size_t>> needs;
};

/// Each behind all it needs, else as numbered. Those in cycles, and between cycles, are left out.
std::vector<size_t> order_of(const Graph& graph);
/// Those that `order_of` leaves out and that others of them need: the cycles. Empty if there are none.
std::vector<size_t> cycles_of(const Graph& graph);

/// "Circular dependency between resources: [A, B]"
[[noreturn]] void refuse_cycles(const Graph& graph, const std::vector<size_t>& cycles, const Node& at);
/// Refuses cycles that are there whatever the conditions: what stands in Fn::If, and conditional resources, are left out.
void check_acyclic(const Node& root);

}  // namespace cairn::cfn
