#include "patterns/filter/filter_pattern.h"

#include "base/text.h"
#include "patterns/filter/delimited.h"
#include "patterns/filter/json_condition.h"
#include "patterns/filter/terms.h"

namespace cairn::patterns {
namespace {

/// `pattern` as the form that it is, with its fields.
template <class Form>
Result<std::shared_ptr<const Form>, Refusal> with_fields(Result<Form, Refusal> read, std::span<const std::string> fields) {
  if (!read) return tl::unexpected(std::move(read.error()));
  for (const std::string& field : fields)
    if (Result<void, Refusal> added = read->add_field(field); !added) return tl::unexpected(std::move(added.error()));
  return std::make_shared<const Form>(std::move(*read));
}

}  // namespace

Result<FilterPattern, Refusal> FilterPattern::compile(std::string_view pattern, std::span<const std::string> fields) {
  if (text::code_points(pattern) > kLengthMax)
    return tl::unexpected<Refusal>({fmt::format("Member must have length less than or equal to {}", kLengthMax), kLengthMax});
  FilterPattern compiled;
  Reader reader{pattern};
  reader.blanks();
  const char open = reader.peek(), close = open == '{' ? '}' : ']';
  if ((open == '{' || open == '[') && !text::trim(pattern).ends_with(close))
    return tl::unexpected<Refusal>(
        {fmt::format("If a filter pattern starts with '{}' it must end with '{}'", open, close), pattern.size()});
  const auto keep = [&compiled](auto form) -> Result<void, Refusal> {
    if (!form) return tl::unexpected(std::move(form.error()));
    compiled.regex_count_ = (*form)->regex_count();
    compiled.form_ = std::move(*form);
    return {};
  };
  Result<void, Refusal> kept;
  if (open == '{') {
    kept = keep(with_fields(JsonCondition::read(reader), fields));
  } else if (open == '[') {
    kept = keep(with_fields(Delimited::read(reader), fields));
  } else {
    Result<Terms, Refusal> terms = Terms::read(reader);
    if (!terms) return tl::unexpected(std::move(terms.error()));
    if (!fields.empty()) return tl::unexpected<Refusal>({"Invalid filter pattern", 0});
    compiled.regex_count_ = terms->regex_count();
    compiled.form_ = std::make_shared<const Terms>(std::move(*terms));
  }
  if (!kept) return tl::unexpected(std::move(kept.error()));
  if (compiled.regex_count_ > kRegexMax) return tl::unexpected<Refusal>({"Invalid filter pattern", 0});
  return compiled;
}

bool FilterPattern::match(std::string_view message, Values* values) const {
  switch (kind()) {
    case Kind::kTerms:
      if (values != nullptr) values->clear();
      return std::get<0>(form_)->match(message);
    case Kind::kDelimited:
      return std::get<1>(form_)->match(message, values);
    case Kind::kJson:
      return std::get<2>(form_)->match(message, values);
  }
  return false;
}

std::vector<std::pair<std::string, std::string>> FilterPattern::extracted(std::string_view message) const {
  switch (kind()) {
    case Kind::kTerms:
      return {};
    case Kind::kDelimited:
      return std::get<1>(form_)->extracted(message);
    case Kind::kJson:
      return std::get<2>(form_)->extracted(message);
  }
  return {};
}

}  // namespace cairn::patterns
