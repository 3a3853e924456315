#include "patterns/filter/terms.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace cairn::patterns {

Result<Terms, Refusal> Terms::read(Reader reader) {
  Terms terms;
  reader.blanks();
  if (reader.peek() == '%') {
    Result<Regex, Refusal> regex = Regex::read(reader);
    if (!regex) return tl::unexpected(regex.error());
    reader.blanks();
    if (!reader.done()) return reader.bad_characters();
    terms.regex_ = std::move(*regex);
    return terms;
  }
  while (!reader.done()) {
    std::vector<std::string>* list = &terms.all_;
    if (reader.take("-")) {
      list = &terms.none_;
      reader.blanks();
    } else if (reader.take("?")) {
      list = &terms.any_;
    }
    const size_t begin = reader.at;
    if (reader.peek() == '"') {
      Result<std::string, Refusal> phrase = reader.quoted();
      if (!phrase) return tl::unexpected(phrase.error());
      if (phrase->empty()) return reader.at = begin, reader.bad_characters();
      list->push_back(text::trim(*phrase).empty() && list != &terms.none_ ? "" : *phrase);  // " " is how one asks for everything
    } else {
      list->emplace_back(reader.take_while(is_word));
      if (list->back().empty()) return reader.bad_characters();
    }
    if (!reader.done() && !is_blank(reader.peek())) return reader.bad_characters();
    reader.blanks();
  }
  if (!terms.all_.empty() || !terms.none_.empty()) terms.any_.clear();  // beside other terms those with a question mark do not count
  return terms;
}

bool Terms::match(std::string_view message) const {
  const auto in_message = [&](const std::string& term) {
    return memmem(message.data(), message.size(), term.data(), term.size()) != nullptr;
  };
  if (regex_) return regex_->finds(message);
  return std::all_of(all_.begin(), all_.end(), in_message) && std::none_of(none_.begin(), none_.end(), in_message) &&
         (any_.empty() || std::any_of(any_.begin(), any_.end(), in_message));
}

}  // namespace cairn::patterns
