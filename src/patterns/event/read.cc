// An event pattern's text, read in one pass; what is wrong first is refused, in the words of EventBridge.
#include <algorithm>
#include <iterator>
#include <map>

#include "base/json_cursor.h"
#include "base/text.h"
#include "patterns/event/event_pattern.h"
#include "patterns/event/value.h"

namespace cairn::patterns {
namespace {

using Kind = json::Cursor::Kind;

constexpr size_t kSourceShownMax = 500;  // of a text in which a place is shown
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Names that an object of `$or` may not have: those of tests, and some kept for later.
constexpr std::string_view kReserved[] = {"exactly",
                                          "equals-ignore-case",
                                          "prefix",
                                          "suffix",
                                          "anything-but",
                                          "exists",
                                          "wildcard",
                                          "numeric",
                                          "cidr",
                                          "=",
                                          "<",
                                          "<=",
                                          ">",
                                          ">=",
                                          "regex",
                                          "not-wildcard",
                                          "not-equals-ignore-case",
                                          "date-after",
                                          "date-on-or-after",
                                          "date-before",
                                          "date-on-or-before",
                                          "in-date-range",
                                          "ip-address-in-range",
                                          "ip-address-not-in-range"};

class PatternReader {
 public:
  using Rules = std::vector<std::map<std::string, std::vector<Test>>>;

  explicit PatternReader(std::string_view text) : text_(text), cursor_(text) {}

  bool read(Rules& rules) {
    const Kind kind = cursor_.peek();
    if (kind == Kind::kNone) return syntax(In::kArray);
    if (kind != Kind::kObject) {
      const size_t place = step_into();
      return !cursor_.failed() ? refuse("Filter is not an object" + at_source(text_, place)) : syntax(In::kArray);
    }
    return object(rules, "", false);
  }
  Refusal& refusal() { return refusal_; }

 private:
  enum class In { kObject, kArray };

  bool refuse(std::string message) { return refuse_at(cursor_.offset(), std::move(message)); }
  bool refuse_at(size_t offset, std::string message) {
    refusal_ = {std::move(message), offset};
    return false;
  }
  bool syntax(In in);
  /// Where AWS's parser stands when it has looked at the value that comes: inside of a string, an object, an array, else behind it.
  size_t step_into();
  /// What comes is not what is wanted.
  bool refuse_value(std::string message) {
    const size_t place = step_into();
    return cursor_.failed() ? syntax(In::kArray) : refuse_at(place, std::move(message));
  }
  bool string(std::string& out, const char* message) {
    if (cursor_.peek() != Kind::kString) return refuse_value(message);
    json::Cursor::Text text;
    if (!cursor_.take_string(text)) return syntax(In::kArray);
    out = text.decoded();
    return true;
  }
  bool number(std::string_view& out) { return cursor_.take_number(out) || syntax(In::kArray); }
  /// The end of an object is next, else `message`.
  bool ends_object(const char* message) {
    json::Cursor::Text name;
    if (cursor_.next_member(name)) return refuse(message);
    return !cursor_.failed() || syntax(In::kObject);
  }
  bool ends_array(const char* message) {
    if (cursor_.next_element()) return refuse_value(message);
    return !cursor_.failed() || syntax(In::kArray);
  }
  bool name_of_only_member(std::string& name, const char* message) {
    json::Cursor::Text text;
    cursor_.enter_object();
    if (cursor_.next_member(text)) return name = text.decoded(), true;
    return cursor_.failed() ? syntax(In::kObject) : refuse(message);
  }

  bool object(Rules& rules, const std::string& path, bool inside_or);
  bool alternatives(Rules& rules, const std::string& path);
  bool values(Rules& rules, const std::string& path);
  bool test(std::vector<Test>& tests);
  bool affix(Test& test, bool prefix);
  bool numeric(Test& test);
  bool comparable(double& out);
  bool anything_but(Test& test);
  bool other_than(Test::Kind kind, bool plain, Test& test);
  bool cidr(Test& test);

