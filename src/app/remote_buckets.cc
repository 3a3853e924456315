#include "app/remote_buckets.h"

#include "cli/aws_files.h"

namespace cairn::app {

Result<std::map<std::string, delivery::RemoteBucket>> remote_buckets(const Settings& settings, const cli::Surroundings& around) {
  std::map<std::string, delivery::RemoteBucket> all;
  if (settings.buckets.empty()) return all;
  const cli::AwsFiles files(around);
  for (const auto& [name, bucket] : settings.buckets) {
    const auto keys = files.keys(bucket.profile);
    if (!keys) return failure("buckets.{}: {}", name, keys.error().message);
    if (!bucket.ca_bundle.empty()) {
      if (const auto readable = env::read_file(around.files, bucket.ca_bundle); !readable)
        return failure("buckets.{}.ca_bundle: {}", name, readable.error().message);
    }
    using Addressing = delivery::RemoteBucket::Addressing;
    all[name] = {.endpoint = bucket.endpoint,
                 .signer = {.access_key = aws::AccessKeyId(keys->access_key),
                            .secret = keys->secret,
                            .session_token = keys->token,
                            .region = aws::Region(!bucket.region.empty() ? bucket.region
                                                                         : files.get(bucket.profile, "region").value_or("us-east-1")),
                            .service = "s3"},
                 .addressing = bucket.path_style ? Addressing::kPath : Addressing::kHost,
                 .ca_bundle = bucket.ca_bundle,
                 .accounts = {}};
    for (const std::string& account : bucket.accounts) all[name].accounts.emplace(account);
  }
  return all;
}

Result<void, api::BucketAccess::Refusal> BucketAccessElsewhere::check(state::Transaction& state, const Ask& ask) {
  const auto at = elsewhere_.find(ask.bucket);
  if (at != elsewhere_.end() && at->second.serves(ask.principal.source_account)) return {};
  return others_.check(state, ask);
}

}  // namespace cairn::app
