#include "aws/model.h"

#include <algorithm>
#include <array>
#include <mutex>

#include "aws/embedded.h"
#include "base/check.h"
#include "base/json.h"
#include "base/text.h"

namespace cairn::aws {
namespace {

using json::View;

template <class T, size_t N>
std::optional<T> named(const std::array<std::pair<std::string_view, T>, N>& names, std::string_view name) {
  for (const auto& [text, value] : names)
    if (text == name) return value;
  return std::nullopt;
}

constexpr auto kTypes = std::to_array<std::pair<std::string_view, Type>>({{"structure", Type::kStructure},
                                                                          {"string", Type::kString},
                                                                          {"list", Type::kList},
                                                                          {"map", Type::kMap},
                                                                          {"integer", Type::kInteger},
                                                                          {"long", Type::kLong},
                                                                          {"float", Type::kFloat},
                                                                          {"double", Type::kDouble},
                                                                          {"boolean", Type::kBoolean},
                                                                          {"timestamp", Type::kTimestamp},
                                                                          {"blob", Type::kBlob}});
constexpr auto kProtocols = std::to_array<std::pair<std::string_view, Protocol>>({{"json-1.0", Protocol::kJson10},
                                                                                  {"json-1.1", Protocol::kJson11},
                                                                                  {"query", Protocol::kQuery},
                                                                                  {"rest-json", Protocol::kRestJson},
                                                                                  {"rest-xml", Protocol::kRestXml},
                                                                                  {"cbor", Protocol::kCbor}});
constexpr auto kTimestamps = std::to_array<std::pair<std::string_view, TimestampFormat>>(
    {{"iso8601", TimestampFormat::kIso8601}, {"unix", TimestampFormat::kUnix}, {"rfc822", TimestampFormat::kRfc822}});
constexpr auto kLocations = std::to_array<std::pair<std::string_view, Location>>({{"header", Location::kHeader},
                                                                                  {"headers", Location::kHeaders},
                                                                                  {"query", Location::kQuery},
                                                                                  {"uri", Location::kUri},
                                                                                  {"status", Location::kStatusCode}});

/// Reads one table. The first thing that is wrong is kept in `wrong`; the rest is then of no interest.
class Reader {
 public:
  std::unique_ptr<ServiceModel> read(View root) {
    service_ = std::make_unique<ServiceModel>();
    read_service(root["service"]);
    root["shapes"].each_member([this](std::string_view name, View row) { read_shape(name, row); });
    root["operations"].each_member([this](std::string_view name, View row) { read_operation(name, row); });
    std::sort(service_->operations.begin(), service_->operations.end(),
              [](const OperationModel& a, const OperationModel& b) { return a.name < b.name; });
    for (const auto& [name, shape] : service_->shapes)
      if (shape.name.empty()) note("shape is used but not there", name);
    if (service_->key.empty()) note("no service", "key");
    return std::move(service_);
  }

  std::string wrong;

 private:
  void note(std::string_view problem, std::string_view name) {
    if (wrong.empty()) wrong = fmt::format("{}: {}", problem, name);
  }

  static std::string string_of(View row, std::string_view member) { return std::string(row[member].string_or("")); }
  static bool flag_of(View row, std::string_view member) { return row[member].boolean().value_or(false); }

  void read_service(View row) {
    service_->key = string_of(row, "key");
    service_->signing_name = string_of(row, "signing_name");
    service_->endpoint_prefix = string_of(row, "endpoint_prefix");
    service_->service_id = string_of(row, "service_id");
    service_->api_version = string_of(row, "api_version");
    service_->target_prefix = string_of(row, "target_prefix");
    service_->json_version = string_of(row, "json_version");
    service_->xml_namespace = string_of(row, "xml_namespace");
    service_->global = flag_of(row, "global");
    service_->query_compatible = flag_of(row, "query_compatible");
    row["protocols"].each([this](View name) {
      if (auto protocol = named(kProtocols, name.string_or(""))) service_->protocols.push_back(*protocol);
      else note("unknown protocol", name.string_or(""));
    });
  }

  /// The shape's place, which stays where it is; filled in when its row comes.
  Shape* shape_at(std::string_view name) {
    auto it = service_->shapes.find(name);
    if (it == service_->shapes.end()) it = service_->shapes.emplace(std::string(name), Shape{}).first;
    return &it->second;
  }

  /// "Shape required header=x-amz-acl": see models/README.md.
  Member member_of(std::string_view name, std::string_view text) {
    Member member;
    member.name = member.location_name = std::string(name);
    bool first = true;
    for (std::string_view word : text::split(text, ' ')) {
      if (std::exchange(first, false)) {
        member.shape = shape_at(word);
        continue;
      }
      const size_t equals = word.find('=');
      const std::string_view key = word.substr(0, equals);
      const std::string_view value = equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
      if (auto location = named(kLocations, key)) {
        member.location = *location;
        if (!value.empty()) member.location_name = std::string(value);
      } else if (key == "required") {
        member.required = true;
      } else if (key == "name") {
        member.location_name = std::string(value);
      } else if (key == "form") {
        member.form_name = std::string(value);
      } else if (key == "payload") {
        member.payload = true;
      } else if (key == "flattened") {
        member.flattened = true;
      } else if (key == "attribute") {
        member.xml_attribute = true;
      } else if (key == "hostlabel") {
        member.host_label = true;
      } else if (key == "token") {
        member.idempotency_token = true;
      } else if (auto format = named(kTimestamps, value); key == "timestamp" && format) {
        member.timestamp = *format;
      } else {
        note("unknown word", word);
      }
    }
    if (member.form_name.empty()) member.form_name = member.location_name;
    return member;
  }