  std::string_view text_;
  json::Cursor cursor_;
  Refusal refusal_;
};

size_t PatternReader::step_into() {
  const Kind kind = cursor_.peek();
  const size_t begin = cursor_.offset();
  if (kind == Kind::kObject || kind == Kind::kArray || kind == Kind::kString) return begin + 1;
  (void)cursor_.skip();
  return cursor_.offset();
}

bool PatternReader::syntax(In in) {
  const size_t at = cursor_.offset();
  const auto located = [&](std::string message, size_t offset) {
    refusal_ = {std::move(message) + at_source(text_, offset), at};
    return false;
  };
  const auto unexpected = [&](const char* expected) {
    const auto c = static_cast<unsigned char>(text_[at]);
    return located(fmt::format("Unexpected character ('{}' (code {})): {}", static_cast<char>(c), static_cast<int>(c), expected), at);
  };
  if (cursor_.peek() == Kind::kNone && at >= text_.size()) return located("Unexpected end-of-input", text_.size());
  switch (cursor_.error()) {
    case json::Cursor::Error::kNoName:
      return unexpected("was expecting double-quote to start field name");
    case json::Cursor::Error::kNoColon:
      return unexpected("was expecting a colon to separate field name and value");
    case json::Cursor::Error::kNoComma:
      return unexpected(in == In::kObject ? "was expecting comma to separate Object entries"
                                          : "was expecting comma to separate Array entries");
    case json::Cursor::Error::kTooDeep:
      return located("The pattern nests too deep", at);
    case json::Cursor::Error::kBadString:
      return located("Illegal character or escape in a string", at);
    case json::Cursor::Error::kBadNumber:
      return located("Invalid numeric value", at);
    default:
      break;
  }
  size_t end = at;
  while (end < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[end])) != 0 || text_[end] == '_' || text_[end] == '$')) ++end;
  if (end == at) return unexpected("expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')");
  return located(
      fmt::format("Unrecognized token '{}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
                  text_.substr(at, end - at)),
      end);
}

bool PatternReader::object(Rules& rules, const std::string& path, bool inside_or) {
  json::Cursor::Text text;
  bool any = false;
  (void)cursor_.enter_object();
  if (cursor_.failed()) return syntax(In::kObject);
  while (cursor_.next_member(text)) {
    any = true;
    const std::string name = text.decoded();
    if (name == "$or") {
      if (!alternatives(rules, path)) return false;
      continue;
    }
    if (inside_or && std::find(std::begin(kReserved), std::end(kReserved), name) != std::end(kReserved))
      return refuse(name + " is Ruler reserved fieldName which cannot be used inside $or.");
    const std::string inner = path.empty() ? name : path + "." + name;
    const Kind kind = cursor_.peek();
    if (kind == Kind::kObject) {
      if (!object(rules, inner, inside_or)) return false;
    } else if (kind == Kind::kArray) {
      if (!values(rules, inner)) return false;
    } else {
      return refuse_value(fmt::format("\"{}\" must be an object or an array", name));
    }
  }
  if (cursor_.failed()) return syntax(In::kObject);
  return any || refuse("Empty objects are not allowed");
}

bool PatternReader::alternatives(Rules& rules, const std::string& path) {
  const Rules before = std::exchange(rules, {});
  if (cursor_.peek() != Kind::kArray) return refuse_value("It must be an Array followed with $or.");
  size_t count = 0;
  (void)cursor_.enter_array();
  while (cursor_.next_element()) {
    ++count;
    if (cursor_.peek() != Kind::kObject) return refuse_value("Only JSON object is allowed in array of $or relationship.");
    Rules one = before.empty() ? Rules(1) : before;
    if (!object(one, path, true)) return false;
    rules.insert(rules.end(), std::make_move_iterator(one.begin()), std::make_move_iterator(one.end()));
    if (rules.size() > EventPattern::kAlternativesMax)
      return refuse(fmt::format("There must not be more than {} combinations in $or relationships.", EventPattern::kAlternativesMax));
  }
  if (cursor_.failed()) return syntax(In::kArray);
  return count >= 2 || refuse("There must have at least 2 Objects in $or relationship.");
}

