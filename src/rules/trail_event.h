#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "event/selector.h"
#include "rules/documents.h"

/// What CloudTrail records, as events of EventBridge.
namespace cairn::rules {

/// The guard against feeding ourselves without end: true for records of calls that one of our own services made to deliver something
/// (for a rule, a topic, an alarm, a notification, a trail), by itself or in a role. Such a record matches no rule: else a rule for what
/// its own delivery causes would go on for ever, or two services would keep each other busy.
bool is_own_delivery(const event::Selected& event);

/// "AWS API Call via CloudTrail" and its like; "": events of this type do not come here.
std::string_view detail_type_of(const event::Selected& event);

/// Which rules do not get it unless their state says so: management events that only read, by the names that AWS goes by.
bool is_read(const event::Selected& event);

/// The bus to which it comes: the default one of the account and region that recorded it; global services record in us-east-1.
BusName bus_of(const event::Selected& event);

/// The record in its envelope, its bytes as they are. `id`: the event's own, another one than the record's.
std::string event_of(const event::Selected& event, std::string_view record, std::string_view id);

/// An event's id, made of the record's: whoever gets an event twice sees the same id.
std::string event_id_of(std::string_view record_id);

constexpr size_t kEventBytesMax = 256 << 10;  // larger ones do not come here, as on AWS

}  // namespace cairn::rules
