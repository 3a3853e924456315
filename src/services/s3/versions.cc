#include "services/s3/versions.h"

#include "api/ports.h"
#include "base/check.h"
#include "services/s3/access.h"
#include "services/s3/input.h"
#include "services/s3/keys.h"

namespace cairn::s3 {
namespace {

using Status = Versioning::Status;

/// The newest version that is not the key's own document.
std::optional<Version> newest_kept(api::Call& call, std::string_view bucket, std::string_view key) {
  const std::string prefix = keys::versions_of(bucket, key);
  const state::Page page = call.state->list(prefix, prefix, 1);
  if (page.items.empty()) return std::nullopt;
  return Version{decode_object(page.items.front().value), page.items.front().key};
}

/// What one deletion or write may put of documents, besides what it erases.
constexpr size_t kDocumentsRoomBytes = 48 << 10;

void spend(size_t& budget, size_t bytes) { budget -= std::min(budget, bytes); }

void keep(api::Call& call, std::string_view bucket, std::string_view key, Object object, size_t& budget) {
  object.version = name_of(object);
  std::string document = keys::version(bucket, key, object.version), text = encode(object);
  spend(budget, 2 * document.size() + text.size() + 64);
  call.state->put(std::move(document), std::move(text));
  if (is_null_version(object.version)) call.state->put(keys::null_version(bucket, key), object.version);
}

bool erase_kept(api::Call& call, std::string_view bucket, std::string_view key, const Version& version, size_t& budget) {
  if (!erase_bytes(call, version.object, budget)) return false;
  spend(budget, 2 * version.document.size());
  call.state->erase(version.document);
  if (is_null_version(version.object.version)) call.state->erase(keys::null_version(bucket, key));
  return true;
}

std::optional<Version> kept_null_version(api::Call& call, std::string_view bucket, std::string_view key) {
  const std::optional<std::string> name = call.state->get(keys::null_version(bucket, key));
  if (!name) return std::nullopt;
  const std::string document = keys::version(bucket, key, *name);
  const std::optional<std::string> text = call.state->get(document);
  CHECK(text.has_value());  // written and erased together
  return Version{decode_object(*text), document};
}

/// The name that a new version has to sort before.
std::string newest_name(api::Call& call, std::string_view bucket, std::string_view key, const std::optional<Object>& current) {
  if (current) return name_of(*current);
  const std::optional<Version> newest = newest_kept(call, bucket, key);
  return newest ? newest->object.version : "";
}

/// Clears the way for a new current version: the old one stays behind if the bucket keeps it, and a null version makes room for another.
/// False: nothing was done.
bool step_back(api::Call& call, std::string_view bucket, std::string_view key, Status status, const std::optional<Object>& current,
               size_t& budget) {
  if (budget < kDocumentsRoomBytes) return false;
  if (current && status != Status::kEnabled && is_null_version(current->version)) return erase_bytes(call, *current, budget);
  if (status == Status::kSuspended) {
    const std::optional<Version> null = kept_null_version(call, bucket, key);
    if (null && !erase_kept(call, bucket, key, *null, budget)) return false;
  }
  if (current) keep(call, bucket, key, *current, budget);
  return true;
}

Error not_allowed(api::Call& call, const Object& marker) {
  call.reply.headers.emplace_back("x-amz-delete-marker", "true");
  call.reply.headers.emplace_back("Last-Modified", timestamps::http_date(marker.modified));
  call.reply.headers.emplace_back("Allow", "DELETE");
  call.reply.headers.emplace_back("x-amz-version-id", std::string(version_id(marker)));
  return Error(kMethodNotAllowed, "The specified method is not allowed against this resource.")
      .with("Method", call.model->method)
      .with("ResourceType", "DeleteMarker");
}

/// There is no such current version, perhaps as it was deleted.
Error no_current(api::Call& call, std::string_view bucket, std::string_view key, Deleted deleted) {
  const std::optional<Version> newest = newest_kept(call, bucket, key);
  Error absent = absent_key(call, bucket, key);
  if (!newest || absent.kind.code != kNoSuchKey.code) return absent;
  if (deleted == Deleted::kNotAllowed) return not_allowed(call, newest->object);
  call.reply.headers.emplace_back("x-amz-delete-marker", "true");
  call.reply.headers.emplace_back("x-amz-version-id", std::string(version_id(newest->object)));
  return absent;
}

}  // namespace

std::string name_of(const Object& object) { return object.version.empty() ? new_null_name(object.modified, "") : object.version; }

std::optional<Version> find_version(api::Call& call, std::string_view bucket, std::string_view key, std::string_view id) {
  if (!id.empty() && !is_version_id(id)) throw invalid_argument("Invalid version id specified", "versionId", id);
  std::optional<Object> current = find_object(call, bucket, key);
  if (current && (id.empty() || version_id(*current) == id)) return Version{std::move(*current), keys::object(bucket, key)};
  if (id.empty()) return std::nullopt;
  if (id == kNullVersion) return kept_null_version(call, bucket, key);
  const std::string document = keys::version(bucket, key, id);
  const std::optional<std::string> text = call.state->get(document);
  if (!text) return std::nullopt;
  return Version{decode_object(*text), document};
}

Version open_version(api::Call& call, std::string_view bucket, std::string_view key, Deleted deleted) {
  const std::string id = text_of(call.in, "VersionId");
  std::optional<Version> version = find_version(call, bucket, key, id);
  if (!version && id.empty()) throw no_current(call, bucket, key, deleted);
  if (!version) {
    Error absent = absent_key(call, bucket, key);
    if (absent.kind.code != kNoSuchKey.code) throw absent;
    throw no_such_version(key, id);
  }
  if (version->object.is_delete_marker) throw not_allowed(call, version->object);
  if (versioning_of(call, bucket).is_versioned()) call.out["VersionId"] = version_id(version->object);
  return std::move(*version);
}

Object open_object(api::Call& call, std::string_view bucket, std::string_view key, Deleted deleted) {
  return open_version(call, bucket, key, deleted).object;
}

bool add_version(api::Call& call, std::string_view bucket, std::string_view key, Object& object, const std::optional<Object>& current,
                 size_t& budget) {
  const Status status = versioning_of(call, bucket).status;
  if (status != Status::kNever) {
    const std::string newest = newest_name(call, bucket, key, current);
    object.version = status == Status::kEnabled ? new_version_name(*call.ports->random, call.now, newest) : new_null_name(call.now, newest);
  }
  if (!step_back(call, bucket, key, status, current, budget)) return false;
  call.state->put(keys::object(bucket, key), encode(object));
  return true;
}

void show_new_version(api::Call& call, std::string_view bucket, const Object& object, bool show_null) {
  const bool is_null = is_null_version(object.version);
  if (is_null && !(show_null && versioning_of(call, bucket).is_versioned())) return;
  call.out["VersionId"] = version_id(object);
}

std::optional<std::string> remove_current(api::Call& call, std::string_view bucket, std::string_view key,
                                          const std::optional<Object>& current, size_t& budget) {
  const Status status = versioning_of(call, bucket).status;
  if (status == Status::kNever && !current) return "";
  const std::string newest = status == Status::kNever ? "" : newest_name(call, bucket, key, current);
  if (!step_back(call, bucket, key, status, current, budget)) return std::nullopt;
  const std::string own = keys::object(bucket, key);
  spend(budget, own.size());
  if (current) call.state->erase(own);
  if (status == Status::kNever) return "";
  Object marker;
  marker.is_delete_marker = true;
  marker.modified = call.now;
  marker.version = status == Status::kEnabled ? new_version_name(*call.ports->random, call.now, newest) : new_null_name(call.now, newest);
  std::string id(version_id(marker));
  keep(call, bucket, key, std::move(marker), budget);
  return id;
}

bool remove_version(api::Call& call, std::string_view bucket, std::string_view key, const Version& version, size_t& budget) {
  if (budget < kDocumentsRoomBytes) return false;
  const std::string own = keys::object(bucket, key);
  if (version.document != own) {
    if (!erase_kept(call, bucket, key, version, budget)) return false;
  } else {
    if (!erase_bytes(call, version.object, budget)) return false;
    spend(budget, own.size());
    call.state->erase(own);
  }
  if (call.state->exists(own)) return true;
  const std::optional<Version> next = newest_kept(call, bucket, key);
  if (!next || next->object.is_delete_marker) return true;
  std::string text = encode(next->object);
  spend(budget, text.size() + own.size() + 2 * next->document.size());
  call.state->erase(next->document);
  if (is_null_version(next->object.version)) call.state->erase(keys::null_version(bucket, key));
  call.state->put(own, std::move(text));
  return true;
}

bool has_versions(api::Call& call, std::string_view bucket) {
  const std::string current = keys::object_prefix(bucket), kept = keys::version_prefix(bucket);
  return !call.state->list(current, current, 1).items.empty() || !call.state->list(kept, kept, 1).items.empty();
}

}  // namespace cairn::s3
