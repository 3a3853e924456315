#pragma once
#include <string>

#include "base/result.h"
#include "cli/target.h"

namespace cairn::cli {

/// What `cairn env` prints: shell exports that point AWS CLI v1 and v2, the SDKs and `cairn` itself at the server of a data
/// directory. Writes the CLI's config and its endpoint plugin into DATA/aws-cli (old CLIs know no AWS_ENDPOINT_URL).
Result<std::string> make_exports(const TargetOptions& options, const Surroundings& around);

/// `s` as one word of a POSIX shell.
std::string shell_quote(std::string_view s);

}  // namespace cairn::cli
