#include "template/node.h"

#include <charconv>

#include "base/text.h"

namespace cairn::cfn {

std::string Error::text() const {
  if (path.empty() && place.line == 0) return message;
  if (path.empty()) return fmt::format("{} (line {})", message, place.line);
  if (place.line == 0) return fmt::format("{} ({})", message, path);
  return fmt::format("{} ({}, line {})", message, path, place.line);
}

const Node* Node::member(std::string_view name) const {
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return &items[i];
  return nullptr;
}

bool Node::operator==(const Node& other) const {
  return kind == other.kind && text == other.text && names == other.names && items == other.items;
}

std::optional<Function> function_of(const Node& node) {
  if (!node.is_map() || node.items.size() != 1) return std::nullopt;
  const std::string& name = node.names.front();
  if (name != "Ref" && !name.starts_with("Fn::")) return std::nullopt;
  return Function{name, &node.items.front()};
}

Json scalar_json(const Node& node) {
  if (node.kind == Node::Kind::kBoolean) return node.text == "true";
  if (node.kind == Node::Kind::kNull) return nullptr;
  if (node.kind != Node::Kind::kNumber) return node.text;
  const char* end = node.text.data() + node.text.size();
  if (const auto integer = text::to_int(node.text); integer && std::to_string(*integer) == node.text) return *integer;
  double number = 0;
  const auto [stop, error] = std::from_chars(node.text.data(), end, number);
  if (error != std::errc() || stop != end) return node.text;
  Json json = number;
  return json.dump() == node.text ? json : Json(node.text);
}

Json to_json(const Node& node) {
  if (node.is_list()) {
    Json list = Json::array();
    for (const Node& item : node.items) list.push_back(to_json(item));
    return list;
  }
  if (!node.is_map()) return scalar_json(node);
  Json map = Json::object();
  auto& members = map.get_ref<Json::object_t&>();
  members.reserve(node.items.size());
  for (size_t i = 0; i < node.items.size(); ++i) members.emplace_back(node.names[i], to_json(node.items[i]));  // names differ already
  return map;
}

namespace {

bool find_path(const Node& node, const Node& target, std::string& path) {
  if (&node == &target) return true;
  for (size_t i = 0; i < node.items.size(); ++i) {
    const size_t length = path.size();
    path += '/';
    path += node.is_map() ? node.names[i] : std::to_string(i);
    if (find_path(node.items[i], target, path)) return true;
    path.resize(length);
  }
  return false;
}

}  // namespace

std::string path_of(const Node& root, const Node& target) {
  std::string path;
  if (!find_path(root, target, path)) path.clear();
  return path;
}

void drop_repeated(Node& map) {
  std::unordered_map<std::string_view, size_t> first;
  std::vector<size_t> taken_from(map.names.size());
  bool repeated = false;
  for (size_t i = 0; i < map.names.size(); ++i) {
    taken_from[i] = i;
    const auto [at, fresh] = first.emplace(map.names[i], i);
    if (fresh) continue;
    taken_from[at->second] = i;
    taken_from[i] = SIZE_MAX;
    repeated = true;
  }
  if (!repeated) return;
  Node kept;
  for (size_t i = 0; i < map.names.size(); ++i) {
    if (taken_from[i] == SIZE_MAX) continue;
    kept.names.push_back(map.names[i]);
    kept.items.push_back(std::move(map.items[taken_from[i]]));
  }
  map.names = std::move(kept.names);
  map.items = std::move(kept.items);
}

Error error_of(const Refusal& refusal, const Node& root) {
  Error error{.message = refusal.message, .path = {}, .place = {}};
  if (refusal.at) error.place = refusal.at->place, error.path = path_of(root, *refusal.at);
  return shortened(std::move(error));
}

Error shortened(Error error) {
  constexpr size_t kMessageBytesMax = 4096, kPathBytesMax = 1024;
  const auto shorten = [](std::string& text, size_t bytes_max) {
    if (text.size() <= bytes_max) return;
    while ((static_cast<unsigned char>(text[bytes_max]) & 0xC0u) == 0x80u) --bytes_max;  // no half of a code point
    text.resize(bytes_max);
    text += "...";
  };
  shorten(error.message, kMessageBytesMax);
  shorten(error.path, kPathBytesMax);
  return error;
}

}  // namespace cairn::cfn
