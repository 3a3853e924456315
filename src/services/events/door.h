#pragma once
#include <functional>
#include <string>

#include "api/call.h"
#include "rules/documents.h"

/// What EventBridge's operations share: the bus or rule that a call names, pages of lists.
namespace cairn::events_service {

constexpr size_t kListedMax = 100;  // in one answer, also if the call asks for no number
constexpr size_t kTagsMax = 50;

/// The bus that a parameter names, by name or ARN; without one the default bus. Whether there is one is not looked at.
rules::BusName named_bus(const api::Call& call, const char* member = "EventBusName");
/// The same for a text.
rules::BusName named_bus(const api::Call& call, const std::string& name);
/// Throws ResourceNotFoundException; also for buses of other accounts and regions, where only events can be put.
rules::Bus open_bus(api::Call& call, const rules::BusName& name);
/// The rule that `member` names, on the bus of the call. Throws ResourceNotFoundException.
rules::Rule open_rule(api::Call& call, const char* member);

/// One page of the documents below `folder` whose names start with the call's NamePrefix, by its Limit and NextToken; the next token goes
/// into the answer. Calls `f(name, document)`; false: it does not count. `shown`: of the limit, what the answer has already.
void each_of_page(api::Call& call, const std::string& folder, const std::string& prefix,
                  const std::function<bool(const std::string& name, const std::string& document)>& f, size_t shown = 0);

/// Refuses options that are not implemented, by name.
void refuse(const api::Call& call, std::initializer_list<const char*> members);

/// The API's list of tags, and back.
/// Throws ValidationException where the caller may not set one, LimitExceededException.
rules::Tags read_tags(const api::Call& call, const Json& list);
/// Throws ValidationException if the caller may not set or remove a tag of this key.
void check_tag(const api::Call& call, std::string_view key);
Json tags_list(const rules::Tags& tags);

/// Throws InvalidEventPatternException.
void check_pattern(const std::string& pattern);

}  // namespace cairn::events_service
