#include "template/dynamic.h"

namespace cairn::cfn {
namespace {

constexpr std::string_view kOpen = "{{resolve:", kClose = "}}";

Result<std::string> resolved(std::string_view text, Surroundings& surroundings) {
  std::string out;
  while (true) {
    const size_t open = text.find(kOpen);
    const size_t close = open == std::string_view::npos ? open : text.find(kClose, open);
    if (close == std::string_view::npos) break;
    const std::string_view inner = text.substr(open + kOpen.size(), close - open - kOpen.size());
    const size_t colon = inner.find(':');
    out += text.substr(0, open);
    if (colon == std::string_view::npos) return failure("Dynamic reference {}{}{} is malformed", kOpen, inner, kClose);
    auto value = surroundings.resolve({.service = std::string(inner.substr(0, colon)), .key = std::string(inner.substr(colon + 1))});
    if (!value) return tl::unexpected(std::move(value).error());
    out += *value;
    text.remove_prefix(close + kClose.size());
  }
  return out.append(text);
}

}  // namespace

Result<void> resolve_dynamic_references(Json& value, Surroundings& surroundings) {
  if (value.is_string()) {
    auto& text = value.get_ref<std::string&>();
    if (text.find(kOpen) == std::string::npos) return {};
    auto answer = resolved(text, surroundings);
    if (!answer) return tl::unexpected(std::move(answer).error());
    text = *std::move(answer);
  }
  if (!value.is_structured()) return {};
  for (Json& item : value)
    if (Result<void> done = resolve_dynamic_references(item, surroundings); !done) return done;
  return {};
}

}  // namespace cairn::cfn
