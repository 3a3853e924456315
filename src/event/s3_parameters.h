#pragma once
#include <string>
#include <vector>

#include "event/facts.h"

/// S3's part of a record: it shows the HTTP request instead of modelled parameters, its maps in Java's HashMap order.
namespace cairn::event {

/// Each appends one finished JSON value. `facts.http` must be there.
void append_s3_request(std::string& out, const Facts& facts);
void append_s3_response(std::string& out, const Facts& facts);
void append_s3_additional(std::string& out, const Facts& facts);

/// The record's `resources`, from the bucket, key and prefix that were addressed; empty for account-level calls, CreateBucket and
/// buckets that do not exist.
std::vector<Resource> s3_resources(const Facts& facts);

}  // namespace cairn::event
