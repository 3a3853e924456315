#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "aws/names.h"
#include "base/json.h"
#include "base/time.h"
#include "state/store.h"

namespace cairn::delivery {

/// A trail as its document tells it: what CloudTrail's operations set, and what a delivery works by. docs/formats/state.md.
struct Trail {
  aws::AccountId account;
  aws::Region home;
  std::string name;
  std::string id;  // made with the trail: a trail of the same name made anew is another one
  Time created;

  std::string bucket, prefix;
  std::string sns_topic;            // ARN; it gets a message for each log file
  std::string kms_key;              // ARN; files and digests go under it
  std::string log_group, log_role;  // ARNs; both or none
  bool multi_region = false;
  bool global_events = true;  // IncludeGlobalServiceEvents
  bool validation = false;    // LogFileValidationEnabled: digests
  bool recursive = true;      // RecursiveLogging: CloudTrail's own deliveries are among its events

  Json event_selectors = Json::array();           // basic, by the API's member names; both empty: management events, as the default
  Json advanced_event_selectors = Json::array();  // excludes the former
  Json insight_selectors = Json::array();

  bool logging = false;
  std::optional<Time> started, stopped;  // by StartLogging, StopLogging; the last of each

  std::string arn() const;
};

std::string encode(const Trail& trail);
Trail decode_trail(std::string_view document);

std::string trail_arn(const aws::AccountId& account, const aws::Region& home, std::string_view name);

namespace keys {
inline const std::string kTrails = "cloudtrail/trail/";
std::string trails_of(const aws::AccountId& account);  // prefix of all of an account's, sorted by home region and name
std::string trail(const aws::AccountId& account, const aws::Region& home, std::string_view name);
std::string status(std::string_view trail_id);
}  // namespace keys

/// Puts a new trail, and where its delivery begins, into the state: nothing that is recorded from then on is missed.
void put_new(state::Transaction& state, const Trail& trail);
/// Puts a trail's first log group, in force from this change on; `before`: the trail without it, nullopt: it is new.
void begin_log_group(state::Transaction& state, const Trail& trail, const std::optional<Trail>& before);

/// How a trail's deliveries went: what GetTrailStatus shows of it. Written by delivery, read by services.
struct Status {
  std::optional<Time> delivered, delivery_attempt;  // the last success, the last try
  bool delivery_attempt_succeeded = false;
  std::string delivery_error;  // of the last try: S3's code; "" on success
  std::optional<Time> digest_delivered;
  std::string digest_error;
  uint64_t dropped = 0;  // events that were given up because the backlog passed delivery.backlog_max
};
std::string encode(const Status& status);
Status read_status(state::Transaction& state, std::string_view trail_id);

}  // namespace cairn::delivery
