#include "base/xml.h"

#include <pugixml.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/text.h"
#include "base/utf8.h"

namespace cairn::xml {
namespace {

constexpr size_t kTagsMax = 200'000;   // a parsed tag takes some hundred times its bytes; the parts of 10,000 need half as many
constexpr size_t kAttributesMax = 64;  // of one element

std::string_view without_prefix(std::string_view name) {
  size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

/// `reference` is what stands between & and ;
bool is_known_reference(std::string_view reference) {
  if (!reference.starts_with('#')) {
    return reference == "amp" || reference == "lt" || reference == "gt" || reference == "quot" || reference == "apos";
  }
  reference.remove_prefix(1);
  uint32_t base = 10;
  if (reference.starts_with('x')) {
    reference.remove_prefix(1);
    base = 16;
  }
  if (reference.empty() || reference.size() > 8) return false;
  uint32_t code = 0;
  for (char c : reference) {
    char low = static_cast<char>(c | 0x20);
    uint32_t digit = c >= '0' && c <= '9' ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : 99;
    if (digit >= base) return false;
    code = code * base + digit;
  }
  bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code != 0 && code <= 0x10FFFF && !surrogate;
}

/// pugixml passes over what it does not know; we refuse it: references other than XML's own, and NUL.
std::optional<size_t> bad_reference_at(std::string_view text) {
  constexpr std::string_view kCdata = "<![CDATA[";
  constexpr std::string_view kComment = "<!--";
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\0') return i;
    if (text[i] == '<') {
      bool cdata = text.substr(i).starts_with(kCdata);
      if (!cdata && !text.substr(i).starts_with(kComment)) continue;
      size_t end = text.find(cdata ? "]]>" : "-->", i + (cdata ? kCdata : kComment).size());
      if (end == std::string_view::npos || text.substr(i, end - i).find('\0') != std::string_view::npos) return i;
      i = end;
    } else if (text[i] == '&') {
      constexpr size_t kReferenceMax = 12;
      size_t end = text.substr(i, kReferenceMax).find(';');
      if (end == std::string_view::npos || !is_known_reference(text.substr(i + 1, end - 1))) return i;
    }
  }
  return std::nullopt;
}

Result<void> convert(const pugi::xml_node& node, Element& out, int levels) {
  if (levels == 0) return failure("XML nests deeper than {}", kDepthMax);
  out.name = without_prefix(node.name());
  for (const auto& attribute : node.attributes()) {
    if (out.attributes.size() == kAttributesMax) return failure("XML has an element of more than {} attributes", kAttributesMax);
    out.attributes.emplace_back(attribute.name(), attribute.value());
  }
  for (const auto& child : node.children()) {
    if (child.type() == pugi::node_element) {
      if (Result<void> done = convert(child, out.children.emplace_back(), levels - 1); !done) return done;
    } else if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
      out.text += child.value();
    }
  }
  return {};
}

}  // namespace

const Element* Element::child(std::string_view child_name) const {
  for (const Element& candidate : children) {
    if (candidate.name == child_name) return &candidate;
  }
  return nullptr;
}

Result<Element> parse(std::string_view text) {
  if (!text::is_utf8(text)) return failure("XML is not UTF-8");
  if (auto offset = bad_reference_at(text)) return failure("XML has an unknown entity or a NUL at byte {}", *offset);
  if (std::count(text.begin(), text.end(), '<') > static_cast<ptrdiff_t>(kTagsMax)) return failure("XML has more than {} tags", kTagsMax);
  // Blanks count where they are all that an element holds (a key may be a blank), else they are the writer's layout.
  constexpr unsigned kOptions = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol | pugi::parse_wconv_attribute |
                                pugi::parse_ws_pcdata_single | pugi::parse_doctype;
  pugi::xml_document document;
  auto outcome = document.load_buffer(text.data(), text.size(), kOptions, pugi::encoding_utf8);
  if (!outcome) return failure("no valid XML at byte {}: {}", outcome.offset, outcome.description());
  pugi::xml_node root;
  for (const auto& node : document.children()) {
    if (node.type() == pugi::node_doctype) return failure("XML with a DOCTYPE is refused");
    if (node.type() != pugi::node_element) continue;
    if (root) return failure("XML has more than one root element");
    root = node;
  }
  Element out;
  if (Result<void> done = convert(root, out, kDepthMax); !done) return tl::unexpected(done.error());
  return out;
}

void append_escaped(std::string& out, std::string_view s) {
  for (size_t i = 0; i < s.size();) {
    size_t n = utf8::length_at(s, i);
    char c = s[i];
    if (n > 1) {
      out.append(s, i, n);
    } else if (n == 0) {
      out += utf8::kReplacement;
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') {
      out += "&#";
      out += std::to_string(static_cast<int>(c));
      out += ';';
    } else {
      out += c;
    }
    i += n ? n : 1;
  }
}

Writer& Writer::open(std::string_view name, std::string_view attributes) {
  out_ += '<';
  out_ += name;
  if (!attributes.empty()) {
    out_ += ' ';
    out_ += attributes;
  }
  out_ += '>';
  return *this;
}

Writer& Writer::close(std::string_view name) {
  out_ += "</";
  out_ += name;
  out_ += '>';
  return *this;
}

Writer& Writer::element(std::string_view name, std::string_view text) {
  if (text.empty()) {
    out_ += '<';
    out_ += name;
    out_ += "/>";
    return *this;
  }
  open(name);
  append_escaped(out_, text);
  return close(name);
}

}  // namespace cairn::xml
