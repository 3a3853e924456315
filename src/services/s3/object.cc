#include "services/s3/object.h"

#include "base/check.h"
#include "base/text.h"
#include "services/s3/input.h"
#include "services/s3/keys.h"

namespace cairn::s3 {
namespace {

constexpr size_t kPartsPage = 1000;

Json encode_pairs(const std::vector<std::pair<std::string, std::string>>& pairs) {
  Json document = Json::object();
  for (const auto& [name, value] : pairs) document[name] = value;
  return document;
}

std::vector<std::pair<std::string, std::string>> decode_pairs(const Json& document, std::string_view name) {
  std::vector<std::pair<std::string, std::string>> pairs;
  if (const auto it = document.find(name); it != document.end())
    for (const auto& [key, value] : it->items()) pairs.emplace_back(key, value.get<std::string>());
  return pairs;
}

Json parse_document(std::string_view text) {
  Result<Json> document = json::parse(text);
  CHECK(document.has_value());  // we wrote it
  return std::move(*document);
}

Time time_of(const Json& document, std::string_view name) { return Time(std::chrono::milliseconds(number_of(document, name).value_or(0))); }

}  // namespace

std::string Object::owner_id(const Bucket& bucket) const {
  if (owner == kAnonymousOwner) return std::string(kAnonymousId);
  return s3::owner_id(owner.empty() ? bucket.account : aws::AccountId(owner));
}

Grants Object::acl(const Bucket& bucket) const { return grants ? *grants : owners_own(owner_id(bucket)); }

std::string encode(const Object& object) {
  Json document;
  document["size"] = object.size;
  document["etag"] = object.etag;
  document["modified"] = object.modified.time_since_epoch().count();
  if (object.storage_class != "STANDARD") document["class"] = object.storage_class;
  if (!object.headers.empty()) document["headers"] = encode_pairs(object.headers);
  if (!object.metadata.empty()) document["metadata"] = encode_pairs(object.metadata);
  if (!object.tags.empty()) document["tags"] = encode(object.tags);
  if (!object.checksum.algorithm.empty()) {
    document["checksum"] = {{"algorithm", object.checksum.algorithm}, {"value", object.checksum.value}};
    if (object.checksum.composite) document["checksum"]["composite"] = true;
  }
  if (object.encryption.kind != Encryption::Kind::kServer) document["encryption"] = encode(object.encryption);
  if (!object.content.empty()) document["content"] = object.content;
  if (!object.upload.empty()) {
    document["upload"] = object.upload;
    document["parts"] = object.parts;
  }
  if (object.lock != ObjectLock()) document["lock"] = encode(object.lock);
  if (!object.version.empty()) document["version"] = object.version;
  if (object.is_delete_marker) document["deleteMarker"] = true;
  if (!object.owner.empty()) document["owner"] = object.owner;
  if (object.grants) document["grants"] = encode(*object.grants);
  return json::dump(document);
}

Object decode_object(std::string_view text) {
  const Json document = parse_document(text);
  Object object;
  object.size = static_cast<uint64_t>(number_of(document, "size").value_or(0));
  object.etag = text_of(document, "etag");
  object.modified = time_of(document, "modified");
  if (has(document, "class")) object.storage_class = text_of(document, "class");
  object.headers = decode_pairs(document, "headers");
  object.metadata = decode_pairs(document, "metadata");
  object.tags = decode_pairs(document, "tags");
  if (const auto it = document.find("checksum"); it != document.end())
    object.checksum = {text_of(*it, "algorithm"), text_of(*it, "value"), flag_of(*it, "composite")};
  if (const auto it = document.find("encryption"); it != document.end()) object.encryption = decode_encryption(*it);
  object.content = text_of(document, "content");
  object.upload = text_of(document, "upload");
  object.parts = static_cast<int>(number_of(document, "parts").value_or(0));
  if (const auto it = document.find("lock"); it != document.end()) object.lock = decode_lock(*it);
  object.version = text_of(document, "version");
  object.is_delete_marker = flag_of(document, "deleteMarker");
  object.owner = text_of(document, "owner");
  if (const auto it = document.find("grants"); it != document.end()) object.grants = decode_grants(*it);
  return object;
}

std::optional<Object> find_object(api::Call& call, std::string_view bucket, std::string_view key) {
  const std::optional<std::string> document = call.state->get(keys::object(bucket, key));
  if (!document) return std::nullopt;
  return decode_object(*document);
}

std::string encode(const Part& part) {
  Json document;
  document["size"] = part.size;
  document["etag"] = part.etag;
  document["modified"] = part.modified.time_since_epoch().count();
  document["checksum"] = part.checksum;
  if (!part.content.empty()) document["content"] = part.content;
  return json::dump(document);
}

Part decode_part(std::string_view text) {
  const Json document = parse_document(text);
  Part part;
  part.size = static_cast<uint64_t>(number_of(document, "size").value_or(0));
  part.etag = text_of(document, "etag");
  part.modified = time_of(document, "modified");
  part.checksum = text_of(document, "checksum");
  part.content = text_of(document, "content");
  return part;
}

std::vector<std::pair<int, Part>> list_parts(api::Call& call, std::string_view upload, int after, size_t limit) {
  const std::string prefix = keys::part_prefix(upload);
  std::string at = keys::part(upload, std::max(after, 0));
  std::vector<std::pair<int, Part>> parts;
  for (bool more = true; more && parts.size() < limit;) {
    const state::Page page = call.state->list(prefix, at, std::min(kPartsPage, limit - parts.size()));
    for (const state::Item& item : page.items)
      parts.emplace_back(static_cast<int>(text::to_int(std::string_view(item.key).substr(prefix.size())).value_or(0)),
                         decode_part(item.value));
    more = page.more && !page.items.empty();
    if (more) at = page.items.back().key;
  }
  return parts;
}

std::vector<Extent> extents_of(api::Call& call, std::string_view bucket, std::string_view key, const Object& object) {
  if (object.upload.empty()) return {{object.content, object.size, place_of(bucket, key)}};
  std::vector<Extent> extents;
  for (auto& [number, part] : list_parts(call, object.upload, 0, SIZE_MAX))
    extents.push_back({std::move(part.content), part.size, place_of(bucket, key, object.upload, number)});
  return extents;
}

bool erase_parts(api::Call& call, std::string_view upload, size_t& budget) {
  const std::vector<std::pair<int, Part>> parts = list_parts(call, upload, 0, SIZE_MAX);
  size_t cost = 0;
  for (const auto& [number, part] : parts) cost += keys::part(upload, number).size() + kChangeOverheadBytes + erasure_bytes(part.content);
  if (cost > budget) return false;
  budget -= cost;
  for (const auto& [number, part] : parts) {
    erase_content(call, part.content);
    call.state->erase(keys::part(upload, number));
  }
  return true;
}

bool erase_bytes(api::Call& call, const Object& object, size_t& budget) {
  const size_t cost = erasure_bytes(object.content);
  if (cost > budget) return false;
  budget -= cost;
  if (!object.upload.empty() && !erase_parts(call, object.upload, budget)) return false;
  erase_content(call, object.content);
  return true;
}

}  // namespace cairn::s3
