#include <algorithm>
#include <set>

#include "api/operation.h"
#include "base/text.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/upload.h"
#include "services/s3/versions.h"

/// GetObjectAttributes: those that x-amz-object-attributes lists.
namespace cairn::s3 {
namespace {

constexpr int64_t kPartsMax = 1000;

/// The list comes as one header, several, or several values: all are one list.
std::set<std::string> wanted(const Json& in) {
  std::set<std::string> names;
  const auto it = in.find("ObjectAttributes");
  if (it == in.end()) return names;
  const auto add = [&](std::string_view list) {
    for (std::string_view name : text::split(list, ',')) names.emplace(text::trim(name));
  };
  if (it->is_string()) add(it->get<std::string>());
  if (it->is_array())
    for (const Json& item : *it) add(item.get<std::string>());
  return names;
}

int64_t number_or_text(const Json& in, std::string_view name, int64_t otherwise) {
  if (const std::optional<int64_t> number = number_of(in, name)) return *number;
  const std::string text = text_of(in, name);
  return text.empty() ? otherwise : text::to_int(text).value_or(otherwise);
}

/// Single parts are shown where the upload asked for a composite checksum; else only how many there are.
Json describe_parts(api::Call& call, const Object& object) {
  Json shown{{"TotalPartsCount", object.parts}};
  if (!object.checksum.composite) return shown;
  const int64_t limit = std::min(number_or_text(call.in, "MaxParts", kPartsMax), kPartsMax);
  const int64_t marker = number_or_text(call.in, "PartNumberMarker", 0);
  Json list = Json::array();
  int64_t number = 0;
  bool truncated = false;
  for (const auto& [uploaded_as, part] : list_parts(call, object.upload, 0, SIZE_MAX)) {
    if (++number <= marker) continue;
    if (static_cast<int64_t>(list.size()) == limit) {
      truncated = true;
      break;
    }
    Json item{{"PartNumber", number}, {"Size", part.size}};
    Checksum{object.checksum.algorithm, part.checksum}.show_value(item);
    list.push_back(std::move(item));
  }
  shown["PartNumberMarker"] = marker;
  shown["NextPartNumberMarker"] = list.empty() ? Json(0) : list.back()["PartNumber"];
  shown["MaxParts"] = limit;
  shown["IsTruncated"] = truncated;
  if (!list.empty()) shown["Parts"] = std::move(list);
  return shown;
}

void get_object_attributes(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::string key = checked_key(call);
  const std::set<std::string> names = wanted(call.in);
  static const std::set<std::string> kKnown = {"Checksum", "ETag", "ObjectParts", "ObjectSize", "StorageClass"};
  if (names.empty() || !std::ranges::includes(kKnown, names))
    throw invalid_argument("Invalid attribute name specified.", "x-amz-object-attributes", names.empty() ? "" : *names.begin());
  const Object object = open_object(call, bucket.name, key);
  check_customer_key(call, object.encryption);

  call.out["LastModified"] = timestamps::iso8601(object.modified);
  if (names.contains("ETag")) call.out["ETag"] = object.etag;
  if (names.contains("Checksum") && !object.checksum.algorithm.empty()) {
    Checksum checksum = object.checksum;
    checksum.value = checksum.value.substr(0, checksum.value.find('-'));  // here without the number of parts
    Json shown = Json::object();
    checksum.show(shown);
    call.out["Checksum"] = std::move(shown);
  }
  if (names.contains("ObjectParts") && !object.upload.empty()) call.out["ObjectParts"] = describe_parts(call, object);
  if (names.contains("StorageClass")) call.out["StorageClass"] = object.storage_class;
  if (names.contains("ObjectSize")) call.out["ObjectSize"] = object.size;
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"GetObjectAttributes", get_object_attributes, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_attributes;
const api::Family s3_attributes{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
