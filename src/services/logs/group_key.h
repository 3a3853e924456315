#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"
#include "logs/store.h"
#include "services/logs/group.h"
#include "services/logs/sealed_event.h"

/// Log groups under a key of KMS: CloudWatch Logs makes data keys of it and opens them, on behalf of the group, whom the key's policy must
/// let (logs.REGION.amazonaws.com, encryption context aws:logs:arn). Each is a call of KMS, remembered for kGroupKeyLasts.
namespace cairn::logs_service {

constexpr std::chrono::minutes kGroupKeyLasts{5};  // what KMS said, as long as nothing changes there
constexpr std::chrono::hours kDataKeyLasts{24};    // then new events get another

/// From now on the events of the group are sealed under that key; put_group is the caller's. Throws InvalidParameter, AccessDenied.
void associate_key(api::Call& call, Group& group, const std::string& kms_key);

/// Seals what is to be stored, if the group has a key. Throws AccessDenied.
void seal_batch(api::Call& call, Group group, logs::Batch& batch);

/// Opens what was stored in the group. It throws AccessDenied where it needs a key that may not be used. `call` outlives it.
MessageOpener opener_of(api::Call& call, const Group& group);

/// The same for a batch of the journal, whole, by those who follow it: the calls of KMS that it takes are in no call of anybody's, and
/// their records are for the entry that the follower writes next. False: it cannot be read, or its group is gone.
bool open_batch(api::Ports& ports, state::Transaction& state, Time now, logs::Batch& batch, std::vector<std::string>& records);

/// Of a group that has a key of KMS: what events that come now are sealed under. Throws AccessDenied.
Secret newest_data_key(api::Call& call, const Group& group);

/// The store's visit, of messages that are open. Throws AccessDenied, and InternalFailure for damage.
void visit_events(api::Call& call, const Group& group, const logs::Query& query, const std::function<bool(const logs::EventView&)>& f);

}  // namespace cairn::logs_service
