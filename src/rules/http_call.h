#pragma once
#include <string>
#include <string_view>

#include "base/json.h"
#include "outbox/item.h"
#include "rules/connections.h"

namespace cairn::rules {

/// The request to an API destination, without proof of who calls: the endpoint with its path parameters, query strings, headers and body
/// as the destination, the target (HttpParameters: texts, or JSON paths into the event) and the connection (InvocationHttpParameters, which
/// take the place of the target's) say.
outbox::Http http_call(const ApiDestination& destination, const Json& target_parameters, const Json& connection_parameters,
                       std::string_view event, std::string body);

/// Sets a header as somebody asks for it, in place of one of its name. What frames a request or says where it goes, and what is no line,
/// is left out.
void set_header(outbox::Headers& headers, const std::string& name, const std::string& value);

}  // namespace cairn::rules
