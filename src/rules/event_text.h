#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "aws/names.h"
#include "base/time.h"

/// Events as rules see them: JSON texts in AWS's envelope.
namespace cairn::rules {

struct Envelope {
  std::string_view id, detail_type, source;
  const aws::AccountId& account;
  Time time;
  const aws::Region& region;
  std::span<const std::string> resources = {};
  std::string_view detail;       // a JSON object, carried on byte by byte
  std::string_view replay = {};  // the replay that brings it again; "": none
};
std::string event_text(const Envelope& envelope);

/// The event without its detail: what <aws.events.event> stands for.
std::string without_detail(std::string_view event);

/// A whole JSON object, and nothing else.
bool is_json_object(std::string_view text);

}  // namespace cairn::rules
