#include "services/s3/bucket_setting.h"

#include "base/check.h"
#include "services/s3/keys.h"

namespace cairn::s3 {

std::optional<Json> bucket_setting(state::Transaction& state, std::string_view bucket, std::string_view kind) {
  const std::optional<std::string> text = state.get(keys::bucket_setting(bucket, kind));
  if (!text) return std::nullopt;
  Result<Json> setting = json::parse(*text);
  CHECK(setting.has_value());  // we wrote it
  return std::move(*setting);
}

void put_bucket_setting(state::Transaction& state, std::string_view bucket, std::string_view kind, const Json& setting) {
  state.put(keys::bucket_setting(bucket, kind), json::dump(setting));
}

void erase_bucket_setting(state::Transaction& state, std::string_view bucket, std::string_view kind) {
  state.erase(keys::bucket_setting(bucket, kind));
}

aws::Error not_set(std::string_view bucket, std::string_view code, std::string_view message) {
  return aws::Error({.code = code, .status = 404}, "{}", message).with("BucketName", std::string(bucket));
}

void erase_bucket_settings(state::Transaction& state, std::string_view bucket) {
  const std::string prefix = keys::bucket_setting(bucket, "");
  for (const state::Item& item : state.list(prefix, prefix, state::Transaction::kListMax).items) state.erase(item.key);
  state.erase(keys::bucket_tagging(bucket));
  state.erase(keys::bucket_policy(bucket));
}

}  // namespace cairn::s3
