#pragma once
#include <memory>
#include <set>
#include <string>

#include "aws/sigv4.h"
#include "delivery/destination.h"
#include "env/clock.h"
#include "env/http_client.h"

namespace cairn::delivery {

/// Where a bucket is that is not this server's.
struct RemoteBucket {
  enum class Addressing { kPath, kHost };  // http://s3.example/bucket/key, or http://bucket.s3.example/key
  std::string endpoint;                    // http:// or https://, host, perhaps port and path; no slash at the end
  aws::sigv4::Signer signer;               // its service is set here
  Addressing addressing = Addressing::kPath;
  std::string ca_bundle;                   // PEM file of the authorities to trust; "": the system's
  std::set<aws::AccountId> accounts = {};  // whose trails it is for; empty: all

  bool serves(const aws::AccountId& account) const { return accounts.empty() || accounts.contains(account); }
};

/// A bucket at any S3-compatible endpoint. `http` and `clock` outlive it and its calls; calls under way keep it alive.
///
/// `check` is HeadBucket: CloudTrail calls GetBucketAcl, which many compatible servers lack. It fails where there is no server or no
/// bucket; keys that may only put objects pass it, and others learn from the answer to `put` what is wrong with them.
/// `put` is PutObject with the headers that CloudTrail sends: x-amz-acl bucket-owner-full-control and
/// x-amz-server-side-encryption AES256. A server that refuses these as such is asked once more without them; when that works, they
/// are left out from then on, until the server denies access or this process ends.
std::shared_ptr<Destination> remote_s3(env::HttpClient& http, const env::Clock& clock, RemoteBucket bucket);

}  // namespace cairn::delivery
