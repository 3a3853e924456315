#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/finish.h"
#include "services/s3/lifecycle.h"

/// Server access logs: a line for each request to a bucket whose logging is on ("logging", which holds LoggingEnabled as it was put),
/// noted in the entry of what it tells of. From there delivery/access_log_delivery.h takes it.
namespace cairn::s3 {

inline constexpr std::string_view kLoggingSetting = "logging";
constexpr size_t kAccessLogNoteBytesMax = 256 << 10;  // of one entry; lines of single keys beyond it are left out

constexpr size_t kAccessFieldBytesMax = 8 << 10;  // of what a client wrote; the rest of it is left out

/// One line's fields, in S3's order, as they are known; empty ones show as "-". User-given text is encoded when it is written.
struct AccessLine {
  std::string owner, bucket;  // canonical id
  Time time;
  std::string remote_ip, requester, request_id, operation, key, request_uri;
  int status = 0;
  std::string error_code;
  uint64_t bytes_sent = 0;
  std::optional<uint64_t> object_size;
  std::optional<std::chrono::milliseconds> total_time, turn_around_time;
  std::string referer, user_agent, version, host_id, signature_version, cipher_suite, authentication, host, tls_version, access_point,
      acl_required;
};
std::string write(const AccessLine& line);  // with its end

/// Notes what a call did, if its bucket is logged: for the call's own bucket, for each key of a DeleteObjects, and for what a copy reads.
void note_access(api::Call& call, const api::Leaving& leaving);

/// Notes what the lifecycle did. Returns how many bytes of journal entry that takes.
size_t note_expiration(state::Transaction& state, const Expiration& expiration);

}  // namespace cairn::s3
