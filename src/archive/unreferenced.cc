#include "archive/unreferenced.h"

namespace cairn::archive {

Result<const std::string*> Listing::peek() {
  if (at_ == page_.size() && !ended_) {
    auto page = objects_.list(bucket_, prefix_, after_, kPage);
    if (!page) return tl::unexpected(page.error());
    page_ = std::move(*page);
    at_ = 0;
    ended_ = page_.empty();
    if (!ended_ && page_.back() <= after_) return failure("the listing of s3://{}/{} does not go forward", bucket_, prefix_);
    if (!ended_) after_ = page_.back();
  }
  return at_ < page_.size() ? &page_[at_] : nullptr;
}

void Unreferenced::named(const std::string& key) {
  if (waiting_.erase(key) == 0 && key > passed_) named_.insert(key);
}

Result<void> Unreferenced::list_until(Time until) {
  while (true) {
    const auto key = listing_.peek();
    if (!key) return tl::unexpected(key.error());
    if (!*key) return {};
    const auto name = parse_key(**key);
    if (name && (name->time >= until || (end_ && name->time > *end_))) return {};
    take(**key, name);
    listing_.advance();
  }
}

void Unreferenced::take(const std::string& key, const std::optional<ParsedKey>& name) {
  passed_ = key;
  const bool is_named = named_.contains(key);
  named_.erase(named_.begin(), named_.upper_bound(key));
  if (is_named || key.ends_with('/')) return;  // "directories" that consoles make
  const bool is_log = name && name->kind == ParsedKey::Kind::kLogFile;
  if (is_log && start_ && name->time < *start_) return;
  if (waiting_.size() < kWaitingMax) waiting_.emplace(key, is_log ? std::optional(name->time) : std::nullopt);
  else ++overflow_;
}

}  // namespace cairn::archive
