#include "template/for_each.h"

#include <set>

#include "template/canonical.h"

namespace cairn::cfn {
namespace {

constexpr std::string_view kPrefix = "Fn::ForEach::";

template <class... Args>
[[noreturn]] void fail(const Node& at, fmt::format_string<Args...> format, Args&&... args) {
  refuse(at, "Transform AWS::LanguageExtensions failed with: {}", fmt::format(format, std::forward<Args>(args)...));
}

bool is_loop(std::string_view name) { return name.starts_with(kPrefix); }

class Expander {
 public:
  explicit Expander(const Scope& scope) : scope_(scope), evaluator_(scope) {}

  Node expand() {
    Node root = shell(scope_.root);
    for (size_t i = 0; i < scope_.root.items.size(); ++i) {
      const std::string& name = scope_.root.names[i];
      const bool has_loops = name == "Conditions" || name == "Resources" || name == "Outputs";
      put(root, name, has_loops ? written_out(scope_.root.items[i], 0) : copied(scope_.root.items[i]));
    }
    return root;
  }

 private:
  struct Variable {
    std::string name, value, letters;  // letters: the value's alphanumeric ones
  };

  Node shell(const Node& node) {
    Node copy;
    copy.kind = node.kind;
    copy.place = node.place;
    copy.text = replaced(node.text, node);
    count(node, copy.text.size());
    return copy;
  }

  void count(const Node& at, size_t bytes) {
    bytes_ += bytes;
    if (++nodes_ > kNodesMax || bytes_ > kBytesMax)
      fail(at, "the template becomes larger than {} values or {} bytes", kNodesMax, kBytesMax);
  }

  void put(Node& map, std::string name, Node value) {
    bytes_ += name.size();
    map.names.push_back(std::move(name));
    map.items.push_back(std::move(value));
  }

  Node copied(const Node& node) {
    Node copy = shell(node);
    copy.names = node.names;
    for (const std::string& name : node.names) bytes_ += name.size();
    for (const Node& item : node.items) copy.items.push_back(copied(item));
    return copy;
  }

  /// "${Name}" and "&{Name}" of the loops around.
  std::string replaced(const std::string& text, const Node& at) {
    if (variables_.empty() || text.find('{') == std::string::npos) return text;
    std::string out;
    size_t from = 0;
    while (true) {
      const size_t brace = text.find('{', from);
      if (brace == std::string::npos) break;
      const char mark = brace > 0 ? text[brace - 1] : '\0';
      const Variable* variable = nullptr;
      if (brace > from && (mark == '$' || mark == '&'))
        for (const Variable& candidate : variables_)
          if (text.compare(brace + 1, candidate.name.size(), candidate.name) == 0 && text[brace + 1 + candidate.name.size()] == '}')
            variable = &candidate;
      if (!variable) {
        out.append(text, from, brace + 1 - from);
        from = brace + 1;
        continue;
      }
      out.append(text, from, brace - 1 - from);
      out += mark == '$' ? variable->value : variable->letters;
      from = brace + variable->name.size() + 2;
      if (out.size() > kBytesMax) fail(at, "the template becomes larger than {} bytes", kBytesMax);
    }
    out.append(text, from, std::string::npos);
    return out;
  }

  const Variable* variable(std::string_view name) const {
    for (const Variable& candidate : variables_)
      if (candidate.name == name) return &candidate;
    return nullptr;
  }

  Node written_out(const Node& node, size_t depth) {
    const auto function = function_of(node);
    if (function && function->name == "Ref" && function->argument->is_scalar())
      if (const Variable* meant = variable(function->argument->text)) {
        Node value;
        value.kind = Node::Kind::kString;
        value.place = node.place;
        value.text = meant->value;
        count(node, value.text.size());
        return value;
      }
    Node copy = shell(node);
    if (!node.is_map()) {
      for (const Node& item : node.items) copy.items.push_back(written_out(item, depth));
      return copy;
    }
    write_members(copy, node, depth);
    if (function && (function->name == "Ref" || function->name == "Fn::GetAtt")) tell_names(copy.items.front(), node);
    return copy;
  }

  /// Names of resources and attributes may be computed here, from what is known without resources.
  void tell_names(Node& argument, const Node& at) {
    if (argument.is_list())
      for (Node& item : argument.items) tell_names(item, at);
    if (!argument.is_map()) return;
    try {
      check_functions(argument, Block::kConditions, Dialect::kExtended);
      argument.text = evaluator_.text(argument, "Transform AWS::LanguageExtensions failed with: a name that is computed is no string");
    } catch (Refusal& refusal) {
      refusal.at = &at;  // the copy goes
      throw;
    }
    argument.kind = Node::Kind::kString;
    argument.names.clear();
    argument.items.clear();
  }

  void write_members(Node& into, const Node& map, size_t depth) {
    const bool has_loops = std::any_of(map.names.begin(), map.names.end(), is_loop);
    std::set<std::string, std::less<>> taken;
    for (size_t i = 0; i < map.items.size(); ++i) {
      if (is_loop(map.names[i])) {
        write_loop(into, map.items[i], depth + 1);
        continue;
      }
      put(into, replaced(map.names[i], map), written_out(map.items[i], depth));
    }
    if (!has_loops && variables_.empty()) return;
    for (const std::string& name : into.names)
      if (!taken.insert(name).second) fail(map, "Duplicate key '{}' when merging keys to parent object in Fn::ForEach", name);
  }

  void write_loop(Node& into, const Node& loop, size_t depth) {
    if (depth > kLoopDepthMax) fail(loop, "Fn::ForEach is nested more than {} deep", kLoopDepthMax);
    const bool fits = loop.is_list() && loop.items.size() == 3 && loop.items[0].is_scalar() && loop.items[2].is_map();
    if (!fits || loop.items[0].text.empty()) fail(loop, "Fn::ForEach layout is incorrect");
    const std::string& name = loop.items[0].text;
    if (variable(name)) fail(loop, "Fn::ForEach uses the identifier '{}' of a loop around it", name);
    for (const std::string& value : collection(loop.items[1], depth)) {
      std::string letters;
      for (const char c : value)
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) letters += c;
      variables_.push_back({name, value, std::move(letters)});
      count(loop, 0);
      Node part;
      part.kind = Node::Kind::kMap;
      write_members(part, loop.items[2], depth);
      for (size_t i = 0; i < part.items.size(); ++i) {
        into.names.push_back(std::move(part.names[i]));
        into.items.push_back(std::move(part.items[i]));
      }
      variables_.pop_back();
    }
  }

  std::vector<std::string> collection(const Node& node, size_t depth) {
    const Node written = written_out(node, depth);
    try {
      check_functions(written, Block::kConditions, Dialect::kExtended);
      const auto list = evaluator_.value(written);
      if (!list || !list->is_array()) fail(node, "Fn::ForEach could not be resolved: its collection is no list");
      std::vector<std::string> values;
      for (const Json& element : *list) {
        auto text = scalar_text(element);
        if (!text) fail(node, "Fn::ForEach could not be resolved: its collection has values that are no strings");
        values.push_back(*std::move(text));
      }
      return values;
    } catch (Refusal& refusal) {
      refusal.at = &node;  // `written` goes
      throw;
    }
  }

  const Scope& scope_;
  Evaluator evaluator_;
  std::vector<Variable> variables_;
  size_t nodes_ = 0, bytes_ = 0;
};

}  // namespace

Node expand_loops(const Scope& scope) { return Expander(scope).expand(); }

}  // namespace cairn::cfn
