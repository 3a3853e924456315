#include "services/cloudformation/doing.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "template/canonical.h"

namespace cairn::cloudformation {
namespace {

using aws::Type;

constexpr size_t kTokenCharacters = 12;

[[noreturn]] void refuse(const std::string& path, std::string_view what) {
  throw Failed{fmt::format("Properties validation failed with message: [#{}: {}]", path, what)};
}

/// HandlerErrorCode of a refusal.
std::string_view handler_error(const api::Refusal& refusal) {
  const auto has = [&](std::string_view part) { return refusal.code.find(part) != std::string::npos; };
  if (has("AlreadyExists") || has("AlreadyOwned") || has("EntityAlreadyExists")) return "AlreadyExists";
  if (has("AccessDenied") || has("AuthorizationError") || has("Unauthorized")) return "AccessDenied";
  if (has("NotFound") || has("NoSuch") || has("NonExistent") || has("DoesNotExist")) return "NotFound";
  if (has("LimitExceeded")) return "ServiceLimitExceeded";
  if (has("Throttl")) return "Throttling";
  if (refusal.status >= 500) return "ServiceInternalError";
  if (refusal.status == 409) return "ResourceConflict";
  return "InvalidRequest";
}

const aws::Member* member_like(const aws::Shape& shape, std::string_view name) {
  if (const aws::Member* exact = shape.member(name)) return exact;
  for (const aws::Member& member : shape.members)
    if (text::equals_ignoring_case(member.name, name)) return &member;
  if (name == "Key" || name == "Value") return shape.member(name == "Key" ? "TagKey" : "TagValue");  // KMS's tags
  return nullptr;
}

Json shaped_number(const aws::Shape& shape, const Json& value, const std::string& path) {
  if (value.is_number()) return value;
  const std::string text = value.is_string() ? value.get<std::string>() : "";
  if (const auto whole = text::to_int(text)) return *whole;
  if (shape.type == Type::kFloat || shape.type == Type::kDouble)
    if (const Result<Json> number = json::parse(text); number && number->is_number()) return *number;
  refuse(path, fmt::format("expected type: Number, found: {}", value.is_string() ? "String" : value.type_name()));
}

}  // namespace

Json to_json(const Answer& answer) {
  if (answer.out) return {{"out", *answer.out}};
  const api::Refusal& refusal = answer.refusal;
  return {{"status", refusal.status}, {"code", refusal.code}, {"message", refusal.message}, {"id", refusal.request_id}};
}

Answer answer_of(const Json& document) {
  if (const auto out = document.find("out"); out != document.end()) return {.out = *out};
  return {.out = std::nullopt,
          .refusal = {.status = document.at("status").get<int>(),
                      .code = document.at("code").get<std::string>(),
                      .message = document.at("message").get<std::string>(),
                      .request_id = document.at("id").get<std::string>()}};
}

const Answer& Doing::attempt(std::string_view service, std::string_view operation, Json in) {
  const aws::ServiceModel* model = aws::service_model(service);
  CHECK(model != nullptr);
  const aws::OperationModel* called = model->operation(operation);
  CHECK(called != nullptr);
  if (called->input != nullptr) in = shaped(*called->input, in, "");
  if (next_ == answers_.size()) throw Asking{model, called, std::move(in)};
  return answers_[next_++];
}

const Answer& Doing::watch(Watch watch) {
  if (next_ == answers_.size()) throw Watching{std::move(watch)};
  return answers_[next_++];
}

Json Doing::call(std::string_view service, std::string_view operation, Json in) {
  return *call_unless({}, service, operation, std::move(in));
}

std::optional<Json> Doing::call_unless(std::initializer_list<std::string_view> codes, std::string_view service, std::string_view operation,
                                       Json in) {
  const Answer& answer = attempt(service, operation, std::move(in));
  if (answer.out) return *answer.out;
  const api::Refusal& refusal = answer.refusal;
  if (std::ranges::find(codes, refusal.code) != codes.end()) return std::nullopt;
  throw refused(service, refusal);
}

bool passes(const api::Refusal& refusal) {
  static constexpr std::string_view kPassing[] = {
      "Throttling",       "ThrottlingException", "ThrottledException", "TooManyRequestsException",
      "RequestThrottled", "OperationAborted",    "SlowDown",           "PriorRequestNotComplete"};
  return (refusal.status >= 500 && refusal.status != 501) || std::ranges::find(kPassing, refusal.code) != std::end(kPassing);
}

Failed refused(std::string_view service, const api::Refusal& refusal) {
  return {fmt::format(
      "Resource handler returned message: \"{} (Service: {}, Status Code: {}, Request ID: {})\" (RequestToken: {}, HandlerErrorCode: {})",
      refusal.message, aws::service_model(service)->service_id, refusal.status, refusal.request_id, refusal.request_id,
      handler_error(refusal))};
}

const Json& Doing::get(std::string_view property) const {
  static const Json kNull;
  const auto it = wanted.find(property);
  return it == wanted.end() ? kNull : *it;
}

std::string Doing::text(std::string_view property, std::string otherwise) const {
  const Json& value = get(property);
  return value.is_null() ? otherwise : to_text(value);
}

bool Doing::flag(std::string_view property, bool otherwise) const {
  const Json& value = get(property);
  return value.is_null() ? otherwise : to_flag(value);
}

bool Doing::changed(std::string_view property) const {
  const auto old = before.find(property);
  const bool was = old != before.end();
  if (was != has(property)) return true;
  return was && !cfn::same(*old, get(property));
}

std::string Doing::name(std::string_view property, const Naming& naming) const {
  if (is_named(property)) return text(property);
  std::string stack = where_.stack_name, resource = where_.resource;
  const size_t room = naming.characters_max - naming.suffix.size() - kTokenCharacters - 2;
  if (stack.size() + resource.size() > room) {  // as AWS does: each is cut, the longer one more
    const size_t half = room / 2;
    if (resource.size() > half) resource.resize(std::max(half, room - std::min(room, stack.size())));
    if (stack.size() + resource.size() > room) stack.resize(room - resource.size());
  }
  std::string name = fmt::format("{}-{}-{}{}", stack, resource, where_.token, naming.suffix);
  return naming.lower_case ? text::lower(name) : name;
}

Json Doing::members(std::initializer_list<Rename> renames) const {
  Json out = Json::object();
  for (const Rename& rename : renames)
    if (const Json& value = get(rename.property); !value.is_null()) out[std::string(rename.member)] = value;
  return out;
}

Json Doing::tags() const {
  Json all = has("Tags") ? get("Tags") : Json::array();
  for (const Json& tag : where_.system_tags) all.push_back(tag);
  return all;
}

Json Doing::tags_before() const {
  const auto it = before.find("Tags");
  return it == before.end() ? Json::array() : *it;
}

Json Doing::tags_gone() const {
  Json gone = Json::array();
  const Json now = has("Tags") ? get("Tags") : Json::array();
  for (const Json& old : tags_before())
    if (std::ranges::none_of(now, [&](const Json& tag) { return tag.value("Key", "") == old.value("Key", ""); }))
      gone.push_back(old.value("Key", ""));
  return gone;
}

void retag(Doing& doing, const TagCalls& calls, const std::string& id) {
  if (!doing.changed("Tags")) return;
  const std::string member(calls.id_member);
  if (const Json gone = doing.tags_gone(); !gone.empty())
    doing.call(calls.service, calls.untag, Json{{member, id}, {std::string(calls.keys_member), gone}});
  if (const Json tags = doing.tags(); !tags.empty())
    doing.call(calls.service, calls.tag, Json{{member, id}, {std::string(calls.tags_member), tags}});
}

void read_members(Doing& doing, const Json& from, std::initializer_list<Doing::Rename> renames) {
  for (const Doing::Rename& rename : renames) {
    if (!doing.has(rename.property)) continue;
    const auto it = from.find(rename.member);
    doing.live[std::string(rename.property)] = it == from.end() ? Json() : *it;
  }
}

void read_tags(Doing& doing, const Json& tags) {
  if (!doing.has("Tags")) return;
  Json list = Json::array(), map = Json::object();
  const auto add = [&](const std::string& key, const Json& value) {
    if (key.starts_with("aws:")) return;
    list.push_back({{"Key", key}, {"Value", value}});
    map[key] = value;
  };
  if (tags.is_object())
    for (const auto& [key, value] : tags.items()) add(key, value);
  else
    for (const Json& tag : tags) {
      const bool is_plain = tag.contains("Key");
      add(tag.at(is_plain ? "Key" : "TagKey").get<std::string>(), tag.at(is_plain ? "Value" : "TagValue"));
    }
  doing.live["Tags"] = doing.get("Tags").is_object() ? std::move(map) : std::move(list);
}

Json document_of(const Json& text) {
  if (!text.is_string()) return text;
  std::string written = text.get<std::string>();
  if (written.starts_with('%')) written = text::percent_decode(written).value_or(written);
  Result<Json> document = json::parse(written);
  return document ? std::move(*document) : text;
}

Json key_as_named(const Json& property, const std::string& arn) {
  const std::string named = property.is_string() ? property.get<std::string>() : "";
  const bool is_alias = named.find("alias/") != std::string::npos;  // which key that is cannot be told from here
  return is_alias || arn.ends_with("/" + named) ? property : Json(arn);
}

bool is_own_arn(const Doing& doing, std::string_view arn) {
  const std::vector<std::string_view> parts = text::split(arn, ':');  // arn:aws:SERVICE:REGION:ACCOUNT:...
  return parts.size() >= 6 && parts[4] == doing.where().account.str() && (parts[3].empty() || parts[3] == doing.where().region.str());
}

std::string document_text(const Json& value) { return value.is_string() ? value.get<std::string>() : json::dump(value); }
bool to_flag(const Json& value) { return value.is_boolean() ? value.get<bool>() : text::lower(to_text(value)) == "true"; }
std::string to_text(const Json& value) { return cfn::scalar_text(value).value_or(json::dump(value)); }

Json shaped(const aws::Shape& shape, const Json& value, const std::string& path) {
  switch (shape.type) {
    case Type::kStructure: {
      if (!value.is_object()) refuse(path, fmt::format("expected type: JSONObject, found: {}", value.type_name()));
      Json out = Json::object();
      for (const auto& [name, each] : value.items()) {
        const aws::Member* member = member_like(shape, name);
        if (member == nullptr) refuse(path, fmt::format("extraneous key [{}] is not permitted", name));
        if (!each.is_null()) out[member->name] = shaped(*member->shape, each, path + "/" + name);
      }
      return out;
    }
    case Type::kList: {
      Json out = Json::array();
      if (!value.is_array()) {  // one stands for a list of one
        out.push_back(shaped(*shape.element.shape, value, path));
        return out;
      }
      for (size_t i = 0; i < value.size(); ++i) out.push_back(shaped(*shape.element.shape, value[i], fmt::format("{}/{}", path, i)));
      return out;
    }
    case Type::kMap: {
      Json out = Json::object();
      if (value.is_array()) {  // tags
        for (const Json& tag : value) out[to_text(tag.at("Key"))] = to_text(tag.at("Value"));
        return out;
      }
      if (!value.is_object()) refuse(path, fmt::format("expected type: JSONObject, found: {}", value.type_name()));
      for (const auto& [key, each] : value.items()) out[key] = shaped(*shape.element.shape, each, path + "/" + key);
      return out;
    }
    case Type::kInteger:
    case Type::kLong:
    case Type::kFloat:
    case Type::kDouble:
      return shaped_number(shape, value, path);
    case Type::kBoolean: {
      if (value.is_boolean()) return value;
      const std::string word = text::lower(to_text(value));
      if (word != "true" && word != "false") refuse(path, "expected type: Boolean, found: String");
      return word == "true";
    }
    default:
      return value.is_structured() ? document_text(value) : to_text(value);
  }
}

}  // namespace cairn::cloudformation
