#include <algorithm>
#include <set>

#include "aws/policy/policy.h"
#include "base/json.h"
#include "base/text.h"

namespace cairn::aws::policy {

using What = Problem::What;

std::string Problem::message() const {
  const std::string where = spot.empty() ? "the policy" : spot;
  switch (what) {
    case What::kNotJson:
      return fmt::format("the policy is no JSON object: {}", subject);
    case What::kTooLarge:
      return fmt::format("the policy is larger than {} bytes", subject);
    case What::kMissing:
      return fmt::format("{} has no {}", where, subject);
    case What::kProhibited:
      return fmt::format("{} must not have {}: policies of this kind have none", where, subject);
    case What::kUnknownMember:
      return fmt::format("{} has a member {} that policies do not know", where, subject);
    case What::kBoth:
      return fmt::format("{} has both {} and Not{}", where, subject, subject);
    case What::kWrongType:
      return fmt::format("{} must be {}", where, subject);
    case What::kEmpty:
      return fmt::format("{} is empty", where);
    case What::kVersion:
      return fmt::format("{}: '{}' is no version of the policy language; 2012-10-17 and 2008-10-17 are", where, subject);
    case What::kEffect:
      return fmt::format("{}: '{}' is neither Allow nor Deny", where, subject);
    case What::kSid:
      return fmt::format("{}: '{}' has characters other than letters and digits", where, subject);
    case What::kDuplicateSid:
      return fmt::format("{}: another statement has the Sid '{}', too", where, subject);
    case What::kPrincipal:
      return fmt::format("{}: '{}' names no principal", where, subject);
    case What::kAction:
      return fmt::format("{}: '{}' is no action; those are written service:Action", where, subject);
    case What::kResource:
      return fmt::format("{}: '{}' is neither an ARN nor *", where, subject);
    case What::kConditionOperator:
      return fmt::format("{}: there is no condition operator '{}'", where, subject);
    case What::kConditionKey:
      return fmt::format("{}: '{}' is no condition key; those are written service:key", where, subject);
    case What::kConditionValue:
      return fmt::format("{}: the operator cannot compare '{}'", where, subject);
  }
  return where;
}

/// Throws Problem within; `Policy::parse` catches it.
class Parser {
 public:
  Parser(Kind kind) { policy_.kind_ = kind; }

  Policy run(std::string_view text) {
    if (text.size() > kDocumentBytesMax) throw Problem{What::kTooLarge, "", std::to_string(kDocumentBytesMax)};
    const Result<Json> document = json::parse(text, json::Duplicates::kRefused);
    if (!document) throw Problem{What::kNotJson, "", document.error().message};
    if (!document->is_object()) throw Problem{What::kNotJson, "", "it is another value"};
    check_members(*document, "", {"Version", "Id", "Statement"});
    if (const auto version = document->find("Version"); version != document->end()) {
      policy_.version_ = text_of(*version, "Version");
      if (policy_.version_ != "2012-10-17" && policy_.version_ != "2008-10-17") throw Problem{What::kVersion, "Version", policy_.version_};
    }
    if (const auto id = document->find("Id"); id != document->end()) text_of(*id, "Id");
    variables_ = policy_.version_ == "2012-10-17" ? Variables::kResolved : Variables::kLiteral;
    const auto statement = document->find("Statement");
    if (statement == document->end()) throw Problem{What::kMissing, "", "Statement"};
    if (statement->is_array()) {
      if (statement->empty()) throw Problem{What::kEmpty, "Statement", ""};
      for (size_t i = 0; i < statement->size(); ++i) add_statement((*statement)[i], fmt::format("Statement[{}]", i));
    } else {
      add_statement(*statement, "Statement");
    }
    return std::move(policy_);
  }

 private:
  bool is_attached_to_resource() const { return policy_.kind_ == Kind::kResource || policy_.kind_ == Kind::kTrust; }

  static std::string join(std::string_view spot, std::string_view member) {
    return spot.empty() ? std::string(member) : fmt::format("{}.{}", spot, member);
  }

