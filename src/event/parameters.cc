#include "event/parameters.h"

#include <cmath>

#include "base/text.h"
#include "base/time.h"
#include "event/error_code.h"
#include "event/redact.h"

namespace cairn::event {
namespace {

constexpr std::string_view kHidden = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// How one service's recorder writes values where they differ.
struct Dialect {
  bool narrow_space = false;  // U+202F before AM and PM (newer Java)
  bool html_safe = false;     // Gson's escapes: = & < > ' as \u003d ...
};

Dialect dialect_of(std::string_view service_key) {
  if (service_key == "iam") return {.narrow_space = true};
  if (service_key == "sts" || service_key == "signin") return {.html_safe = true};
  return {};
}

/// The appended part of `out` from `mark` on, with Gson's escapes.
void escape_as_html_safe(std::string& out, size_t mark) {
  constexpr std::string_view kEscaped = "=&<>'";
  if (out.find_first_of(kEscaped, mark) == std::string::npos) return;
  const std::string plain = out.substr(mark);
  out.resize(mark);
  for (const char c : plain) {
    if (kEscaped.find(c) == std::string_view::npos) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
    }
  }
}

class Parameters {
 public:
  Parameters(std::string& out, const aws::ServiceModel& service)
      : out_(out), writer_(out), redaction_(service.key), dialect_(dialect_of(service.key)) {}

  json::Writer& writer() { return writer_; }

  /// The members of `value`: first those the model does not know (a handler added them), then the model's in its order.
  void members(const aws::Shape& shape, const Json& value) {
    size_t known = 0;
    for (const aws::Member& member : shape.members) known += value.contains(member.name) ? 1 : 0;
    if (known < value.size()) {
      for (const auto& [name, extra] : value.items()) {
        if (shape.member(name) == nullptr && !extra.is_null()) {
          key(name);
          verbatim(extra);
        }
      }
    }
    for (const aws::Member& member : shape.members) {
      const Treatment treatment = redaction_.of(shape, member);
      if (treatment == Treatment::kOmit) continue;
      if (treatment == Treatment::kEmptyObject) {
        key(member.name);
        writer_.begin_object().end_object();
        continue;
      }
      const auto it = value.find(member.name);
      if (it == value.end() || it->is_null()) continue;
      key(member.name);
      if (treatment == Treatment::kHide) {
        writer_.string(kHidden);
      } else {
        one(member.shape, *it);
      }
    }
  }

 private:
  void key(std::string_view name) {
    char buffer[128];
    if (name.empty() || name.size() > sizeof buffer) {
      writer_.key(text::lower_first(name));
      return;
    }
    name.copy(buffer, name.size());
    if (buffer[0] >= 'A' && buffer[0] <= 'Z') buffer[0] = static_cast<char>(buffer[0] - 'A' + 'a');
    writer_.key({buffer, name.size()});
  }

  void string(std::string_view value) {
    const size_t mark = out_.size();
    writer_.string(value);
    if (dialect_.html_safe) escape_as_html_safe(out_, mark);
  }

  void verbatim(const Json& value) {
    const size_t mark = out_.size();
    writer_.value(value);
    if (dialect_.html_safe) escape_as_html_safe(out_, mark);
  }

  void timestamp(const Json& value) {
    std::optional<Time> time;
    if (const auto* words = value.get_ptr<const std::string*>()) {
      time = timestamps::parse_iso8601(*words);
    } else if (value.is_number() && std::abs(value.get<double>()) < 1e12) {  // epoch seconds
      time = Time(std::chrono::milliseconds(std::llround(value.get<double>() * 1000)));
    }
    if (!time) {
      verbatim(value);
      return;
    }
    std::string words = timestamps::java_medium(*time);
    if (const size_t space = words.rfind(' '); dialect_.narrow_space && space != std::string::npos) words.replace(space, 1, "\u202f");
    string(words);
  }

