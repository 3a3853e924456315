#include "sql/pruning.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace cairn::sql {
namespace {

constexpr std::array<std::string_view, 6> kPathColumns = {"account", "region", "year", "month", "day", "timestamp"};
// Pure, and of their arguments only.
constexpr std::array<std::string_view, 14> kFunctions = {"~~",    "!~~",  "~~*",   "!~~*",   "||",     "concat",      "lower",
                                                         "upper", "left", "right", "substr", "prefix", "starts_with", "substring"};
constexpr std::array<std::string_view, 5> kTableFunctions = {"unnest", "range", "generate_series", "json_each", "json_tree"};

std::string text_of(const Json& object, const char* member) {
  const auto it = object.find(member);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

template <class List>
bool is_among(const List& list, std::string_view word) {
  return std::ranges::any_of(list, [&](std::string_view other) { return text::equals_ignoring_case(word, other); });
}

bool is_ours(const Json& from) {
  return text_of(from, "type") == "BASE_TABLE" &&
         is_among(std::array<std::string_view, 2>{"events", "cloudtrail_logs"}, text_of(from, "table_name"));
}

/// Whether an expression is made of the path's columns and constants. `alias`: what the table is called. Counts the columns.
bool is_about_paths(const Json& expression, std::string_view alias, size_t& columns) {
  if (!expression.is_object()) return false;
  const std::string kind = text_of(expression, "class");
  const auto all = [&](std::initializer_list<const char*> members) {
    return std::ranges::all_of(members, [&](const char* member) {
      const auto it = expression.find(member);
      if (it == expression.end()) return false;
      if (!it->is_array()) return is_about_paths(*it, alias, columns);
      return std::ranges::all_of(*it, [&](const Json& child) { return is_about_paths(child, alias, columns); });
    });
  };
  if (kind == "CONSTANT") return true;
  if (kind == "COLUMN_REF") {
    const auto names = expression.find("column_names");
    if (names == expression.end() || !names->is_array() || names->empty() || names->size() > 2) return false;
    if (names->size() == 2 && !text::equals_ignoring_case((*names)[0].get<std::string>(), alias)) return false;
    ++columns;
    return is_among(kPathColumns, names->back().get<std::string>());
  }
  if (kind == "COMPARISON") return all({"left", "right"});
  if (kind == "BETWEEN") return all({"input", "lower", "upper"});
  if (kind == "CONJUNCTION") return all({"children"});
  if (kind == "OPERATOR") {
    constexpr std::array<std::string_view, 5> kOperators = {"COMPARE_IN", "COMPARE_NOT_IN", "OPERATOR_NOT", "OPERATOR_IS_NULL",
                                                            "OPERATOR_IS_NOT_NULL"};
    return is_among(kOperators, text_of(expression, "type")) && all({"children"});
  }
  if (kind == "FUNCTION") {
    const auto schema = text_of(expression, "schema");
    return schema.empty() && is_among(kFunctions, text_of(expression, "function_name")) && all({"children"});
  }
  return false;
}

/// The parts of a condition that are joined by AND and are about paths.
void add_conditions(const Json& condition, std::string_view alias, Json& out) {
  if (condition.is_object() && text_of(condition, "type") == "CONJUNCTION_AND" && condition.contains("children")) {
    for (const Json& child : condition["children"]) add_conditions(child, alias, out);
    return;
  }
  size_t columns = 0;
  if (is_about_paths(condition, alias, columns) && columns > 0) out.push_back(condition);
}

/// The SELECT with these conditions only, over the table of partitions.
Json query_of(const Json& select, std::string_view alias, Json conditions) {
  Json query = select;
  query["modifiers"] = Json::array();
  query["cte_map"] = {{"map", Json::array()}};
  query["select_list"] = Json::array({{{"class", "COLUMN_REF"}, {"type", "COLUMN_REF"}, {"alias", ""}, {"column_names", {"cairn_part"}}}});
  query["from_table"]["table_name"] = kPartsTable;
  query["from_table"]["schema_name"] = query["from_table"]["catalog_name"] = "";
  query["from_table"]["alias"] = alias;
  query["from_table"]["sample"] = query["from_table"]["at_clause"] = nullptr;
  query["where_clause"] = {{"class", "CONJUNCTION"}, {"type", "CONJUNCTION_AND"}, {"alias", ""}, {"children", std::move(conditions)}};
  query["group_expressions"] = query["group_sets"] = Json::array();
  query["aggregate_handling"] = "STANDARD_HANDLING";
  query["having"] = query["sample"] = query["qualify"] = nullptr;
  return query;
}

struct Walk {
  size_t mentions = 0;
  bool may_need_all = false;
  std::vector<std::string> queries;

  void visit(const Json& value) {
    if (value.is_array()) {
      for (const Json& child : value) visit(child);
      return;
    }
    if (!value.is_object()) return;
    const std::string type = text_of(value, "type");
    if (type == "SHOW_REF" || type == "PIVOT") may_need_all = true;  // names tables in its own ways
    if (type == "TABLE_FUNCTION") {
      const auto function = value.find("function");
      if (function == value.end() || !is_among(kTableFunctions, text_of(*function, "function_name"))) may_need_all = true;
    }
    if (is_ours(value)) ++mentions;
    if (type == "SELECT_NODE" && value.contains("from_table") && is_ours(value["from_table"])) visit_select(value);
    for (const auto& [name, child] : value.items()) visit(child);
  }

  void visit_select(const Json& select) {
    const Json& from = select["from_table"];
    const auto renamed = from.find("column_name_alias");
    if (renamed != from.end() && !renamed->empty()) return;
    const std::string own = text_of(from, "alias");
    const std::string alias = own.empty() ? text_of(from, "table_name") : own;
    Json conditions = Json::array();
    if (const auto where = select.find("where_clause"); where != select.end()) add_conditions(*where, alias, conditions);
    if (conditions.empty()) return;
    const Json node = {{"node", query_of(select, alias, std::move(conditions))}, {"named_param_map", Json::array()}};
    queries.push_back(json::dump({{"error", false}, {"statements", Json::array({node})}}));
  }
};

}  // namespace

std::optional<std::vector<std::string>> partition_queries(const Json& statement) {
  const auto failed = statement.find("error");
  if (failed == statement.end() || *failed != false) return std::nullopt;
  Walk walk;
  walk.visit(statement);
  if (walk.may_need_all || walk.mentions != walk.queries.size()) return std::nullopt;
  return std::move(walk.queries);
}

}  // namespace cairn::sql
