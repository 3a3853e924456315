#pragma once
#include <optional>
#include <string>
#include <string_view>

/// The name of a content, taken apart: docs/formats/content.md.
namespace cairn::s3 {

struct ContentName {
  bool is_inline = false;  // a document; else a blob
  bool is_sealed = false;  // else written before contents were
  std::string id;          // "": there are no bytes
  std::string key;         // the content's, sealed under the object's; raw
};
/// nullopt: no such name.
std::optional<ContentName> parse_content(std::string_view content);

}  // namespace cairn::s3
