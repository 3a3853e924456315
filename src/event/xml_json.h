#pragma once
#include <string>

#include "base/xml.h"

/// XML bodies as S3's records show them: what org.json's XML.toJSONObject makes of them.
namespace cairn::event {

/// Appends the JSON value of `element`, its own name left out: attributes and children become members, children of one name an
/// array, an element with nothing in it "", text true, false, a whole or decimal number where it reads as one, else a string.
void append_xml_as_json(std::string& out, const xml::Element& element);

}  // namespace cairn::event
