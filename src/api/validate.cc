#include <array>

#include "api/pattern.h"
#include "api/protocol.h"
#include "api/protocols/protocols.h"
#include "base/text.h"
#include "event/redact.h"

namespace cairn::api {
namespace {

using aws::Member;
using aws::Shape;
using aws::Type;

constexpr size_t kViolationsMax = 10;        // that one answer lists
constexpr size_t kShownBytesMax = 16 << 10;  // of a value in a message

/// Errors that an operation has for what stands in a parameter, in place of ValidationException.
struct OwnError {
  std::string_view service, operation, parameter, code;
};
constexpr auto kOwnErrors = std::to_array<OwnError>({
    {"cloudtrail", "LookupEvents", "EventCategory", "InvalidEventCategoryException"},
    {"cloudtrail", "LookupEvents", "LookupAttributes", "InvalidLookupAttributesException"},
    {"cloudtrail", "LookupEvents", "MaxResults", "InvalidMaxResultsException"},
    {"cloudtrail", "PutEventSelectors", "AdvancedEventSelectors", "InvalidEventSelectorsException"},
    {"cloudtrail", "PutEventSelectors", "EventSelectors", "InvalidEventSelectorsException"},
    {"cloudtrail", "PutInsightSelectors", "InsightSelectors", "InvalidInsightSelectorsException"},
});

constexpr aws::ErrorKind kMissingParameter{.code = "MissingParameter"};
aws::Error missing_parameter(std::string_view name) {
  return aws::Error(kMissingParameter, "The request must contain the parameter {}.", name);
}

constexpr std::string_view kRedacted = "***Sensitive Data Redacted***";

/// Messages are recorded: they quote nothing that a record leaves out.
bool is_hidden(const event::Redaction& redaction, const Shape& structure, const Member& member) {
  return member.shape->type != Type::kBlob && redaction.of(structure, member) != event::Treatment::kRecord;
}

/// A value as Java prints it, which is how AWS quotes it: [a, b], {k=v}, Shape(member=value).
std::string java_text(const event::Redaction& redaction, const Member& member, const Json& value) {
  const Shape& shape = *member.shape;
  if (shape.sensitive) return std::string(kRedacted);
  std::string text;
  const auto separate = [&text] {
    if (text.size() > 1) text += ", ";
  };
  switch (shape.type) {
    case Type::kList:
      text = "[";
      for (const Json& one : value) {
        separate();
        text += java_text(redaction, shape.element, one);
      }
      return text + "]";
    case Type::kMap:
      text = "{";
      for (const auto& [key, one] : value.items()) {
        separate();
        text += key + "=" + java_text(redaction, shape.element, one);
      }
      return text + "}";
    case Type::kStructure:
      text = "(";
      for (const Member& part : shape.members) {
        separate();
        auto it = value.find(part.name);
        text += text::lower_first(part.name) + "=";
        if (it == value.end()) text += "null";
        else text += is_hidden(redaction, shape, part) ? kRedacted : java_text(redaction, part, *it);
      }
      return shape.name + text + ")";
    default:
      return value.is_string() ? value.get<std::string>() : json::dump(value);
  }
}

size_t decoded_size(const std::string& base64) {
  size_t size = base64.size() / 4 * 3;
  for (size_t i = base64.size(); i > 0 && base64[i - 1] == '='; --i) --size;
  return size;
}

bool is_number(Type type) { return type == Type::kInteger || type == Type::kLong || type == Type::kFloat || type == Type::kDouble; }

/// What a scalar, or a list's or map's size, must fulfil.
enum class Rule { kPattern, kMax, kMin, kEnum };

bool has_rule(const Shape& shape, Rule rule) {
  switch (rule) {
    case Rule::kPattern:
      return !shape.pattern.empty();
    case Rule::kMax:
      return shape.max.has_value();
    case Rule::kMin:
      return shape.min.has_value();
    case Rule::kEnum:
      return !shape.values.empty();
  }
  return false;
}

bool fulfils(const Shape& shape, const Json& value, Rule rule) {
  if (is_number(shape.type)) {
    const double number = value.is_number() ? value.get<double>() : 0;
    return rule == Rule::kMax ? number <= static_cast<double>(*shape.max) : rule != Rule::kMin || number >= static_cast<double>(*shape.min);
  }
  if (shape.type == Type::kList || shape.type == Type::kMap) {
    const auto size = static_cast<int64_t>(value.size());
    return rule == Rule::kMax ? size <= *shape.max : rule != Rule::kMin || size >= *shape.min;
  }
  if (!value.is_string()) return true;
  const std::string& text = value.get_ref<const std::string&>();
  switch (rule) {
    case Rule::kPattern:
      return matches_pattern(shape.pattern, text);
    case Rule::kEnum:
      return std::find(shape.values.begin(), shape.values.end(), text) != shape.values.end();
    case Rule::kMax:
    case Rule::kMin: {
      const auto length = static_cast<int64_t>(shape.type == Type::kBlob ? decoded_size(text) : text::code_points(text));
      return rule == Rule::kMax ? length <= *shape.max : length >= *shape.min;
    }
  }
  return true;
}

std::string rule_text(const Shape& shape, Rule rule) {
  const std::string_view what = is_number(shape.type) ? "value" : "length";
  switch (rule) {
    case Rule::kPattern:
      return "Member must satisfy regular expression pattern: " + shape.pattern;
    case Rule::kEnum:
      return fmt::format("Member must satisfy enum value set: [{}]", fmt::join(shape.values, ", "));
    case Rule::kMax:
      return fmt::format("Member must have {} less than or equal to {}", what, *shape.max);
    case Rule::kMin:
      return fmt::format("Member must have {} greater than or equal to {}", what, *shape.min);
  }
  return {};
}

bool has_parts(const Shape& shape) { return shape.type == Type::kStructure || shape.type == Type::kList || shape.type == Type::kMap; }

/// Walks a document along its shape and collects what is wrong, in AWS's words.
class Validator {
 public:
  explicit Validator(const aws::ServiceModel& service) : redaction_(service.key), names_null_(service.key == "lambda") {}

