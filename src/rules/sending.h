#pragma once
#include <string>
#include <string_view>

#include "env/random.h"
#include "outbox/item.h"
#include "rules/rule_set.h"

namespace cairn::rules {

/// What goes to a target, as an item of the outbox: the event, or what a transformer made of it; how the target is called is made of it
/// when it is sent (making.h), as that may need what is sealed.
outbox::Item item_of(const CompiledRule& rule, const Target& target, std::string_view event, Time ingested);

inline constexpr std::string_view kOwner = "events";  // of these items

}  // namespace cairn::rules