  static void check_members(const Json& object, const std::string& spot, std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : object.items())
      if (std::ranges::find(known, std::string_view(name)) == known.end()) throw Problem{What::kUnknownMember, spot, name};
  }

  static std::string text_of(const Json& value, const std::string& spot) {
    if (!value.is_string()) throw Problem{What::kWrongType, spot, "a string"};
    return value.get<std::string>();
  }

  /// One string, or a list of at least one.
  static std::vector<std::string> texts_of(const Json& value, const std::string& spot) {
    if (value.is_string()) return {value.get<std::string>()};
    if (!value.is_array()) throw Problem{What::kWrongType, spot, "a string or a list of strings"};
    if (value.empty()) throw Problem{What::kEmpty, spot, ""};
    std::vector<std::string> texts;
    for (size_t i = 0; i < value.size(); ++i) texts.push_back(text_of(value[i], fmt::format("{}[{}]", spot, i)));
    return texts;
  }

  /// The member, or its Not… twin: one of them must be there. Says whether it is the twin.
  static const Json& either(const Json& statement, const std::string& spot, const std::string& name, std::string& found, bool& negated) {
    const auto plain = statement.find(name), twin = statement.find("Not" + name);
    if (plain != statement.end() && twin != statement.end()) throw Problem{What::kBoth, spot, name};
    if (plain == statement.end() && twin == statement.end()) throw Problem{What::kMissing, spot, name};
    negated = plain == statement.end();
    found = join(spot, negated ? "Not" + name : name);
    return negated ? *twin : *plain;
  }

