#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// AWS's public API models, as facts: one ServiceModel per service, read from the compact tables in models/ (made by
/// tools/models). Everything that can be derived from them is: decoding, validation, encoding, errors, records.
namespace cairn::aws {

enum class Protocol { kJson10, kJson11, kQuery, kRestJson, kRestXml, kCbor };

enum class Type { kStructure, kList, kMap, kString, kInteger, kLong, kFloat, kDouble, kBoolean, kTimestamp, kBlob };
enum class Location { kBody, kHeader, kHeaders, kQuery, kUri, kStatusCode };  // kHeaders: a map, names by prefix
enum class TimestampFormat { kDefault, kIso8601, kUnix, kRfc822 };

struct Shape;

struct Member {
  std::string name;           // the model's name: CloudTrail and the SDKs use it
  std::string location_name;  // on the wire: element, header, query parameter; = name if the model has none
  std::string form_name;      // in forms and XML, of services whose JSON has another; = location_name if the model has none
  const Shape* shape = nullptr;
  Location location = Location::kBody;  // kHeaders: location_name is the prefix
  bool required = false;
  bool flattened = false;  // lists and maps without a wrapper element
  bool xml_attribute = false;
  bool host_label = false;
  bool idempotency_token = false;
  TimestampFormat timestamp = TimestampFormat::kDefault;
  bool payload = false;  // this member is the whole body
};

struct Shape {
  std::string name;
  Type type = Type::kStructure;
  std::vector<Member> members;      // structures, in the model's order
  Member element;                   // lists: the member; maps: the value
  Member key;                       // maps
  std::optional<int64_t> min, max;  // length of strings, lists, maps, blobs; value of numbers
  std::string pattern;              // as the model has it; empty: none
  std::vector<std::string> values;  // enum; empty: none
  bool sensitive = false;
  bool streaming = false;
  bool eventstream = false;
  bool flattened = false;
  std::string xml_namespace;  // of the element; "prefix=uri" declares a prefix
  std::string location_name;  // root element's name, where it differs
  TimestampFormat timestamp = TimestampFormat::kDefault;
  // exceptions only
  bool exception = false;
  std::string error_code;  // on the wire; = name if the model has none
  int error_status = 400;

  const Member* member(std::string_view member_name) const;  // by model name
};

struct OperationModel {
  std::string name;
  std::string method = "POST";
  std::string uri = "/";         // template with {Label} and {Label+}; may hold fixed query parts
  int status = 200;              // of a success
  const Shape* input = nullptr;  // null: no members
  const Shape* output = nullptr;
  bool empty_document = false;  // the model has an output, without members: json answers {} and not nothing
  std::string input_root;       // rest-xml: root element of the body, with its namespace
  std::string input_namespace;
  std::string result_wrapper;  // query: <XResult>
  std::vector<const Shape*> errors;
  bool checksum_required = false;  // httpChecksumRequired
};

struct ServiceModel {
  std::string key;              // file name in models/: s3, cloudtrail, monitoring ...
  std::string signing_name;     // the credential scope's service
  std::string endpoint_prefix;  // first label of AWS's host name
  std::string service_id;       // "CloudTrail"
  std::string api_version;
  std::string target_prefix;  // json: before the dot of X-Amz-Target
  std::string json_version;
  std::string xml_namespace;
  std::vector<Protocol> protocols;         // the first is what new SDKs use
  bool global = false;                     // one endpoint for all regions (IAM)
  bool query_compatible = false;           // errors of json and cbor carry the query protocol's code in a header too
  std::vector<OperationModel> operations;  // sorted by name
  std::map<std::string, Shape, std::less<>> shapes;

  const OperationModel* operation(std::string_view operation_name) const;
};

/// The tables that were built in. Thread-safe; a service is parsed at its first use and kept. Null: no such service.
const ServiceModel* service_model(std::string_view key);
std::vector<std::string_view> service_model_keys();  // sorted

/// Reads one table (the format is described in models/README.md).
Result<std::unique_ptr<ServiceModel>> parse_service_model(std::string_view table);

}  // namespace cairn::aws
