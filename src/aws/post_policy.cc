#include "aws/post_policy.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"

namespace cairn::aws {
namespace {

constexpr ErrorKind kInvalidPolicyDocument{.code = "InvalidPolicyDocument", .status = 400};

Error invalid(std::string_view why) { return Error(kInvalidPolicyDocument, "Invalid Policy: {}", why); }
Error denied(std::string_view why) { return Error(kAccessDenied, "Invalid according to Policy: {}", why); }

/// ["eq", "$key", "a"], with a blank after each comma.
std::string shown(const std::vector<Json>& parts) {
  std::string text = "[";
  for (const Json& part : parts) {
    if (text.size() > 1) text += ", ";
    text += json::dump(part);
  }
  return text + "]";
}

/// A number, or a text that is one.
std::optional<uint64_t> size_of(const Json& value) {
  if (value.is_string()) return text::to_uint(value.get<std::string>());
  if (!value.is_number_integer() || value < 0) return std::nullopt;
  return value.get<uint64_t>();
}

/// Fields that no condition need cover: what proves the form, the file, and what S3 is told to ignore.
bool is_exempt(std::string_view field) {
  constexpr auto kNames = std::to_array<std::string_view>({"awsaccesskeyid", "file", "policy", "signature", "x-amz-signature"});
  return std::ranges::find(kNames, field) != kNames.end() || field.starts_with("x-ignore-");
}

/// Each value of a Content-Type with several must begin so.
bool starts(std::string_view field, std::string_view value, std::string_view front) {
  if (field != "content-type") return value.starts_with(front);
  const std::vector<std::string_view> all = text::split(value, ',');
  return std::ranges::all_of(all, [&](std::string_view one) { return text::trim(one).starts_with(front); });
}

}  // namespace

PostPolicy::PostPolicy(std::string_view text) {
  const Result<Json> document = json::parse(text);
  if (!document || !document->is_object()) throw invalid("Invalid JSON.");
  const auto expiration = document->find("expiration"), conditions = document->find("conditions");
  if (expiration == document->end()) throw invalid("Policy missing expiration.");
  if (conditions == document->end() || !conditions->is_array()) throw invalid("Policy missing conditions.");
  const std::optional<Time> expires = expiration->is_string() ? timestamps::parse_iso8601(expiration->get<std::string>()) : std::nullopt;
  if (!expires) throw invalid("Invalid 'expiration' value.");
  expiration_ = *expires;
  for (const Json& condition : *conditions) read_condition(condition);
}

void PostPolicy::read_condition(const Json& condition) {
  if (condition.is_object()) {
    if (condition.size() != 1) throw invalid("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.");
    const std::string& name = condition.begin().key();
    const Json& value = condition.begin().value();
    if (!value.is_string()) throw invalid("Invalid Simple-Condition: value must be a string.");
    conditions_.push_back({Condition::kEquals, text::lower(name), value.get<std::string>(), shown({"eq", "$" + name, value})});
    return;
  }
  if (!condition.is_array() || condition.size() != 3 || !condition[0].is_string()) throw invalid("Invalid Condition.");
  const std::string how = text::lower(condition[0].get<std::string>());
  if (how == "content-length-range") {
    const std::optional<uint64_t> min = size_of(condition[1]), max = size_of(condition[2]);
    const bool is_range = min && max;
    if (!is_range && !(condition[1].is_string() || condition[2].is_string())) throw invalid("Invalid Condition: content-length-range.");
    if (!is_range) conditions_.push_back({Condition::kNever, "", "", shown({condition[0], condition[1], condition[2]})});
    if (is_range) size_range_ = {std::max(size_range_.min, *min), std::min(size_range_.max, *max)};
    return;
  }
  if (how != "eq" && how != "starts-with") throw invalid("Invalid Condition: unknown operation.");
  if (!condition[1].is_string() || !condition[2].is_string()) throw invalid("Invalid Condition.");
  const std::string name = condition[1].get<std::string>();
  const auto kind = !name.starts_with('$') ? Condition::kNever : how == "eq" ? Condition::kEquals : Condition::kStartsWith;
  conditions_.push_back({kind, text::lower(name.substr(name.starts_with('$') ? 1 : 0)), condition[2].get<std::string>(),
                         shown({condition[0], condition[1], condition[2]})});
}

void PostPolicy::require(const FormFields& fields, std::string_view bucket, Time now) const {
  if (expiration_ <= now) throw denied("Policy expired.");
  std::set<std::string_view> covered;
  for (const Condition& condition : conditions_) {
    covered.insert(condition.field);
    const auto at = fields.find(condition.field);
    const std::string_view value = condition.field == "bucket" ? bucket : at == fields.end() ? std::string_view() : at->second;
    const bool holds = condition.kind == Condition::kEquals       ? value == condition.value
                       : condition.kind == Condition::kStartsWith ? starts(condition.field, value, condition.value)
                                                                  : false;
    if (!holds) throw denied("Policy Condition failed: " + condition.shown);
  }
  std::string extra;
  const auto look_at = [&](std::string_view field) {
    if (is_exempt(field) || covered.contains(field)) return;
    if (!extra.empty()) extra += ", ";
    extra += field;
  };
  look_at("bucket");
  for (const auto& [field, value] : fields)
    if (field != "bucket") look_at(field);
  if (!extra.empty()) throw denied("Extra input fields: " + extra);
}

}  // namespace cairn::aws
