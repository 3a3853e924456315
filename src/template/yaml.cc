#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <istream>
#include <streambuf>

#include "template/functions.h"
#include "template/node.h"
#include "template/template.h"

namespace cairn::cfn {
namespace {

Place place_of(const YAML::Mark& mark) { return {.line = mark.line + 1, .column = mark.column + 1}; }

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> lower) {
  // As YAML 1.1 has it: true, True and TRUE, but not tRUE.
  for (const std::string_view candidate : lower) {
    if (word == candidate) return true;
    if (word.size() != candidate.size()) continue;
    bool upper = true, capital = true;
    for (size_t i = 0; i < word.size(); ++i) {
      const char big = static_cast<char>(candidate[i] - 'a' + 'A');
      upper = upper && word[i] == big;
      capital = capital && word[i] == (i == 0 ? big : candidate[i]);
    }
    if (upper || capital) return true;
  }
  return false;
}

/// Decimal numbers alone: 0777, 1_000 and 12:30 stay text, so that nothing is read into an account's number or a port mapping.
bool is_number(std::string_view word) {
  if (word.starts_with('-')) word.remove_prefix(1);
  size_t digits = 0;
  const auto take_digits = [&] {
    const size_t before = digits;
    while (digits < word.size() && word[digits] >= '0' && word[digits] <= '9') ++digits;
    return digits > before;
  };
  if (!take_digits() || (word[0] == '0' && digits > 1)) return false;
  if (digits == word.size()) return true;
  if (word[digits++] != '.' || !take_digits()) return false;
  return digits == word.size();
}

Node scalar(const YAML::Mark& mark, std::string_view tag, const std::string& value) {
  Node node;
  node.place = place_of(mark);
  node.text = value;
  node.kind = Node::Kind::kString;
  if (tag != "?" && !tag.starts_with("tag:yaml.org,2002:")) return node;
  if (tag.ends_with(":str")) return node;
  if (is_one_of(value, {"true", "yes", "on"})) {
    node.kind = Node::Kind::kBoolean;
    node.text = "true";
  } else if (is_one_of(value, {"false", "no", "off"})) {
    node.kind = Node::Kind::kBoolean;
    node.text = "false";
  } else if (is_number(value)) {
    node.kind = Node::Kind::kNumber;
  }
  return node;
}

/// Builds the tree from the parser's events. Throws Error, through the parser, for what is YAML and yet no template.
class Builder : public YAML::EventHandler {
 public:
  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw error(mark, "Template error: YAML aliases are not allowed in CloudFormation templates");
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    Node node;
    node.place = place_of(mark);
    put(mark, std::move(node));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
    if (!frames_.empty() && frames_.back().node.is_map() && !frames_.back().has_name) {  // a name stays what it was: "on" is not "true"
      frames_.back().node.names.push_back(value);
      frames_.back().has_name = true;
      return;
    }
    Node node = scalar(mark, tag, value);
    if (const std::string function = function_name(mark, tag); !function.empty()) node = call(function, std::move(node));
    put(mark, std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(mark, tag, Node::Kind::kList);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(mark, tag, Node::Kind::kMap);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Node node;
    std::string function;  // that the node is the argument of
    YAML::Mark mark;
    bool has_name = false;  // of a map: the last name waits for its value
  };

  Error error(const YAML::Mark& mark, std::string message) const {
    std::string path;
    for (const Frame& frame : frames_) {
      if (frame.node.is_list()) path += fmt::format("/{}", frame.node.items.size());
      if (frame.has_name) path += "/" + frame.node.names.back();
    }
    return {.message = std::move(message), .path = std::move(path), .place = place_of(mark)};
  }

  /// "!Sub" -> "Fn::Sub"; empty without such a tag.
  std::string function_name(const YAML::Mark& mark, std::string_view tag) const {
    if (tag == "?" || tag == "!" || tag.empty() || tag.starts_with("tag:yaml.org,2002:")) return {};
    const std::string_view name = tag.substr(1);
    if (tag.starts_with('!') && (name == "Ref" || name == "Condition")) return std::string(name);
    if (tag.starts_with('!') && is_function("Fn::" + std::string(name))) return "Fn::" + std::string(name);
    throw Error{.message = fmt::format("Template format error: YAML not well-formed. (line {}, column {})", mark.line + 1, mark.column + 1),
                .path = {},
                .place = {}};
  }

