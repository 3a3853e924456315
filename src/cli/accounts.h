#pragma once
#include <string>

#include "cli/target.h"

/// Accounts of a server: `cairn account` and `cairn root`. Each returns an exit code.
namespace cairn::cli {

int create_account(const TargetOptions& options, const std::string& name);
int list_accounts(const TargetOptions& options);

struct RootCredentialsOptions {
  TargetOptions target;
  std::string account;   // "": the one that the data directory was made with
  bool replace = false;  // the keys before end
};
/// Writes a new access key of an account's root user, as a profile for an AWS credentials file. Asks as the owner of the data directory.
int root_credentials(RootCredentialsOptions options);

}  // namespace cairn::cli