  void read_shape(std::string_view name, View row) {
    Shape& shape = *shape_at(name);
    shape.name = std::string(name);
    row.each_member([&](std::string_view fact, View value) {
      if (fact == "type") {
        if (auto type = named(kTypes, value.string_or(""))) shape.type = *type;
        else note("unknown type", value.string_or(""));
      } else if (fact == "members") {
        value.each_member([&](std::string_view member, View text) { shape.members.push_back(member_of(member, text.string_or(""))); });
      } else if (fact == "of") {
        shape.element = member_of(row["key"].exists() ? "value" : "member", value.string_or(""));
      } else if (fact == "key") {
        shape.key = member_of("key", value.string_or(""));
      } else if (fact == "min") {
        shape.min = value.integer();
      } else if (fact == "max") {
        shape.max = value.integer();
      } else if (fact == "pattern") {
        shape.pattern = std::string(value.string_or(""));
      } else if (fact == "enum") {
        value.each([&](View one) { shape.values.emplace_back(one.string_or("")); });
      } else if (fact == "sensitive") {
        shape.sensitive = true;
      } else if (fact == "streaming") {
        shape.streaming = true;
      } else if (fact == "eventstream") {
        shape.eventstream = true;
      } else if (fact == "flattened") {
        shape.flattened = true;
      } else if (fact == "timestamp") {
        shape.timestamp = named(kTimestamps, value.string_or("")).value_or(TimestampFormat::kDefault);
      } else if (fact == "root") {
        shape.location_name = std::string(value.string_or(""));
      } else if (fact == "namespace") {
        shape.xml_namespace = std::string(value.string_or(""));
      } else if (fact == "exception") {
        shape.exception = true;
        if (shape.error_code.empty()) shape.error_code = shape.name;
      } else if (fact == "code") {
        shape.error_code = std::string(value.string_or(""));
      } else if (fact == "status") {
        shape.error_status = static_cast<int>(value.integer().value_or(400));
      } else {
        note("unknown fact", fact);
      }
    });
  }

  /// The shape, unless it has no members.
  const Shape* document(View name) {
    if (!name.exists()) return nullptr;
    const Shape* shape = shape_at(name.string_or(""));
    return shape->members.empty() ? nullptr : shape;
  }

  void read_operation(std::string_view name, View row) {
    OperationModel& operation = service_->operations.emplace_back();
    operation.name = std::string(name);
    if (auto http = row["http"].string()) {
      const std::vector<std::string_view> words = text::split(*http, ' ');
      if (words.size() < 2) return note("broken http row of", name);
      operation.method = std::string(words[0]);
      operation.uri = std::string(words[1]);
      if (words.size() > 2) operation.status = static_cast<int>(text::to_int(words[2]).value_or(200));
    }
    operation.input = document(row["in"]);
    operation.output = document(row["out"]);
    operation.empty_document = row["out"].exists() && operation.output == nullptr;
    operation.input_root = string_of(row, "root");
    operation.input_namespace = string_of(row, "namespace");
    operation.result_wrapper = string_of(row, "wrap");
    operation.checksum_required = flag_of(row, "checksum");
    if (auto errors = row["errors"].string())
      for (std::string_view error : text::split(*errors, ' ')) operation.errors.push_back(shape_at(error));
  }

  std::unique_ptr<ServiceModel> service_;
};

/// A table and what was read from it.
struct Slot {
  std::once_flag once;
  std::unique_ptr<ServiceModel> model;
};

}  // namespace

const Member* Shape::member(std::string_view member_name) const {
  for (const Member& member : members)
    if (member.name == member_name) return &member;
  return nullptr;
}

const OperationModel* ServiceModel::operation(std::string_view operation_name) const {
  auto it = std::lower_bound(operations.begin(), operations.end(), operation_name,
                             [](const OperationModel& operation, std::string_view name) { return operation.name < name; });
  return it != operations.end() && it->name == operation_name ? &*it : nullptr;
}

Result<std::unique_ptr<ServiceModel>> parse_service_model(std::string_view table) {
  json::Document document;
  auto root = document.parse(table);
  if (!root) return tl::unexpected(root.error());
  Reader reader;
  auto model = reader.read(*root);
  if (!reader.wrong.empty()) return failure("{}", reader.wrong);
  return model;
}

const ServiceModel* service_model(std::string_view key) {
  const std::vector<EmbeddedModel>& embedded = embedded_models();
  static std::vector<Slot> slots(embedded.size());
  auto it = std::lower_bound(embedded.begin(), embedded.end(), key,
                             [](const EmbeddedModel& model, std::string_view name) { return model.key < name; });
  if (it == embedded.end() || it->key != key) return nullptr;
  Slot& slot = slots[static_cast<size_t>(it - embedded.begin())];
  std::call_once(slot.once, [&] {
    auto model = parse_service_model(it->table);
    CHECK(model.has_value());  // our own bytes: a test reads every table
    slot.model = std::move(*model);
  });
  return slot.model.get();
}

std::vector<std::string_view> service_model_keys() {
  std::vector<std::string_view> keys;
  for (const EmbeddedModel& model : embedded_models()) keys.push_back(model.key);
  return keys;
}

}  // namespace cairn::aws