  void structure(const Shape& shape, const Json& value, const std::string& prefix) {
    for (const Member& member : shape.members) {
      if (violations.size() >= kViolationsMax) return;
      if (prefix.empty()) parameter_ = member.name;
      const std::string path = prefix + text::lower_first(member.name);
      auto it = value.find(member.name);
      if (it != value.end()) {
        const bool within_hidden = std::exchange(hidden_, hidden_ || is_hidden(redaction_, shape, member));
        one(member, *it, path);
        hidden_ = within_hidden;
      } else if (member.required && !member.shape->streaming) {
        note(fmt::format("Value null at '{}' failed to satisfy constraint: Member must not be null", path));
      }
    }
  }

  std::vector<std::string> violations;
  std::string first_parameter;  // the input's member where the first of them is

 private:
  void note(std::string violation) {
    if (violations.empty()) first_parameter = parameter_;
    violations.push_back(std::move(violation));
  }

  void broken(const Member& member, const Json& value, const std::string& path, std::string_view constraint) {
    std::string shown;
    if (!hidden_ && !member.shape->sensitive) {
      shown = member.shape->type == Type::kBlob
                  ? fmt::format("java.nio.HeapByteBuffer[pos=0 lim={0} cap={0}]", decoded_size(value.get<std::string>()))
                  : java_text(redaction_, member, value);
      if (shown.size() > kShownBytesMax) shown = text::replace_invalid_utf8(shown.substr(0, kShownBytesMax)) + "...";
      shown = " '" + shown + "'";
    }
    note(fmt::format("Value{} at '{}' failed to satisfy constraint: {}", shown, path, constraint));
  }

  void one(const Member& member, const Json& value, const std::string& path) {
    const Shape& shape = *member.shape;
    for (Rule rule : {Rule::kPattern, Rule::kMax, Rule::kMin, Rule::kEnum})
      if (has_rule(shape, rule) && !fulfils(shape, value, rule)) broken(member, value, path, rule_text(shape, rule));
    if (shape.type == Type::kStructure) {
      structure(shape, value, path + ".");
    } else if (shape.type == Type::kList) {
      list(member, value, path);
    } else if (shape.type == Type::kMap) {
      map(member, value, path);
    }
  }

  void list(const Member& member, const Json& value, const std::string& path) {
    const Member& element = member.shape->element;
    if (!has_parts(*element.shape)) return scalars(member, value, path, *element.shape, value, "Member");
    size_t index = 0;
    for (const Json& item : value) {
      if (violations.size() >= kViolationsMax) return;
      one(element, item, fmt::format("{}.{}.member", path, ++index));
    }
  }

