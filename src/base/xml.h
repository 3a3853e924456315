#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace cairn::xml {

constexpr int kDepthMax = 64;

/// One element: its name without prefix, attributes as written, text, children in order.
struct Element {
  std::string name;
  std::vector<std::pair<std::string, std::string>> attributes;
  std::string text;  // all character data directly below, joined
  std::vector<Element> children;

  const Element* child(std::string_view child_name) const;  // the first of that name, or null
};

/// Parses one document; DOCTYPE, entities beyond the five and depth over kDepthMax are refused.
Result<Element> parse(std::string_view text);

/// Appends `s` with & < > " and control characters escaped (CR as &#13;), as S3 does.
void append_escaped(std::string& out, std::string_view s);

/// Writes elements front to back. The caller keeps open/close paired.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  Writer& declaration() {
    out_ += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    return *this;
  }
  Writer& open(std::string_view name, std::string_view attributes = {});  // attributes: finished text, e.g. xmlns="..."
  Writer& close(std::string_view name);
  Writer& element(std::string_view name, std::string_view text);  // <name>text</name>; empty text: <name/>
 private:
  std::string& out_;
};

}  // namespace cairn::xml
