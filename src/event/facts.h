#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/model.h"
#include "aws/names.h"
#include "aws/principal.h"
#include "base/json.h"
#include "base/time.h"

namespace cairn::event {

using EventId = Id<struct EventTag>;  // UUID

struct Resource {
  std::string type;  // AWS::S3::Bucket
  std::string arn;
  std::string arn_prefix;          // instead of arn, for prefix operations
  aws::AccountId account;          // empty: the member accountId is left out
  bool is_account_hidden = false;  // accountId is there, and empty
};

struct Tls {
  std::string version;       // TLSv1.3
  std::string cipher_suite;  // TLS_AES_128_GCM_SHA256
};

/// What the HTTP request looked like: S3's records show it instead of modelled parameters. Headers as sent, query decoded.
struct HttpFacts {
  std::string method;
  std::string host;
  std::string path;  // decoded
  std::vector<std::pair<std::string, std::string>> query;
  std::vector<std::pair<std::string, std::string>> headers;           // names lower case
  std::vector<std::pair<std::string, std::string>> response_headers;  // names lower case
  std::string body;  // the XML or JSON request body of a configuration call; "" for object bytes
  uint64_t bytes_in = 0, bytes_out = 0;
  enum class Authentication { kAnonymous, kHeader, kQueryString } authentication = Authentication::kHeader;
  std::string bucket, key;          // decoded; "" if not addressed
  std::string extended_request_id;  // x-amz-id-2
  std::string sse_applied;          // SSE_S3, Default_SSE_S3 ...; "": told from the headers of request and response
};

/// Everything the record says, gathered by the pipeline. Nothing here is serialised yet.
struct Facts {
  Time time;  // eventTime
  aws::Principal principal;
  std::string event_source;  // s3.amazonaws.com
  std::string event_name;    // as the record has it: ListObjectsV2 -> ListObjects (see classify.h)
  aws::Region region;
  aws::AccountId recipient;
  std::string source_ip, user_agent;
  std::string error_code, error_message;  // "" on success
  const aws::ServiceModel* service = nullptr;
  const aws::OperationModel* operation = nullptr;  // null: an operation nobody knows
  const Json* input = nullptr;                     // decoded parameters by model names; null: requestParameters null
  const Json* output = nullptr;                    // the answer by model names; null: responseElements null
  const HttpFacts* http = nullptr;                 // S3 only
  std::optional<Json> additional;                  // additionalEventData of other services
  std::string request_id;
  EventId event_id;
  bool read_only = true;
  bool management = true;
  std::vector<Resource> resources;  // S3: may stay empty, build() tells them from `http`
  std::optional<Tls> tls;
  std::string tls_host;                       // clientProvidedHostHeader
  std::string api_version;                    // logs, events only; "" else
  aws::AccountId owner;                       // of the S3 bucket that was called; empty: the recipient
  bool is_owners_copy = false;                // of a stranger's call: says no more of the caller than account and id
  EventId shared_event_id;                    // calls by AWS services and copies for other accounts; empty: absent
  std::string event_type = "AwsApiCall";      // AwsConsoleSignIn, AwsServiceEvent ...
  std::optional<Json> service_event_details;  // of AwsServiceEvent: what a service did by itself
};

}  // namespace cairn::event