  static Node call(const std::string& function, Node argument) {
    Node node;
    node.kind = Node::Kind::kMap;
    node.place = argument.place;
    if (function == "Fn::GetAtt" && argument.is_scalar()) {  // !GetAtt A.B.C: the attribute B.C of A
      Node list;
      list.kind = Node::Kind::kList;
      list.place = argument.place;
      const size_t dot = argument.text.find('.');
      Node attribute = argument;
      attribute.kind = argument.kind = Node::Kind::kString;
      attribute.text = dot == std::string::npos ? "" : argument.text.substr(dot + 1);
      argument.text.resize(std::min(dot, argument.text.size()));
      list.items.push_back(std::move(argument));
      list.items.push_back(std::move(attribute));
      argument = std::move(list);
    }
    node.names.push_back(function);
    node.items.push_back(std::move(argument));
    return node;
  }

  void open(const YAML::Mark& mark, const std::string& tag, Node::Kind kind) {
    Frame frame;
    frame.function = function_name(mark, tag);
    frame.mark = mark;
    frame.node.kind = kind;
    frame.node.place = place_of(mark);
    depth_ += frame.function.empty() ? 1 : 2;
    if (depth_ > kDepthMax) throw error(mark, fmt::format("Template format error: values are nested more than {} deep", kDepthMax));
    if (!frames_.empty() && frames_.back().node.is_map() && !frames_.back().has_name)
      throw wrong_key(mark, kind == Node::Kind::kMap ? "map" : "list");
    frames_.push_back(std::move(frame));
  }

  Error wrong_key(const YAML::Mark& mark, std::string_view received) const {
    Error wrong = error(mark, {});
    wrong.message = fmt::format("Template format error: [{}] map keys must be strings; received a {} instead", wrong.path, received);
    return wrong;
  }

  void close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    depth_ -= frame.function.empty() ? 1 : 2;
    if (frame.node.is_map()) drop_repeated(frame.node);
    Node node = frame.function.empty() ? std::move(frame.node) : call(frame.function, std::move(frame.node));
    put(frame.mark, std::move(node));
  }

  void put(const YAML::Mark& mark, Node node) {
    if (++nodes_ > kNodesMax) throw error(mark, "Template format error: the template has too many values");
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    const bool is_name = frame.node.is_map() && !frame.has_name;
    if (is_name) throw wrong_key(mark, "null");
    frame.node.items.push_back(std::move(node));
    frame.has_name = false;
  }

  std::vector<Frame> frames_;
  Node root_;
  size_t depth_ = 0, nodes_ = 0;
};

/// Where the text after the first document begins, if there is any.
class Rest : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override { throw YAML::ParserException(mark, "a second document"); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

/// Text as a stream, without a copy.
class View : public std::streambuf {
 public:
  explicit View(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // only read from
    setg(begin, begin, begin + text.size());
  }
};

}  // namespace

Outcome<Node> read_yaml(std::string_view text) {
  View view(text);
  std::istream in(&view);
  Builder builder;
  try {
    YAML::Parser parser(in);
    if (!parser.HandleNextDocument(builder)) return Node();
    Rest rest;
    parser.HandleNextDocument(rest);
    return builder.take();
  } catch (const YAML::Exception& exception) {
    // The mark of a scanner's error is where it stood.
    const Place at = exception.mark.is_null() ? Place{1, 1} : place_of(exception.mark);
    return tl::unexpected(
        Error{.message = fmt::format("Template format error: YAML not well-formed. (line {}, column {})", at.line, at.column),
              .path = {},
              .place = {}});
  } catch (const Error& error) {
    return tl::unexpected(error);
  }
}

}  // namespace cairn::cfn
