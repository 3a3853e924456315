#include "services/cloudformation/exports.h"

#include <algorithm>

namespace cairn::cloudformation {
namespace {

constexpr size_t kImportersMax = 1000;  // looked at

/// What it exports now.
std::vector<std::string> exports_of(const Stack& stack) {
  std::vector<std::string> names;
  const auto outputs = stack.about.find("Outputs");
  if (outputs == stack.about.end()) return names;
  for (const Json& output : *outputs)
    if (const auto name = output.find("ExportName"); name != output.end()) names.push_back(name->get<std::string>());
  return names;
}

}  // namespace

std::optional<Export> find_export(state::Transaction& state, const aws::AccountId& account, const aws::Region& region,
                                  std::string_view name) {
  const std::optional<std::string> document = state.get(keys::exports_in(account, region).append(name));
  if (!document) return std::nullopt;
  const Json text = json::parse(*document).value();  // we wrote it
  return Export{.name = std::string(name), .value = text.at("value").get<std::string>(), .stack = text.at("stack").get<std::string>()};
}

std::vector<std::string> importers(state::Transaction& state, const aws::AccountId& account, const aws::Region& region,
                                   std::string_view name) {
  std::vector<std::string> names;
  for (const state::Item& item : state.list(keys::imports_of(account, region, name), "", kImportersMax).items) names.push_back(item.value);
  return names;
}

std::string export_problem(state::Transaction& state, const Stack& stack, const std::vector<Export>& exported) {
  for (const Export& each : exported) {
    const std::optional<Export> there = find_export(state, stack.account, stack.region, each.name);
    if (!there) continue;
    if (there->stack != stack.arn()) {
      const size_t at = there->stack.find(":stack/") + 7;
      return fmt::format("Export with name {} is already exported by stack {}", each.name,
                         there->stack.substr(at, there->stack.find('/', at) - at));
    }
    if (there->value == each.value) continue;
    if (const auto users = importers(state, stack.account, stack.region, each.name); !users.empty())
      return fmt::format("Cannot update export {} as it is in use by {}", each.name, fmt::join(users, ", "));
  }
  for (const std::string& name : exports_of(stack)) {
    if (std::ranges::find(exported, name, &Export::name) != exported.end()) continue;
    if (const auto users = importers(state, stack.account, stack.region, name); !users.empty())
      return fmt::format("Export {} cannot be deleted as it is in use by {}", name, fmt::join(users, ", "));
  }
  return "";
}

void put_exports(state::Transaction& state, const Stack& stack, const std::vector<Export>& exported) {
  const std::string folder = keys::exports_in(stack.account, stack.region);
  for (const std::string& name : exports_of(stack))
    if (std::ranges::find(exported, name, &Export::name) == exported.end()) state.erase(folder + name);
  for (const Export& each : exported) state.put(folder + each.name, json::dump(Json{{"value", each.value}, {"stack", stack.arn()}}));
}

void put_imports(state::Transaction& state, Stack& stack, std::vector<std::string> names) {
  for (const std::string& name : stack.imports) state.erase(keys::imports_of(stack.account, stack.region, name) + stack.id);
  for (const std::string& name : names) state.put(keys::imports_of(stack.account, stack.region, name) + stack.id, stack.name);
  stack.imports = std::move(names);
}

}  // namespace cairn::cloudformation
