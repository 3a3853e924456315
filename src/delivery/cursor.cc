#include "delivery/cursor.h"

#include <fmt/format.h>

#include "base/check.h"

namespace cairn::delivery {
namespace {

int64_t millis(Time t) { return t.time_since_epoch().count(); }
Time time_of(const Json& document, const char* name) { return Time(std::chrono::milliseconds(document.value(name, int64_t{0}))); }
Json parsed(std::string_view text) {
  Result<Json> document = json::parse(text);
  CHECK(document.has_value());  // we wrote it
  return std::move(*document);
}

}  // namespace

Turn turn_of(std::string_view trail_id, const std::optional<std::string_view>& document) {
  if (!document) return {};
  Trail trail = decode_trail(*document);
  return trail.id == trail_id ? Turn{std::move(trail)} : Turn{};
}

std::string encode(const Cursor& cursor) {
  Json document = {{"position", cursor.position.seq}, {"key", cursor.trail_key}};
  if (cursor.trail) document["trail"] = encode(*cursor.trail);
  if (cursor.turn) document["turn"] = cursor.turn->trail ? Json(encode(*cursor.turn->trail)) : Json(nullptr);
  document["named"] = millis(cursor.named);
  document["order"] = cursor.order;
  document["files"] = cursor.files;
  return json::dump(document);
}

Cursor decode_cursor(std::string_view text) {
  const Json document = parsed(text);
  Cursor cursor;
  cursor.position = {document.value("position", uint64_t{0})};
  cursor.trail_key = document.value("key", "");
  if (document.contains("trail")) cursor.trail = decode_trail(document["trail"].get<std::string>());
  if (document.contains("turn")) {
    cursor.turn.emplace();
    if (document["turn"].is_string()) cursor.turn->trail = decode_trail(document["turn"].get<std::string>());
  }
  cursor.named = time_of(document, "named");
  cursor.order = document.value("order", uint64_t{0});
  cursor.files = document.value("files", uint64_t{0});
  return cursor;
}

std::string encode(const CutFile& file) {
  Json document = {{"number", file.number}, {"region", file.region.str()},   {"bucket", file.bucket},         {"key", file.key},
                   {"sha256", file.sha256}, {"oldest", millis(file.oldest)}, {"newest", millis(file.newest)}, {"records", file.records}};
  if (!file.blob.empty()) document["blob"] = file.blob.str();
  if (!file.blob.empty() && !file.seal.empty()) document["seal"] = file.seal;
  if (file.is_digest) document["signature"] = file.signature;
  return json::dump(document);
}

CutFile decode_cut_file(std::string_view text) {
  const Json document = parsed(text);
  CutFile file;
  file.number = document.value("number", uint64_t{0});
  file.region = aws::Region(document.value("region", ""));
  file.bucket = document.value("bucket", "");
  file.key = document.value("key", "");
  file.sha256 = document.value("sha256", "");
  file.oldest = time_of(document, "oldest");
  file.newest = time_of(document, "newest");
  file.records = document.value("records", uint64_t{0});
  file.blob = blob::BlobId(document.value("blob", ""));
  file.seal = document.value("seal", "");
  file.signature = document.value("signature", "");
  file.is_digest = document.contains("signature");
  return file;
}

std::string encode(const Chain& chain) {
  Json document = {{"start", millis(chain.start)}};
  if (chain.previous) {
    document["previous"] = {{"bucket", chain.previous->bucket},
                            {"key", chain.previous->key},
                            {"sha256", chain.previous->sha256},
                            {"signature", chain.previous->signature}};
  }
  document["region"] = chain.region.str();
  return json::dump(document);
}

Chain decode_chain(std::string_view text) {
  const Json document = parsed(text);
  Chain chain;
  chain.region = aws::Region(document.value("region", ""));
  chain.start = time_of(document, "start");
  if (const auto previous = document.find("previous"); previous != document.end()) {
    chain.previous = archive::Digest::Previous{previous->value("bucket", ""), previous->value("key", ""), previous->value("sha256", ""),
                                               previous->value("signature", "")};
  }
  return chain;
}

namespace keys {
std::string cursor(std::string_view trail_id) { return fmt::format("{}{}", kCursors, trail_id); }
std::string files_of(std::string_view trail_id) { return fmt::format("delivery/file/{}/", trail_id); }
std::string file(std::string_view trail_id, uint64_t number) { return fmt::format("delivery/file/{}/{:016}", trail_id, number); }
std::string chains_of(std::string_view trail_id) { return fmt::format("delivery/chain/{}/", trail_id); }
std::string chain(std::string_view trail_id, const aws::Region& region) {
  return fmt::format("delivery/chain/{}/{}", trail_id, region.str());
}
std::string digested(const Trail& trail, const aws::Region& region) {
  return fmt::format("delivery/digested/{}/{}/{}/{}", trail.account.str(), trail.home.str(), trail.name, region.str());
}
}  // namespace keys

}  // namespace cairn::delivery
