#pragma once
#include <optional>
#include <string>

#include "aws/sigv4.h"
#include "base/result.h"
#include "cli/surroundings.h"

/// Which server a command talks to, as whom, and where it looks that up.
namespace cairn::cli {

/// Options that every client command takes. Empty: not given.
struct TargetOptions {
  std::string endpoint_url, region, profile, data;
};

struct Target {
  std::string endpoint;       // http://127.0.0.1:4566, no slash at the end
  std::string s3_endpoint;    // the same, unless a trail's buckets are elsewhere
  std::string s3_overruled;   // for a person: that $AWS_ENDPOINT_URL_S3 says something else; "": it does not
  std::string ca_bundle;      // "" : the system's
  aws::sigv4::Signer signer;  // its service is left to the caller
};

/// The data directory: the option, $CAIRN_DATA, ~/.cairn.
std::string data_directory(const TargetOptions& options, const Surroundings& around);

/// The URL that the server of a data directory left there; loopback by number, since names may resolve to what it does not listen
/// on and make S3 clients use virtual hosts.
std::optional<std::string> endpoint_of_data(const std::string& data, const Surroundings& around);

/// Endpoint: --endpoint-url, $AWS_ENDPOINT_URL_CAIRN, $AWS_ENDPOINT_URL, the profile's endpoint_url, the data directory's.
/// For S3 alone $AWS_ENDPOINT_URL_S3 comes before the variables and files named here; a server named by --endpoint-url or --data is meant
/// for all.
/// Credentials: --data, --profile, $AWS_ACCESS_KEY_ID and its companions, $AWS_PROFILE; else the data directory's where the
/// endpoint comes from there; else the default profile. Region: --region, $AWS_REGION, $AWS_DEFAULT_REGION, the profile's.
Result<Target> find_target(const TargetOptions& options, const Surroundings& around);

}  // namespace cairn::cli