  void map(const Member& member, const Json& value, const std::string& path) {
    Json keys = Json::array(), values = Json::array();
    const Shape& shape = *member.shape;
    for (const auto& [key, item] : value.items()) {
      keys.push_back(key);
      if (violations.size() >= kViolationsMax) return;
      if (has_parts(*shape.element.shape)) one(shape.element, item, fmt::format("{}.{}.member", path, key));
      else values.push_back(item);
    }
    scalars(member, value, path, *shape.key.shape, keys, "Map keys");
    scalars(member, value, path, *shape.element.shape, values, "Map value");
  }

  /// Elements of a collection are named all at once, with every rule they have.
  void scalars(const Member& collection, const Json& value, const std::string& path, const Shape& shape, const Json& items,
               std::string_view who) {
    bool good = true;
    std::vector<std::string> rules;
    for (Rule rule : {Rule::kEnum, Rule::kMax, Rule::kMin, Rule::kPattern}) {
      if (!has_rule(shape, rule)) continue;
      rules.push_back(rule_text(shape, rule));
      for (const Json& item : items) good = good && fulfils(shape, item, rule);
    }
    if (names_null_) rules.emplace_back("Member must not be null");
    if (!good) broken(collection, value, path, fmt::format("{} must satisfy constraint: [{}]", who, fmt::join(rules, ", ")));
  }

  event::Redaction redaction_;
  bool hidden_ = false;  // what is being looked at is part of a value that no record shows
  bool names_null_;      // Lambda lists this rule among those of elements
  std::string parameter_;
};

/// S3 has no such sentences: what its XML schema demands is missing or there; its handlers check the rest.
bool fits_schema(const Shape& shape, const Json& value) {
  for (const Member& member : shape.members) {
    auto it = value.find(member.name);
    if (it == value.end()) {
      if (member.required) return false;
    } else if (member.shape->type == Type::kStructure) {
      if (!fits_schema(*member.shape, *it)) return false;
    } else if (member.shape->type == Type::kList && member.shape->element.shape->type == Type::kStructure) {
      for (const Json& item : *it)
        if (!fits_schema(*member.shape->element.shape, item)) return false;
    }
  }
  return true;
}

/// SQS names the parameter that is missing; its handlers check the rest, in sentences of their own.
void require_members(const Shape& shape, const Json& value) {
  for (const Member& member : shape.members) {
    const auto it = value.find(member.name);
    if (member.required && it == value.end()) throw missing_parameter(member.name);
    if (it != value.end() && member.shape->type == Type::kStructure) require_members(*member.shape, *it);
    const bool has_items = member.shape->type == Type::kList || member.shape->type == Type::kMap;
    if (it != value.end() && has_items && member.shape->element.shape->type == Type::kStructure)
      for (const Json& item : *it) require_members(*member.shape->element.shape, item);
  }
}

bool has_error(const aws::OperationModel& operation, std::string_view name) {
  return std::ranges::any_of(operation.errors, [&](const Shape* error) { return error->name == name; });
}

}  // namespace

void validate(const aws::ServiceModel& service, const aws::OperationModel& operation, const Json& in) {
  if (operation.input == nullptr) return;
  if (service.protocols.front() == aws::Protocol::kRestXml) {
    for (const Member& member : operation.input->members)
      if (member.payload && member.shape->type == Type::kStructure && in.contains(member.name) &&
          !fits_schema(*member.shape, in[member.name]))
        throw malformed_xml(member);
    return;
  }
  if (service.key == "sqs") return require_members(*operation.input, in);
  Validator validator(service);
  validator.structure(*operation.input, in, "");
  if (validator.violations.empty()) return;
  aws::ErrorKind kind = aws::kValidation;
  // CloudWatch Logs' operations from before that error say it by the one they have.
  if (service.key == "logs" && !has_error(operation, "ValidationException")) kind.code = "InvalidParameterException";
  for (const OwnError& own : kOwnErrors)
    if (own.service == service.key && own.operation == operation.name && own.parameter == validator.first_parameter &&
        in.contains(own.parameter))
      kind.code = own.code;
  throw aws::Error(kind, "{} validation error{} detected: {}", validator.violations.size(), validator.violations.size() == 1 ? "" : "s",
                   fmt::join(validator.violations, "; "));
}

}  // namespace cairn::api
