#include "services/s3/lifecycle.h"

#include "services/s3/bucket_setting.h"
#include "services/s3/input.h"
#include "services/s3/keys.h"
#include "services/s3/notification.h"
#include "services/s3/upload.h"
#include "services/s3/versions.h"
#include "state/internal_commit.h"

namespace cairn::s3 {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::floor;

constexpr size_t kPageMax = 500;       // versions or uploads that a step looks at
constexpr size_t kBucketsPage = 1000;  // settings of buckets
constexpr auto kRest = 10min;          // between two looks at the clock
constexpr auto kLater = 1s;            // the journal or the store take nothing now
constexpr std::string_view kSettings = "s3/bucket-setting/";
const std::string kPlaceKey = "s3/lifecycle";
const std::string kNewest = ".";  // sorts before all names of versions: a key that is begun anew, as nothing is known of its newer ones

}  // namespace

std::string_view Expiration::operation() const {
  if (kind == Kind::kObject) return "S3.EXPIRE.OBJECT";
  return kind == Kind::kDeleteMarker ? "S3.CREATE.DELETEMARKER" : "S3.DELETE.UPLOAD";
}

/// The parts of a call that the functions on versions look at.
api::Call Lifecycle::call_on(state::Transaction& transaction) {
  api::Call call;
  call.state = &transaction;
  call.ports = &ports_;
  call.now = now_;
  return call;
}

void Lifecycle::load() {
  place_ = Place();
  state::Transaction transaction(store_);
  const std::optional<std::string> text = transaction.get(kPlaceKey);
  if (!text) return;
  const Result<Json> document = json::parse(*text);
  if (!document) return;
  place_->day = Time(std::chrono::milliseconds(number_of(*document, "day").value_or(0)));
  place_->done = flag_of(*document, "done");
  place_->bucket = text_of(*document, "bucket");
  place_->in_uploads = flag_of(*document, "uploads");
  place_->after_key = text_of(*document, "after");
  if (flag_of(*document, "within")) place_->after_version = kNewest;
}

void Lifecycle::save(state::Transaction& transaction) const {
  Json document{{"day", place_->day.time_since_epoch().count()}};
  if (place_->done) document["done"] = true;
  if (!place_->bucket.empty()) document["bucket"] = place_->bucket;
  if (place_->in_uploads) document["uploads"] = true;
  if (!place_->after_key.empty()) document["after"] = place_->after_key;
  if (!place_->after_version.empty()) document["within"] = true;
  transaction.put(kPlaceKey, json::dump(document));
}

/// Goes to the next bucket that has rules. False: there is none.
bool Lifecycle::next_bucket() {
  state::Transaction transaction(store_);
  const std::string suffix = "/" + std::string(kLifecycleKind);
  std::string after = place_->bucket.empty() ? std::string(kSettings) : keys::bucket_setting(place_->bucket, kLifecycleKind);
  for (bool more = true; more;) {
    const state::Page page = transaction.list(std::string(kSettings), after, kBucketsPage);
    for (const state::Item& item : page.items) {
      after = item.key;
      if (!item.key.ends_with(suffix)) continue;
      const Time day = place_->day;
      place_ =
          Place{.day = day, .done = false, .bucket = item.key.substr(kSettings.size(), item.key.size() - kSettings.size() - suffix.size())};
      behind_ = {};
      return true;
    }
    more = page.more && !page.items.empty();
  }
  return false;
}

env::Next Lifecycle::step() {
  if (!place_) load();
  now_ = ports_.clock->now();
  if (place_->done) {
    if (floor<days>(now_) <= place_->day) return env::Next::after(kRest);
    place_ = Place{.day = floor<days>(now_), .done = false};
  }
  state::Transaction transaction(store_);
  api::Call call = call_on(transaction);
  const std::optional<Json> setting = place_->bucket.empty() ? std::nullopt : bucket_setting(transaction, place_->bucket, kLifecycleKind);
  const Place before = *place_;
  bool is_over = !setting || versioning_of(call, place_->bucket).asks_for_mfa();
  std::vector<Due> due;
  if (!is_over) {
    const std::vector<LifecycleRule> rules = enabled_rules(*setting);
    due = place_->in_uploads ? look_at_uploads(call, rules) : look(call, rules);
    is_over = before.in_uploads && place_->after_key.empty();
  }
  if (!due.empty() && !carry_out(due)) {
    place_ = before;
    behind_ = {};
    if (!place_->after_version.empty()) place_->after_version = kNewest;
    return env::Next::after(kLater);
  }
  if (!is_over) return env::Next::now();
  place_->done = !next_bucket();
  if (place_->done) place_->bucket.clear();
  transaction.reset();
  save(transaction);
  if (!state::commit_internal(store_, journal_, transaction))
    return env::Next::after(kLater);  // known in memory; kept with the next bucket
  return env::Next::now();
}

/// A page of versions. Moves on, and to the uploads behind the last.
std::vector<Lifecycle::Due> Lifecycle::look(api::Call& call, const std::vector<LifecycleRule>& rules) {
  std::vector<Due> due;
  const ScannedVersions page = scan_versions(
      call, place_->bucket,
      {.prefix = "", .delimiter = "", .after_key = place_->after_key, .after_version = place_->after_version, .limit = kPageMax});
  for (const ScannedVersion& version : page.versions) look_at_version(rules, version, due);
  if (page.truncated) {
    place_->after_key = page.versions.back().key;
    place_->after_version = name_of(page.versions.back().object);
  } else {
    place_->in_uploads = true;
    place_->after_key.clear();
    place_->after_version.clear();
  }
  return due;
}

