#include <algorithm>

#include "api/protocols/protocols.h"
#include "api/protocols/scalar.h"
#include "base/text.h"

namespace cairn::api {
namespace {

using aws::Error;
using aws::Member;
using aws::Shape;
using aws::Type;

constexpr aws::ErrorKind kMalformedInput{.code = "SerializationException", .status = 400, .wire_code = "MalformedInput"};
constexpr aws::ErrorKind kMalformedQueryString{.code = "MalformedQueryString", .status = 404};
constexpr size_t kParametersMax = 50'000;  // of one request; a body is limited anyway, this bounds the sorting

constexpr int64_t kNamePartsMax = 128;  // "Tags.member.1.Key" has four; bounds how deep a document can be

/// A form: "Tags.member.1.Key=k&..." sorted by name, so that all parameters below a prefix stand together.
class Form {
 public:
  void add(std::string_view encoded) {
    for (std::string_view pair : text::split(encoded, '&')) {
      if (pair.empty()) continue;
      const size_t equals = pair.find('=');
      auto name = text::percent_decode(pair.substr(0, equals), text::Plus::kSpace);
      auto value = text::percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), text::Plus::kSpace);
      if (!name || !value) throw Error(kMalformedQueryString, "The query string contains a syntax error");
      if (std::count(name->begin(), name->end(), '.') >= kNamePartsMax) throw Error(kMalformedInput, "Parameter nested too deep");
      if (fields_.size() >= kParametersMax) throw Error(kMalformedInput, "Too many parameters");
      fields_.emplace_back(std::move(*name), std::move(*value));
    }
  }
  void sort() {
    std::stable_sort(fields_.begin(), fields_.end(), [](const Field& a, const Field& b) { return a.first < b.first; });
  }

  /// The value of exactly this parameter; null if it was not sent. The first counts.
  const std::string* value(std::string_view name) const {
    auto it = lower_bound(name);
    return it != fields_.end() && it->first == name ? &it->second : nullptr;
  }

  /// Whether any parameter begins with `prefix`.
  bool any_below(std::string_view prefix) const {
    auto it = lower_bound(prefix);
    return it != fields_.end() && it->first.starts_with(prefix);
  }

  /// The numbers N of all parameters "<prefix>N" and "<prefix>N.…", ascending.
  std::vector<int64_t> indices_below(std::string_view prefix) const {
    std::vector<int64_t> found;
    for (auto it = lower_bound(prefix); it != fields_.end() && it->first.starts_with(prefix); ++it) {
      std::string_view rest = std::string_view(it->first).substr(prefix.size());
      rest = rest.substr(0, rest.find('.'));
      if (auto number = text::to_int(rest); number && (found.empty() || found.back() != *number)) found.push_back(*number);
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
  }

 private:
  using Field = std::pair<std::string, std::string>;
  std::vector<Field>::const_iterator lower_bound(std::string_view name) const {
    return std::lower_bound(fields_.begin(), fields_.end(), name,
                            [](const Field& field, std::string_view wanted) { return field.first < wanted; });
  }
  std::vector<Field> fields_;
};

std::optional<Json> read_member(const Form& form, const Member& member, const std::string& name);

Json read_structure(const Form& form, const Shape& shape, const std::string& prefix) {
  Json out = Json::object();
  for (const Member& member : shape.members)
    if (auto value = read_member(form, member, prefix + member.form_name)) out[member.name] = std::move(*value);
  return out;
}

/// The value of the parameters `name` and below; nullopt if none was sent.
std::optional<Json> read_member(const Form& form, const Member& member, const std::string& name) {
  const Shape& shape = *member.shape;
  switch (shape.type) {
    case Type::kStructure:
      if (!form.any_below(name + ".")) return std::nullopt;
      return read_structure(form, shape, name + ".");
    case Type::kList: {
      const std::string prefix = is_flattened(member) ? name + "." : name + "." + shape.element.location_name + ".";
      const std::string* empty = form.value(name);  // "Tags=" is an empty list
      if (!form.any_below(prefix)) return empty != nullptr && empty->empty() ? std::optional(Json::array()) : std::nullopt;
      Json out = Json::array();
      for (int64_t index : form.indices_below(prefix))
        if (auto value = read_member(form, shape.element, prefix + std::to_string(index))) out.push_back(std::move(*value));
      return out;
    }
    case Type::kMap: {
      const std::string prefix = is_flattened(member) ? name + "." : name + ".entry.";
      if (!form.any_below(prefix)) return std::nullopt;
      Json out = Json::object();
      for (int64_t index : form.indices_below(prefix)) {
        const std::string entry = prefix + std::to_string(index) + ".";
        const std::string* key = form.value(entry + shape.key.location_name);
        if (key == nullptr) continue;
        auto value = read_member(form, shape.element, entry + shape.element.location_name);
        if (value) out[*key] = std::move(*value);
      }
      return out;
    }
    default: {
      const std::string* text = form.value(name);
      if (text == nullptr) {
        if (form.any_below(name + ".")) throw Error(kMalformedInput, "Start of structure or map found where not expected.");
        return std::nullopt;
      }
      auto value = scalar_from_text(member, *text);
      if (!value) throw Error(kMalformedInput, "STRING_VALUE can not be converted to {}", java_type_name(shape.type));
      return value;
    }
  }
}

}  // namespace

Json decode_query(const aws::OperationModel& operation, const WireRequest& request) {
  if (operation.input == nullptr) return Json::object();
  Form form;
  form.add(request.query);
  form.add(request.body);
  form.sort();
  Json out = read_structure(form, *operation.input, "");
  for (const auto& [name, value] : request.labels)  // SQS: the path is the queue's
    if (operation.input->member(name) != nullptr && !out.contains(name)) out[name] = value;
  return out;
}

WireResponse encode_query(const aws::ServiceModel& service, const aws::OperationModel& operation, const Json& out,
                          std::string_view request_id) {
  WireResponse response{.status = operation.status};
  response.headers.emplace_back("Content-Type", "text/xml");
  xml::Writer writer(response.body);
  const std::string root = operation.name + "Response";
  writer.open(root, fmt::format("xmlns=\"{}\"", service.xml_namespace));
  if (!operation.result_wrapper.empty()) {
    writer.open(operation.result_wrapper);
    if (operation.output != nullptr) write_xml_members(writer, *operation.output, out);
    writer.close(operation.result_wrapper);
  }
  writer.open("ResponseMetadata").element("RequestId", request_id).close("ResponseMetadata");
  writer.close(root);
  return response;
}

}  // namespace cairn::api
