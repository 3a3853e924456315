#include "template/graph.h"

#include <map>
#include <set>

#include "template/references.h"

namespace cairn::cfn {
namespace {

/// Takes away what has nothing left in `edges`, lowest number first, until nothing more can go.
std::vector<size_t> peel(const std::vector<std::vector<size_t>>& edges, const std::vector<std::vector<size_t>>& reverse,
                         std::vector<bool> gone) {
  std::vector<size_t> left(edges.size());
  std::set<size_t> free;
  for (size_t i = 0; i < edges.size(); ++i) {
    for (const size_t other : edges[i]) left[i] += gone[other] ? 0 : 1;
    if (!gone[i] && left[i] == 0) free.insert(i);
  }
  std::vector<size_t> taken;
  while (!free.empty()) {
    const size_t next = *free.begin();
    free.erase(free.begin());
    taken.push_back(next);
    for (const size_t other : reverse[next])
      if (!gone[other] && --left[other] == 0) free.insert(other);
  }
  return taken;
}

std::vector<std::vector<size_t>> reversed(const std::vector<std::vector<size_t>>& edges) {
  std::vector<std::vector<size_t>> reverse(edges.size());
  for (size_t i = 0; i < edges.size(); ++i)
    for (const size_t other : edges[i]) reverse[other].push_back(i);
  return reverse;
}

}  // namespace

std::vector<size_t> order_of(const Graph& graph) { return peel(graph.needs, reversed(graph.needs), std::vector<bool>(graph.ids.size())); }

std::vector<size_t> cycles_of(const Graph& graph) {
  std::vector<bool> gone(graph.ids.size());
  for (const size_t i : order_of(graph)) gone[i] = true;
  for (const size_t i : peel(reversed(graph.needs), graph.needs, gone)) gone[i] = true;
  std::vector<size_t> cycles;
  for (size_t i = 0; i < gone.size(); ++i)
    if (!gone[i]) cycles.push_back(i);
  return cycles;
}

void refuse_cycles(const Graph& graph, const std::vector<size_t>& cycles, const Node& at) {
  std::vector<std::string_view> ids;
  for (const size_t i : cycles) ids.push_back(graph.ids[i]);
  refuse(at, "Circular dependency between resources: [{}]", fmt::join(ids, ", "));
}

void check_acyclic(const Node& root) {
  const Node& resources = *root.member("Resources");
  std::map<std::string_view, size_t> numbers;
  for (size_t i = 0; i < resources.names.size(); ++i)
    if (!resources.items[i].member("Condition")) numbers.emplace(resources.names[i], i);
  Graph graph{.ids = resources.names, .needs = std::vector<std::vector<size_t>>(resources.names.size())};
  for (const auto& [name, i] : numbers) {
    std::set<size_t> needs;
    const auto need = [&](const std::string& other) {
      if (const auto number = numbers.find(other); number != numbers.end()) needs.insert(number->second);
    };
    const Node& resource = resources.items[i];
    if (const Node* depends_on = resource.member("DependsOn")) {
      if (depends_on->is_scalar()) need(depends_on->text);
      for (const Node& other : depends_on->items) need(other.text);
    }
    for (const std::string_view section : {"Properties", "Metadata", "CreationPolicy", "UpdatePolicy"})
      if (const Node* values = resource.member(section))
        each_reference(*values, Branches::kNone, nullptr, [&](const Reference& reference) {
          if (reference.is_to_resource()) need(reference.name);
        });
    graph.needs[i].assign(needs.begin(), needs.end());
  }
  if (const auto cycles = cycles_of(graph); !cycles.empty()) refuse_cycles(graph, cycles, resources.items[cycles.front()]);
}

}  // namespace cairn::cfn