bool PatternReader::values(Rules& rules, const std::string& path) {
  std::vector<Test> tests;
  (void)cursor_.enter_array();
  while (cursor_.next_element()) {
    const Kind kind = cursor_.peek();
    if (kind == Kind::kObject) {
      if (!test(tests)) return false;
    } else if (kind == Kind::kString) {
      Test test{.kind = Test::Kind::kString};
      if (!string(test.text, "")) return false;
      if (const std::optional<Address> address = address_of(test.text)) test = {.kind = Test::Kind::kAddress, .address = *address};
      tests.push_back(std::move(test));
    } else if (kind == Kind::kNumber) {
      std::string_view text;
      if (!number(text)) return false;
      if (const std::optional<double> value = comparable_number(text)) tests.push_back({.kind = Test::Kind::kNumber, .low = *value});
      tests.push_back({.kind = Test::Kind::kLiteral, .text = std::string(text)});
    } else if (kind == Kind::kArray || kind == Kind::kNone) {
      return refuse_value("Match value must be String, number, true, false, or null");
    } else {
      if (!cursor_.take_word()) return syntax(In::kArray);
      tests.push_back({.kind = Test::Kind::kLiteral, .text = kind == Kind::kTrue ? "true" : kind == Kind::kFalse ? "false" : "null"});
    }
  }
  if (cursor_.failed()) return syntax(In::kArray);
  if (tests.empty()) return refuse("Empty arrays are not allowed");
  if (rules.empty()) rules.emplace_back();
  for (auto& rule : rules) rule[path] = tests;  // of two that name one field, the later counts
  return true;
}

bool PatternReader::test(std::vector<Test>& tests) {
  constexpr const char* kOneKey = "Only one key allowed in match expression";
  std::string name;
  if (!name_of_only_member(name, "Match expression name not found")) return false;
  Test test;
  if (name == "exactly") {
    if (!string(test.text, "exact match pattern must be a string") || !ends_object(kOneKey)) return false;
  } else if (name == "prefix" || name == "suffix") {
    if (!affix(test, name == "prefix") || !ends_object(kOneKey)) return false;
  } else if (name == "numeric") {
    if (!numeric(test) || !ends_object("Too many elements in numeric expression")) return false;
  } else if (name == "anything-but") {
    if (!anything_but(test)) return false;
  } else if (name == "exists") {
    const Kind kind = cursor_.peek();
    if (kind != Kind::kTrue && kind != Kind::kFalse) return refuse_value("exists match pattern must be either true or false.");
    if (!cursor_.take_word()) return syntax(In::kObject);
    test.kind = kind == Kind::kTrue ? Test::Kind::kExists : Test::Kind::kAbsent;
    if (!ends_object(kOneKey)) return false;
  } else if (name == "cidr") {
    if (!cidr(test) || !ends_object(kOneKey)) return false;
  } else if (name == "equals-ignore-case") {
    test.kind = Test::Kind::kEqualIgnoringCase;
    if (!string(test.text, "equals-ignore-case match pattern must be a string") || !ends_object(kOneKey)) return false;
    test.text = fold(test.text);
  } else if (name == "wildcard") {
    test.kind = Test::Kind::kWildcard;
    if (!string(test.text, "wildcard match pattern must be a string")) return false;
    if (const auto error = wildcard_error(test.text)) return refuse(*error);
    if (!ends_object(kOneKey)) return false;
  } else {
    return refuse_value("Unrecognized match type " + name);
  }
  tests.push_back(std::move(test));
  return true;
}

bool PatternReader::affix(Test& test, bool prefix) {
  test.kind = prefix ? Test::Kind::kPrefix : Test::Kind::kSuffix;
  if (cursor_.peek() != Kind::kObject)
    return string(test.text, prefix ? "prefix match pattern must be a string" : "suffix match pattern must be a string");
  std::string name;
  if (!name_of_only_member(name, prefix ? "Prefix expression name not found" : "Suffix expression name not found")) return false;
  if (name != "equals-ignore-case") return refuse_value(fmt::format("Unsupported {} pattern: {}", prefix ? "prefix" : "suffix", name));
  test.kind = prefix ? Test::Kind::kPrefixIgnoringCase : Test::Kind::kSuffixIgnoringCase;
  if (!string(test.text, "equals-ignore-case match pattern must be a string")) return false;
  test.text = fold(test.text);
  return ends_object("Only one key allowed in match expression");
}

