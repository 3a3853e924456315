#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace cairn::event {

struct LookupResource {
  std::string type;  // AWS::S3::Bucket; may be empty
  std::string name;
};

/// What a record can be found by, and what LookupEvents shows beside the record: read back from the record's own bytes, so that
/// records from anywhere are treated alike.
struct Attributes {
  std::string event_id, event_name, event_source, username, access_key, region, account;  // account: recipientAccountId
  std::string error_code, source_address, principal_arn;
  std::string event_category, user_type, user_agent;  // user_type: userIdentity's
  std::vector<std::string> resource_arns;             // of the record's `resources`
  Time time;
  bool read_only = true;
  bool management = true;                 // eventCategory Management
  std::vector<LookupResource> resources;  // CloudTrail's own extraction, not the record's `resources`
  bool says_read_only = false;            // else the record does not, and is taken for a read
  bool says_account = false;              // else it is that of the caller
  // The members read here are there once at most, and are texts or truths, and no empty ones: who knows the attributes knows what
  // the record's members of these names are.
  bool is_plain = true;
};

/// Fails on what is no record (not an object, or without eventID, eventTime, eventName, eventSource). `document` is scratch.
Result<Attributes> attributes(std::string_view record, json::Document& document);

}  // namespace cairn::event