  void add_statement(const Json& json, const std::string& spot) {
    if (!json.is_object()) throw Problem{What::kWrongType, spot, "an object"};
    check_members(json, spot,
                  {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"});
    Statement statement;
    read_sid(json, spot, statement);
    const auto effect = json.find("Effect");
    if (effect == json.end()) throw Problem{What::kMissing, spot, "Effect"};
    const std::string word = text_of(*effect, join(spot, "Effect"));
    if (word != "Allow" && word != "Deny") throw Problem{What::kEffect, join(spot, "Effect"), word};
    statement.allows = word == "Allow";
    read_principals(json, spot, statement);
    read_actions(json, spot, statement);
    read_resources(json, spot, statement);
    read_conditions(json, spot, statement);
    policy_.statements_.push_back(std::move(statement));
  }

  void read_sid(const Json& json, const std::string& spot, Statement& statement) {
    const auto sid = json.find("Sid");
    if (sid == json.end()) return;
    const std::string at = join(spot, "Sid");
    statement.sid = text_of(*sid, at);
    if (policy_.kind_ == Kind::kResource || statement.sid.empty()) return;  // services have their own rules for these
    const bool plain = std::ranges::all_of(
        statement.sid, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
    if (!plain) throw Problem{What::kSid, at, statement.sid};
    if (!sids_.insert(statement.sid).second) throw Problem{What::kDuplicateSid, at, statement.sid};
  }

  void read_principals(const Json& json, const std::string& spot, Statement& statement) {
    if (!is_attached_to_resource()) {
      for (const char* name : {"Principal", "NotPrincipal"})
        if (json.contains(name)) throw Problem{What::kProhibited, spot, name};
      return;
    }
    std::string at;
    const Json& element = either(json, spot, "Principal", at, statement.principals.negated);
    std::vector<PrincipalName>& names = statement.principals.names;
    if (element.is_string()) {
      if (element != "*") throw Problem{What::kPrincipal, at, element.get<std::string>()};
      names.push_back(PrincipalName::everyone());
      return;
    }
    if (!element.is_object()) throw Problem{What::kWrongType, at, "* or an object"};
    if (element.empty()) throw Problem{What::kEmpty, at, ""};
    check_members(element, at, {"AWS", "Service", "Federated", "CanonicalUser"});
    for (const auto& [type, list] : element.items()) {
      for (const std::string& text : texts_of(list, join(at, type))) {
        std::optional<PrincipalName> name = PrincipalName::parse(type, text);
        if (!name) throw Problem{What::kPrincipal, join(at, type), text};
        names.push_back(std::move(*name));
      }
    }
  }

  void read_actions(const Json& json, const std::string& spot, Statement& statement) {
    std::string at;
    const Json& element = either(json, spot, "Action", at, statement.not_action);
    for (const std::string& text : texts_of(element, at)) {
      const size_t colon = text.find(':');
      const bool well_formed = colon != std::string::npos && colon > 0 && colon + 1 < text.size() &&
                               text.find_first_of(": \t\r\n", colon + 1) == std::string::npos;
      if (text != "*" && !well_formed) throw Problem{What::kAction, at, text};
      statement.actions.add(text);
    }
  }

  void read_resources(const Json& json, const std::string& spot, Statement& statement) {
    if (policy_.kind_ == Kind::kTrust) {
      for (const char* name : {"Resource", "NotResource"})
        if (json.contains(name)) throw Problem{What::kProhibited, spot, name};
      return;
    }
    std::string at;
    const Json& element = either(json, spot, "Resource", at, statement.not_resource);
    for (const std::string& text : texts_of(element, at)) {
      if (text != "*" && !text.starts_with("arn:")) throw Problem{What::kResource, at, text};
      statement.resources.emplace_back(text, variables_, ArnPattern::Incomplete::kFilledUp);
    }
  }

  void read_conditions(const Json& json, const std::string& spot, Statement& statement) {
    const auto element = json.find("Condition");
    if (element == json.end()) return;
    const std::string at = join(spot, "Condition");
    if (!element->is_object()) throw Problem{What::kWrongType, at, "an object"};
    for (const auto& [op_name, keys] : element->items()) {
      const std::optional<Condition::Operator> op = Condition::parse_operator(op_name);
      if (!op) throw Problem{What::kConditionOperator, at, op_name};
      const std::string op_at = join(at, op_name);
      if (!keys.is_object()) throw Problem{What::kWrongType, op_at, "an object"};
      for (const auto& [key, values] : keys.items()) {
        const size_t colon = key.find(':');
        if (colon == std::string::npos || colon == 0 || colon + 1 == key.size()) throw Problem{What::kConditionKey, op_at, key};
        const std::string key_at = join(op_at, key);
        add_condition(*op, op_name, key, values_of(values, key_at), key_at, statement);
      }
    }
  }

  /// Strings, numbers and booleans; all are kept as text.
  static std::vector<std::string> values_of(const Json& json, const std::string& spot) {
    std::vector<std::string> values;
    const auto add = [&](const Json& value) {
      if (value.is_string()) values.push_back(value.get<std::string>());
      else if (value.is_boolean() || value.is_number()) values.push_back(json::dump(value));
      else throw Problem{What::kWrongType, spot, "strings, numbers or booleans"};
    };
    if (json.is_array()) std::ranges::for_each(json, add);
    else add(json);
    return values;
  }

  void add_condition(const Condition::Operator& op, const std::string& op_name, const std::string& key,
                     const std::vector<std::string>& values, const std::string& spot, Statement& statement) {
    std::optional<Condition> condition = Condition::compile(op, op_name, key, values, variables_);
    if (condition) {
      statement.conditions.push_back(std::move(*condition));
      return;
    }
    for (const std::string& value : values)  // which of them
      if (!Condition::compile(op, op_name, key, {value}, variables_)) throw Problem{What::kConditionValue, spot, value};
  }

  Policy policy_;
  Variables variables_ = Variables::kLiteral;
  std::set<std::string> sids_;
};

Result<Policy, Problem> Policy::parse(std::string_view text, Kind kind) {
  try {
    return Parser(kind).run(text);
  } catch (Problem& problem) {
    return tl::unexpected(std::move(problem));
  }
}

}  // namespace cairn::aws::policy