bool PatternReader::comparable(double& out) {
  std::string_view text;
  if (!number(text)) return false;
  const std::optional<double> value = comparable_number(text);
  if (!value) return refuse(fmt::format("Cannot compare number : {}", text));
  out = *value;
  return true;
}

bool PatternReader::numeric(Test& test) {
  if (cursor_.peek() != Kind::kArray) return refuse_value("Value of numeric must be an array.");
  (void)cursor_.enter_array();
  const auto shown = [this] {  // the value that comes, as a message shows it
    json::Cursor ahead = cursor_;
    if (ahead.peek() == Kind::kString) {
      json::Cursor::Text text;
      return ahead.take_string(text) ? text.decoded() : std::string();
    }
    const size_t begin = ahead.offset();
    if (ahead.peek() == Kind::kObject || ahead.peek() == Kind::kArray) return std::string(1, text_[begin]);
    return ahead.skip() ? std::string(text_.substr(begin, ahead.offset() - begin)) : std::string();
  };
  // A number for `operation`, whose end of the array is as wrong as anything.
  const auto bound = [this](double& out, std::string_view operation) {
    const bool more = cursor_.next_element();
    if (!more && cursor_.failed()) return syntax(In::kArray);
    if (more && cursor_.peek() == Kind::kNumber) return comparable(out);
    const std::string message = fmt::format("Value of {} must be numeric", operation);
    return more ? refuse_value(message) : refuse(message);
  };
  if (!cursor_.next_element()) return cursor_.failed() ? syntax(In::kArray) : refuse("Invalid member in numeric match: ]");
  if (cursor_.peek() != Kind::kString) return refuse_value("Invalid member in numeric match: " + shown());
  std::string operation;
  if (!string(operation, "")) return false;
  test = {.kind = Test::Kind::kRange, .low = -kInfinity, .high = kInfinity};
  if (operation == "=") {
    test.kind = Test::Kind::kNumber;
    test.high = 0;
    return bound(test.low, "equals") && ends_array("Too many elements in numeric expression");
  }
  if (operation == "<" || operation == "<=") {
    test.high_open = operation == "<";
    return bound(test.high, operation) && ends_array("Too many elements in numeric expression");
  }
  if (operation != ">" && operation != ">=") return refuse("Unrecognized numeric range operator: " + operation);
  test.low_open = operation == ">";
  if (!bound(test.low, operation)) return false;
  if (!cursor_.next_element()) return !cursor_.failed() || syntax(In::kArray);
  if (cursor_.peek() != Kind::kString) return refuse_value("Bad value in numeric range: " + shown());
  if (!string(operation, "")) return false;
  if (operation != "<" && operation != "<=") return refuse("Bad numeric range operator: " + operation);
  test.high_open = operation == "<";
  if (!bound(test.high, operation) || !ends_array("Too many terms in numeric range expression")) return false;
  return test.low < test.high || refuse("Bottom must be less than top");
}

bool PatternReader::anything_but(Test& test) {
  constexpr const char* kTooMany = "Too many elements in numeric expression";
  test.kind = Test::Kind::kAnythingBut;
  Test::Kind kind = Test::Kind::kString;
  const bool plain = cursor_.peek() != Kind::kObject;
  if (!plain) {
    std::string name;
    if (!name_of_only_member(name, "Anything-But expression name not found")) return false;
    if (name == "equals-ignore-case") kind = Test::Kind::kEqualIgnoringCase;
    else if (name == "prefix") kind = Test::Kind::kPrefix;
    else if (name == "suffix") kind = Test::Kind::kSuffix;
    else if (name == "wildcard") kind = Test::Kind::kWildcard;
    else return refuse_value("Unsupported anything-but pattern: " + name);
  }
  const Kind value = cursor_.peek();
  if (value == Kind::kArray) {
    (void)cursor_.enter_array();
    while (cursor_.next_element())
      if (!other_than(kind, plain, test)) return false;
    if (cursor_.failed()) return syntax(In::kArray);
    const auto is_number = [](const Test& one) { return one.kind == Test::Kind::kNumber; };
    const auto numbers = std::count_if(test.but.begin(), test.but.end(), is_number);
    if (plain && (test.but.empty() || (numbers != 0 && numbers != static_cast<std::ptrdiff_t>(test.but.size()))))
      return refuse("Inside anything but list, either all values are number or string, mixed type is not supported");
  } else if (value == Kind::kString || value == Kind::kNumber) {
    if (!other_than(kind, plain, test)) return false;
  } else {
    return refuse_value("Value of anything-but must be an array or single string/number value.");
  }
  if (kind == Test::Kind::kWildcard)
    for (const Test& one : test.but)
      if (const auto error = wildcard_error(one.text)) return refuse(*error);
  return ends_object(kTooMany) && (plain || ends_object(kTooMany));
}

