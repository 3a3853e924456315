#include "history/token.h"

#include "base/crypto.h"
#include "base/text.h"
#include "segment/block.h"

namespace cairn::history {

namespace {

constexpr size_t kCursorBytes = 12, kImportedBytes = 16, kFingerprintBytes = 16;

/// Covers place and parameters. It guards against mistakes, not against forgers: who makes up a token sees only what the query,
/// which is authorized by itself, would show anyway.
std::string fingerprint(std::string_view place, std::string_view parameters) {
  std::string text = "cairn history token 1\n";
  text += place;
  text += parameters;
  return crypto::sha256(text).substr(0, kFingerprintBytes);
}

}  // namespace

std::string encode_token(const Cursor& cursor, std::string_view parameters) {
  std::string bytes;
  segment::put_u64(bytes, cursor.position);
  segment::put_u32(bytes, cursor.index);
  if (cursor.imported) {
    segment::put_u32(bytes, cursor.imported->time);
    segment::put_u64(bytes, cursor.imported->position);
    segment::put_u32(bytes, cursor.imported->index);
  }
  bytes += fingerprint(bytes, parameters);
  return text::base64(bytes);
}

std::optional<Cursor> decode_token(std::string_view token, std::string_view parameters) {
  const auto bytes = text::from_base64(token);
  if (!bytes || (bytes->size() != kCursorBytes + kFingerprintBytes && bytes->size() != kCursorBytes + kImportedBytes + kFingerprintBytes))
    return std::nullopt;
  const std::string_view place = std::string_view(*bytes).substr(0, bytes->size() - kFingerprintBytes);
  if (fingerprint(place, parameters) != std::string_view(*bytes).substr(place.size())) return std::nullopt;
  segment::Reader in(place);
  Cursor out;
  out.position = in.u64();
  out.index = in.u32();
  if (in.left() > 0) {
    out.imported.emplace();
    out.imported->time = in.u32();
    out.imported->position = in.u64();
    out.imported->index = in.u32();
  }
  return out;
}

std::string cursor_text(const Cursor& cursor) { return fmt::format("{}-{}", cursor.position, cursor.index); }

std::optional<Cursor> parse_cursor(std::string_view s) {
  const size_t dash = s.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto position = text::to_uint(s.substr(0, dash));
  const auto index = text::to_uint(s.substr(dash + 1));
  if (!position || !index || *index > 0xffffffff) return std::nullopt;
  return Cursor{*position, static_cast<uint32_t>(*index)};
}

}  // namespace cairn::history
