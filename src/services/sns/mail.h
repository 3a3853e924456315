#pragma once
#include <string>

#include "outbox/item.h"
#include "services/sns/envelope.h"
#include "services/sns/subscription.h"

namespace cairn::sns {

/// A letter as mail. `body`: the JSON of email-json, or the message itself, which links are added to for a person.
outbox::Mail mail_of(const Subscription& subscription, const std::string& display_name, const Letter& letter, const std::string& body,
                     const std::string& from, Time now);

}  // namespace cairn::sns
