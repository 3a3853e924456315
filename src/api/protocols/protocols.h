#pragma once
#include <string>
#include <string_view>

#include "api/protocol.h"
#include "base/json.h"
#include "base/xml.h"

/// The parts of api/protocol.h, one protocol each; protocol.cc chooses. Pure; any thread.
namespace cairn::api {

inline constexpr aws::ErrorKind kInvalidArgument{.code = "InvalidArgument"};

/// What S3 says of a body that is no XML or not what its schema demands. `payload`: the input's member that is the body.
aws::Error malformed_xml(const aws::Member& payload);
aws::Error malformed_xml();

// --- documents: a shape as JSON or XML (json.cc, xml.cc)

/// Reads a JSON body as `shape`; body members only, unknown ones are passed over. Throws SerializationException.
Json json_document(const aws::Shape& shape, std::string_view body);
std::string json_text(const aws::Shape& shape, const Json& value);  // the body members

/// Reads an element as `shape`. Throws malformed_xml().
Json xml_document(const aws::Shape& shape, const xml::Element& element);
/// Writes the body members of `value` below an element that is open.
void write_xml_members(xml::Writer& writer, const aws::Shape& shape, const Json& value);
/// An element's attributes as text: its namespace and the members that are attributes.
std::string xml_attributes(const aws::Shape& shape, const Json& value, std::string_view default_namespace);

// --- protocols

Json decode_json(const aws::OperationModel& operation, const WireRequest& request);
WireResponse encode_json(aws::Protocol protocol, const aws::OperationModel& operation, const Json& out);

Json decode_query(const aws::OperationModel& operation, const WireRequest& request);
WireResponse encode_query(const aws::ServiceModel& service, const aws::OperationModel& operation, const Json& out,
                          std::string_view request_id);

Json decode_rest(aws::Protocol protocol, const aws::ServiceModel& service, const aws::OperationModel& operation,
                 const WireRequest& request);
WireResponse encode_rest(aws::Protocol protocol, const aws::ServiceModel& service, const aws::OperationModel& operation, const Json& out);

Json decode_cbor(const aws::OperationModel& operation, const WireRequest& request);
WireResponse encode_cbor(const aws::OperationModel& operation, const Json& out);
/// A map of texts, for errors.
std::string cbor_texts(const std::vector<std::pair<std::string_view, std::string_view>>& members);

}  // namespace cairn::api
