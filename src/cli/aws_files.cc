#include "cli/aws_files.h"

namespace cairn::cli {
namespace {

constexpr uint64_t kFileBytesMax = 1 << 20;

std::string config_section(const std::string& profile) { return profile == "default" ? profile : "profile " + profile; }

}  // namespace

std::optional<Keys> keys_in(const Ini& credentials, const std::string& section) {
  const auto access_key = credentials.get(section, "aws_access_key_id");
  const auto secret = credentials.get(section, "aws_secret_access_key");
  if (!access_key || !secret) return std::nullopt;
  return Keys{*access_key, Secret(*secret), credentials.get(section, "aws_session_token").value_or("")};
}

Ini read_ini(const std::string& path, const Surroundings& around) {
  const auto text = env::read_file(around.files, path, kFileBytesMax);
  return text ? Ini(*text) : Ini();
}

AwsFiles::AwsFiles(const Surroundings& around)
    : credentials_(read_ini(expand_home(around.variable("AWS_SHARED_CREDENTIALS_FILE").value_or("~/.aws/credentials"), around), around)),
      config_(read_ini(expand_home(around.variable("AWS_CONFIG_FILE").value_or("~/.aws/config"), around), around)) {}

std::optional<std::string> AwsFiles::get(const std::string& profile, const char* name) const {
  if (auto value = credentials_.get(profile, name)) return value;
  return config(profile, name);
}

std::optional<std::string> AwsFiles::config(const std::string& profile, const char* name) const {
  return config_.get(config_section(profile), name);
}

bool AwsFiles::has(const std::string& profile) const { return credentials_.has(profile) || config_.has(config_section(profile)); }

Result<Keys> AwsFiles::keys(const std::string& profile) const {
  if (!has(profile)) return failure("The profile {} could not be found in your AWS credentials or config file.", profile);
  if (auto keys = keys_in(credentials_, profile)) return std::move(*keys);
  if (auto keys = keys_in(config_, config_section(profile))) return std::move(*keys);
  return failure("The profile {} has no aws_access_key_id and aws_secret_access_key. Roles, processes and SSO are not supported here.",
                 profile);
}

}  // namespace cairn::cli