  void one(const aws::Shape* shape, const Json& value) {
    using aws::Type;
    if (shape == nullptr) return verbatim(value);
    switch (shape->type) {
      case Type::kStructure:
        if (!value.is_object()) return verbatim(value);
        writer_.begin_object();
        members(*shape, value);
        writer_.end_object();
        return;
      case Type::kList:
        if (!value.is_array()) return verbatim(value);
        writer_.begin_array();
        for (const Json& element : value) element_of(shape->element.shape, nullptr, element);
        writer_.end_array();
        return;
      case Type::kMap:
        if (!value.is_object()) return verbatim(value);
        writer_.begin_object();
        for (const auto& [name, element] : value.items()) element_of(shape->element.shape, &name, element);
        writer_.end_object();
        return;
      case Type::kTimestamp:
        return timestamp(value);
      case Type::kFloat:
      case Type::kDouble:
        if (value.is_number_integer()) {
          writer_.raw(json::dump(value) + ".0");
          return;
        }
        return verbatim(value);
      default:
        break;
    }
    if (const auto* words = value.get_ptr<const std::string*>()) return string(*words);
    verbatim(value);
  }

  /// An element of a list, or the value of a map under its `name`, which is data and stays as it is.
  void element_of(const aws::Shape* shape, const std::string* name, const Json& value) {
    const Treatment treatment = shape != nullptr ? redaction_.of(*shape) : Treatment::kRecord;
    if (treatment == Treatment::kOmit || value.is_null()) return;
    if (name != nullptr) writer_.key(*name);
    if (treatment == Treatment::kHide) {
      writer_.string(kHidden);
    } else {
      one(shape, value);
    }
  }

  std::string& out_;
  json::Writer writer_;
  Redaction redaction_;
  Dialect dialect_;
};

/// Lambda resolves a function given by its ARN and shows what it found, ahead of what was sent.
void write_resolved_function(json::Writer& writer, const Facts& facts) {
  if (facts.service->key != "lambda" || facts.operation->name != "UpdateFunctionCode") return;
  const auto it = facts.input->find("FunctionName");
  if (it == facts.input->end() || !it->is_string()) return;
  const std::vector<std::string_view> parts = text::split(it->get_ref<const std::string&>(), ':');
  if (parts.size() < 7 || parts[0] != "arn" || parts[5] != "function") return;
  writer.key("fullyQualifiedArn").begin_object();
  writer.key("arnPrefix").begin_object();
  writer.key("partition").string(parts[1]).key("region").string(parts[3]).key("account").string(parts[4]);
  writer.end_object();
  writer.key("relativeId").begin_object().key("functionName").string(parts[6]).end_object();
  writer.key("functionQualifier").begin_object();
  if (parts.size() > 7) writer.key("qualifier").string(parts[7]);
  writer.end_object().end_object();
}

/// An object in which nothing is to be shown is recorded as null.
void null_if_empty(std::string& out, size_t mark) {
  if (out.size() - mark != 2) return;
  out.resize(mark);
  out += "null";
}

void append_verbatim(std::string& out, const Json* value) { out += value == nullptr ? "null" : json::dump(*value); }

}  // namespace

void append_request_parameters(std::string& out, const Facts& facts, std::string_view error_code) {
  if (facts.operation == nullptr || facts.service == nullptr) return append_verbatim(out, facts.input);
  const size_t mark = out.size();
  if (facts.input == nullptr || facts.input->empty() || !facts.input->is_object() || facts.operation->input == nullptr ||
      hides_parameters(error_code) || never_shows_request(facts.service->key, facts.operation->name)) {
    out += "null";
    return;
  }
  Parameters parameters(out, *facts.service);
  parameters.writer().begin_object();
  write_resolved_function(parameters.writer(), facts);
  parameters.members(*facts.operation->input, *facts.input);
  parameters.writer().end_object();
  null_if_empty(out, mark);
}

void append_response_elements(std::string& out, const Facts& facts, std::string_view error_code) {
  if (facts.operation == nullptr || facts.service == nullptr) return append_verbatim(out, facts.output);
  const size_t mark = out.size();
  const bool shows_reads = facts.service->key == "sts" && facts.operation->name.starts_with("Assume");
  if (facts.output == nullptr || !facts.output->is_object() || !error_code.empty() || (facts.read_only && !shows_reads) ||
      never_shows_response(facts.service->key, facts.operation->name)) {
    out += "null";
    return;
  }
  Parameters parameters(out, *facts.service);
  parameters.writer().begin_object();
  static const aws::Shape kNothing;  // of operations that answer nothing, but whose record says something (KMS)
  parameters.members(facts.operation->output != nullptr ? *facts.operation->output : kNothing, *facts.output);
  parameters.writer().end_object();
  null_if_empty(out, mark);
}

}  // namespace cairn::event
