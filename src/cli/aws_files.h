#pragma once
#include <optional>
#include <string>

#include "base/id.h"
#include "base/result.h"
#include "cli/ini.h"
#include "cli/surroundings.h"

namespace cairn::cli {

struct Keys {
  std::string access_key;
  Secret secret;
  std::string token;  // "": none
};

/// The keys in a section of a credentials file.
std::optional<Keys> keys_in(const Ini& credentials, const std::string& section);

/// An AWS file, or nothing where it cannot be read, as the AWS CLI has it.
Ini read_ini(const std::string& path, const Surroundings& around);

/// The user's AWS files: $AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials, $AWS_CONFIG_FILE or ~/.aws/config.
class AwsFiles {
 public:
  explicit AwsFiles(const Surroundings& around);
  /// What a profile says, in the credentials file first.
  std::optional<std::string> get(const std::string& profile, const char* name) const;
  std::optional<std::string> config(const std::string& profile, const char* name) const;
  bool has(const std::string& profile) const;
  Result<Keys> keys(const std::string& profile) const;  // the failure names the profile and what it lacks

 private:
  Ini credentials_, config_;
};

}  // namespace cairn::cli
