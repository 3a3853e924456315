#include "services/s3/version_scan.h"

#include "services/s3/keys.h"
#include "services/s3/versions.h"

namespace cairn::s3 {
namespace {

constexpr size_t kFirstBatch = 16, kBatchMax = 1001;

/// Walks over documents below a prefix, reading ahead.
class Cursor {
 public:
  Cursor(api::Call& call, std::string prefix, std::string after) : call_(call), prefix_(std::move(prefix)), after_(std::move(after)) {}

  /// The document at hand; null: there are no more.
  const state::Item* at() {
    if (next_ == page_.items.size() && more_) {
      page_ = call_.state->list(prefix_, after_, batch_);
      next_ = 0;
      more_ = page_.more && !page_.items.empty();
      batch_ = std::min(batch_ * 4, kBatchMax);
      if (!page_.items.empty()) after_ = page_.items.back().key;
    }
    return next_ < page_.items.size() ? &page_.items[next_] : nullptr;
  }
  void step() { ++next_; }
  /// To the first document behind `key`.
  void jump(const std::string& key) {
    while (next_ < page_.items.size() && page_.items[next_].key <= key) ++next_;
    if (next_ < page_.items.size() || key < after_) return;
    after_ = key;
    batch_ = kFirstBatch;
  }

 private:
  api::Call& call_;
  const std::string prefix_;
  std::string after_;
  state::Page page_;
  size_t next_ = 0, batch_ = kFirstBatch;
  bool more_ = true;
};

/// The key in the key of a version's document.
std::string key_of(std::string_view document, size_t scope) {
  std::string key;
  for (size_t i = scope; i < document.size(); ++i) {
    if (document[i] != keys::kKeyEnd) {
      key += document[i];
    } else if (i + 1 < document.size() && document.substr(i + 1, 1) == keys::kAfterAll) {
      key += document[i++];
    } else {
      break;
    }
  }
  return key;
}

/// Sorts before `key`, and behind every other key of UTF-8 that does.
std::string just_below(std::string key) {
  const char last = key.back();
  key.pop_back();
  if (last != '\0') key += static_cast<char>(last - 1) + std::string(keys::kAfterAll);
  return key;
}

/// Current versions and kept ones lie apart, each in the order of keys: they are read side by side.
class Merge {
 public:
  Merge(api::Call& call, const std::string& bucket, const VersionScan& scan)
      : call_(call),
        bucket_(bucket),
        scan_(scan),
        current_(call, keys::object(bucket, scan.prefix), first_current()),
        kept_(call, keys::version_prefix(bucket) + keys::escaped(scan.prefix), first_kept()) {
    if (const std::string common = common_prefix(scan.after_key); !common.empty()) jump_over(common);
  }

  ScannedVersions run() {
    if (scan_.limit == 0) return {};
    while (std::optional<ScannedVersion> version = next()) {
      std::string common = common_prefix(version->key);
      if (found_.versions.size() + found_.prefixes.size() == scan_.limit) {
        found_.truncated = true;
        break;
      }
      if (common.empty()) {
        found_.last_key = version->key;
        found_.last_version = version_id(version->object);
        found_.versions.push_back(std::move(*version));
      } else {
        found_.last_key = common;
        found_.last_version.clear();
        jump_over(common);
        found_.prefixes.push_back(std::move(common));
      }
    }
    return std::move(found_);
  }

 private:
  /// The marker's key itself is among what follows only where its current version is older than the version named.
  std::string first_current() const {
    if (scan_.after_key.empty()) return keys::object_prefix(bucket_);
    const std::string own = keys::object(bucket_, scan_.after_key);
    if (!scan_.after_version.empty()) {
      const std::optional<Object> current = find_object(call_, bucket_, scan_.after_key);
      if (current && name_of(*current) > scan_.after_version) return just_below(own);
    }
    return own;
  }
  std::string first_kept() const {
    if (scan_.after_key.empty()) return keys::version_prefix(bucket_);
    const std::string versions = keys::versions_of(bucket_, scan_.after_key);
    return versions + (scan_.after_version.empty() ? std::string(keys::kAfterAll) : scan_.after_version);
  }

  std::optional<ScannedVersion> next() {
    const state::Item* current = current_.at();
    const state::Item* kept = kept_.at();
    if (current == nullptr && kept == nullptr) return std::nullopt;
    const size_t kept_scope = keys::version_prefix(bucket_).size();
    std::string current_key = current != nullptr ? current->key.substr(keys::object_prefix(bucket_).size()) : "";
    std::string kept_key = kept != nullptr ? key_of(kept->key, kept_scope) : "";
    ScannedVersion version;
    if (kept == nullptr || (current != nullptr && current_key <= kept_key)) {
      version = {std::move(current_key), decode_object(current->value), true};
      current_.step();
    } else {
      version = {std::move(kept_key), decode_object(kept->value), false};
      version.is_latest = version.key != last_ && is_newest(version);
      kept_.step();
    }
    last_ = version.key;
    return version;
  }

  /// Whether a kept version, the first that we see of its key, is its newest.
  bool is_newest(const ScannedVersion& version) {
    if (version.key != scan_.after_key) return true;
    const std::string versions = keys::versions_of(bucket_, version.key);
    const state::Page page = call_.state->list(versions, versions, 1);
    return page.items.front().key == versions + version.object.version && !call_.state->exists(keys::object(bucket_, version.key));
  }

  std::string common_prefix(const std::string& key) const {
    if (scan_.delimiter.empty() || !key.starts_with(scan_.prefix)) return {};
    const size_t at = key.find(scan_.delimiter, scan_.prefix.size());
    return at == std::string::npos ? std::string() : key.substr(0, at + scan_.delimiter.size());
  }
  void jump_over(const std::string& common) {
    current_.jump(keys::object(bucket_, common) + std::string(keys::kAfterAll));
    kept_.jump(keys::version_prefix(bucket_) + keys::escaped(common) + std::string(keys::kAfterAll));
  }

  api::Call& call_;
  const std::string& bucket_;
  const VersionScan& scan_;
  Cursor current_, kept_;
  ScannedVersions found_;
  std::string last_;  // key of the version seen last
};

}  // namespace

ScannedVersions scan_versions(api::Call& call, const std::string& bucket, const VersionScan& scan) {
  return Merge(call, bucket, scan).run();
}

}  // namespace cairn::s3
