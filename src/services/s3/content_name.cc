#include "services/s3/content_name.h"

#include "base/text.h"
#include "blob/sealed.h"

namespace cairn::s3 {

std::optional<ContentName> parse_content(std::string_view content) {
  if (content.empty()) return ContentName{};
  ContentName name;
  name.is_inline = content[0] == 'I' || content[0] == 'i';
  name.is_sealed = content[0] == 'I' || content[0] == 'B';
  if (!name.is_inline && !name.is_sealed && content[0] != 'b') return std::nullopt;
  content.remove_prefix(1);
  const size_t dot = content.find('.');
  if (name.is_sealed != (dot != std::string_view::npos)) return std::nullopt;
  name.id = content.substr(0, dot);
  if (name.id.empty()) return std::nullopt;
  if (!name.is_sealed) return name;
  std::optional<std::string> key = text::from_base64(content.substr(dot + 1));
  if (!key || key->size() != blob::kWrappedKeyBytes) return std::nullopt;
  name.key = std::move(*key);
  return name;
}

}  // namespace cairn::s3