void Lifecycle::look_at_version(const std::vector<LifecycleRule>& rules, const ScannedVersion& version, std::vector<Due>& due) {
  const Object& object = version.object;
  if (version.is_latest) behind_ = {object.modified, 0};
  const auto any = [&](auto&& says) {
    return std::ranges::any_of(rules, [&](const LifecycleRule& rule) { return rule.covers(version.key, object) && says(rule); });
  };
  const auto expired = [&](const LifecycleRule& rule) {
    const std::optional<Time> expiry = rule.expiry(object);
    return expiry && *expiry <= now_;
  };
  const std::string id(version_id(object));
  if (!version.is_latest) {
    const uint64_t newer = behind_.newer++;
    const Time since = std::exchange(behind_.since, object.modified);
    if (any([&](const LifecycleRule& rule) {
          return rule.noncurrent_days && newer >= rule.newer_noncurrent && due_after(since, *rule.noncurrent_days) <= now_;
        }))
      due.push_back({version.key, id, Due::What::kNoncurrent});
  } else if (!object.is_delete_marker) {
    if (any(expired)) due.push_back({version.key, id, Due::What::kCurrent});
  } else if (any([&](const LifecycleRule& rule) { return rule.removes_expired_markers || expired(rule); })) {
    due.push_back({version.key, id, Due::What::kMarker});  // whether it is the only version is seen when it is to go
  }
}

std::vector<Lifecycle::Due> Lifecycle::look_at_uploads(api::Call& call, const std::vector<LifecycleRule>& rules) {
  std::vector<Due> due;
  const std::string prefix = keys::upload_prefix(place_->bucket);
  const state::Page page = call.state->list(prefix, prefix + place_->after_key, kPageMax);
  for (const state::Item& item : page.items) {
    const size_t separator = item.key.rfind(keys::kUploadSeparator);
    const std::string key = item.key.substr(prefix.size(), separator - prefix.size()), id = item.key.substr(separator + 1);
    const Upload upload = decode_upload(id, item.value);
    if (std::ranges::any_of(rules, [&](const LifecycleRule& rule) {
          return key.starts_with(rule.prefix) && rule.abort_days && due_after(upload.created, *rule.abort_days) <= now_;
        }))
      due.push_back({key, id, Due::What::kUpload});
  }
  place_->after_key = page.more ? page.items.back().key.substr(prefix.size()) : "";
  return due;
}

void tell(api::Call& call, const Expiration& done, size_t& budget) {
  if (done.kind == Expiration::Kind::kUpload) return;
  const bool is_marker = done.kind == Expiration::Kind::kDeleteMarker;
  const std::string event = deleted_event("LifecycleExpiration", is_marker ? done.version : "");
  Happening happening{.event = event, .key = done.key, .version = done.version};
  if (is_marker) happening.etag = kEtagOfNothing;
  budget -= std::min(budget, notify_by_itself(call, done.bucket, happening));
}

/// What is due goes, in as many entries as it takes. False: not now.
bool Lifecycle::carry_out(const std::vector<Due>& due) {
  state::Transaction transaction(store_);
  for (size_t next = 0; next < due.size();) {
    transaction.reset();
    api::Call call = call_on(transaction);
    size_t budget = kErasureBudgetBytes, at = next;
    for (bool fits = true; at < due.size();) {
      const std::optional<Expiration> done = expire(call, due[at], budget, fits);
      if (!fits) break;
      if (done) tell(call, *done, budget);
      if (done && note_) budget -= std::min(budget, note_(transaction, *done));
      ++at;
    }
    if (at == next) ++at;  // too much even for an entry of its own: nothing that we write is
    if (!transaction.changes().empty()) {
      if (at == due.size()) save(transaction);
      if (!state::commit_internal(store_, journal_, transaction)) return false;
    }
    next = at;
  }
  return true;
}

/// Looks again, as time has passed since it was found due.
std::optional<Expiration> Lifecycle::expire(api::Call& call, const Due& due, size_t& budget, bool& fits) const {
  const std::string& bucket = place_->bucket;
  Expiration expiration{.kind = Expiration::Kind::kObject, .bucket = bucket, .key = due.key, .version = due.id, .size = {}, .time = now_};
  if (due.what == Due::What::kUpload) {
    if (!find_upload(call, bucket, due.key, due.id)) return std::nullopt;
    fits = erase_parts(call, due.id, budget);
    if (!fits) return std::nullopt;
    call.state->erase(keys::upload(bucket, due.key, due.id));
    expiration.kind = Expiration::Kind::kUpload;
    expiration.version.clear();
    return expiration;
  }
  const std::optional<Version> version = find_version(call, bucket, due.key, due.id);
  if (!version) return std::nullopt;
  const bool is_current = version->document == keys::object(bucket, due.key);
  const bool is_versioned = versioning_of(call, bucket).is_versioned();
  if (!is_versioned) expiration.version.clear();
  expiration.size = version->object.size;
  if (due.what == Due::What::kCurrent) {
    if (!is_current || (!is_versioned && version->object.lock.protects(now_))) return std::nullopt;
    const std::optional<std::string> marker = remove_current(call, bucket, due.key, version->object, budget);
    fits = marker.has_value();
    if (!fits) return std::nullopt;
    if (!marker->empty()) expiration.kind = Expiration::Kind::kDeleteMarker, expiration.version = *marker;
    return expiration;
  }
  if (is_current || version->object.lock.protects(now_)) return std::nullopt;
  if (due.what == Due::What::kMarker) {
    const std::string versions = keys::versions_of(bucket, due.key);
    if (call.state->exists(keys::object(bucket, due.key)) || call.state->list(versions, versions, 2).items.size() != 1) return std::nullopt;
    expiration.size.reset();
  }
  fits = remove_version(call, bucket, due.key, *version, budget);
  if (!fits) return std::nullopt;
  return expiration;
}

}  // namespace cairn::s3
