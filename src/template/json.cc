#include "base/json_cursor.h"
#include "base/text.h"
#include "template/node.h"
#include "template/template.h"

namespace cairn::cfn {
namespace {

using Kind = json::Cursor::Kind;

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text), cursor_(text) {
    for (size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n') line_starts_.push_back(i + 1);
  }

  Outcome<Node> read() {
    Node root;
    if (!value(root, 0) || !cursor_.at_end()) return tl::unexpected(error());
    return root;
  }

 private:
  Place place(size_t offset) const {
    const auto line = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset) - 1;
    return {.line = static_cast<int>(line - line_starts_.begin()) + 1, .column = static_cast<int>(offset - *line) + 1};
  }

  Error error() const {
    if (too_large_) return {.message = "Template format error: the template has too many values", .path = {}, .place = {}};
    const Place at = place(std::min(cursor_.offset(), text_.size()));
    if (too_deep_ || cursor_.error() == json::Cursor::Error::kTooDeep)
      return {.message = fmt::format("Template format error: values are nested more than {} deep", kDepthMax), .path = {}, .place = at};
    // CloudFormation's reader tells the column behind the byte that does not fit.
    return {.message = fmt::format("Template format error: JSON not well-formed. (line {}, column {})", at.line, at.column + 1),
            .path = {},
            .place = {}};
  }

  bool value(Node& node, size_t depth) {
    const Kind kind = cursor_.peek();
    node.place = place(cursor_.offset());
    if (depth > kDepthMax) return too_deep_ = true, false;
    if (++nodes_ > kNodesMax) return too_large_ = true, false;
    if (kind == Kind::kObject) return object(node, depth);
    if (kind == Kind::kArray) {
      node.kind = Node::Kind::kList;
      if (!cursor_.enter_array()) return false;
      while (cursor_.next_element())
        if (!value(node.items.emplace_back(), depth + 1)) return false;
      return !cursor_.failed();
    }
    if (kind == Kind::kString) {
      node.kind = Node::Kind::kString;
      json::Cursor::Text text;
      if (!cursor_.take_string(text)) return false;
      node.text = text.decoded();
      return true;
    }
    if (kind == Kind::kNumber) {
      node.kind = Node::Kind::kNumber;
      std::string_view number;
      if (!cursor_.take_number(number)) return false;
      node.text = number;
      return true;
    }
    if (kind == Kind::kTrue || kind == Kind::kFalse) {
      node.kind = Node::Kind::kBoolean;
      node.text = kind == Kind::kTrue ? "true" : "false";
    }
    return cursor_.take_word();
  }

  bool object(Node& node, size_t depth) {
    node.kind = Node::Kind::kMap;
    if (!cursor_.enter_object()) return false;
    json::Cursor::Text name;
    while (cursor_.next_member(name)) {
      node.names.push_back(name.decoded());
      if (!value(node.items.emplace_back(), depth + 1)) return false;
    }
    drop_repeated(node);
    return !cursor_.failed();
  }

  std::string_view text_;
  json::Cursor cursor_;
  std::vector<size_t> line_starts_{0};
  size_t nodes_ = 0;
  bool too_deep_ = false, too_large_ = false;
};

}  // namespace

Outcome<Node> read_json(std::string_view text) { return Reader(text).read(); }

}  // namespace cairn::cfn