bool PatternReader::other_than(Test::Kind kind, bool plain, Test& test) {
  Test one{.kind = kind};
  const Kind value = cursor_.peek();
  if (plain && value == Kind::kNumber) {
    one.kind = Test::Kind::kNumber;
    if (!comparable(one.low)) return false;
  } else {
    const char* message = plain ? "Inside anything but list, start|null|boolean is not supported."
                          : kind == Test::Kind::kEqualIgnoringCase
                              ? "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
                          : kind == Test::Kind::kWildcard ? "wildcard match pattern must be a string"
                                                          : "prefix/suffix match pattern must be a string";
    if (!string(one.text, message)) return false;
    if (one.text.empty() && (kind == Test::Kind::kPrefix || kind == Test::Kind::kSuffix)) return refuse("Null prefix/suffix not allowed");
    if (kind == Test::Kind::kEqualIgnoringCase) one.text = fold(one.text);
  }
  test.but.push_back(std::move(one));
  return true;
}

bool PatternReader::cidr(Test& test) {
  test.kind = Test::Kind::kCidr;
  std::string text;
  if (!string(text, "prefix match pattern must be a string")) return false;  // AWS's word
  const size_t slash = text.find('/');
  const std::string ip = text.substr(0, slash), bits = slash == std::string::npos ? "" : text.substr(slash + 1);
  if (bits.empty() || bits.find('/') != std::string::npos) return refuse("Malformed CIDR, one '/' required");
  const std::optional<int64_t> prefix_bits = text::to_int(bits.starts_with('+') ? bits.substr(1) : bits);
  if (!prefix_bits || *prefix_bits > INT32_MAX || *prefix_bits < INT32_MIN) return refuse("Malformed CIDR, mask bits must be an integer");
  if (*prefix_bits < 0) return refuse("Malformed CIDR, mask bits must not be negative");
  const std::optional<Address> address = address_of(ip);
  if (!address) {
    const bool looks_like_one =
        !ip.empty() && ip.find_first_not_of("0123456789.") == std::string::npos && std::count(ip.begin(), ip.end(), '.') == 3;
    return refuse((looks_like_one ? "Invalid IP address: " : "Nonstandard IP address: ") + ip);
  }
  if (address->is_v4 && *prefix_bits > 31) return refuse("IPv4 mask bits must be < 32");
  if (*prefix_bits > 127) return refuse("IPv6 mask bits must be < 128");
  test.address = *address;
  test.prefix_bits = static_cast<int>(*prefix_bits);
  return true;
}

}  // namespace

std::string at_source(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const size_t line = static_cast<size_t>(std::count(before.begin(), before.end(), '\n'));
  const size_t line_begin = line == 0 ? 0 : before.rfind('\n') + 1;
  const std::string cut = text.size() > kSourceShownMax ? fmt::format("[truncated {} chars]", text.size() - kSourceShownMax) : "";
  return fmt::format("\n at [Source: (String)\"{}\"{}; line: {}, column: {}]", text.substr(0, kSourceShownMax), cut, line + 1,
                     offset - line_begin + 1);
}

Result<EventPattern, Refusal> EventPattern::read(std::string_view json) {
  PatternReader reader(json);
  PatternReader::Rules rules;
  if (!reader.read(rules)) return tl::unexpected(std::move(reader.refusal()));
  EventPattern pattern;
  for (auto& rule : rules) {
    Alternative alternative;
    for (auto& [path, tests] : rule) alternative.push_back({path, std::move(tests)});
    pattern.alternatives_.push_back(std::move(alternative));
  }
  return pattern;
}

}  // namespace cairn::patterns
