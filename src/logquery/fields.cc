#include "logquery/fields.h"

#include <algorithm>
#include <charconv>

#include "base/json_cursor.h"

namespace cairn::logquery {
namespace {

using json::Cursor;

enum class Containers { kNone, kAsText };  // what objects and arrays are

/// Takes the value here. nullopt: the text is no JSON.
std::optional<Value> take(Cursor& cursor, std::string_view text, Containers containers, Arena& arena) {
  switch (cursor.peek()) {
    case Cursor::Kind::kString: {
      Cursor::Text string;
      if (!cursor.take_string(string)) return std::nullopt;
      return Value::of(string.escaped ? arena.keep(string.decoded()) : string.raw);
    }
    case Cursor::Kind::kNumber: {
      std::string_view digits;
      if (!cursor.take_number(digits)) return std::nullopt;
      double number = 0;
      std::from_chars(digits.data(), digits.data() + digits.size(), number);
      return Value{Value::Kind::kNumber, number, digits};
    }
    case Cursor::Kind::kTrue:
    case Cursor::Kind::kFalse: {
      const bool truth = cursor.peek() == Cursor::Kind::kTrue;
      if (!cursor.take_word()) return std::nullopt;
      return Value::of(truth);
    }
    case Cursor::Kind::kObject:
    case Cursor::Kind::kArray: {
      const size_t begin = cursor.offset();
      if (!cursor.skip()) return std::nullopt;
      if (containers == Containers::kNone) return Value();
      return Value{Value::Kind::kJson, 0, text.substr(begin, cursor.offset() - begin)};
    }
    default:
      if (!cursor.skip()) return std::nullopt;
      return Value();
  }
}

class Walk {
 public:
  Walk(std::string_view text, std::span<const std::string> paths, std::span<Value> found, Containers containers, Arena& arena)
      : text_(text), paths_(paths), found_(found), containers_(containers), arena_(arena), cursor_(text) {}

  bool run() {
    for (size_t field = 0; field < paths_.size(); ++field) ways_.push_back({field, 0});
    return inside(0) && cursor_.at_end();
  }

 private:
  struct Way {  // to a field: how much of its path has been gone
    size_t field, gone;
  };

  bool inside(size_t first) {
    const size_t last = ways_.size();
    const bool ok = cursor_.peek() == Cursor::Kind::kObject ? object(first, last) : array(first, last);
    ways_.resize(first);
    return ok;
  }

  bool object(size_t first, size_t last) {
    if (!cursor_.enter_object()) return false;
    Cursor::Text name;
    while (cursor_.next_member(name)) {
      const std::string decoded = name.escaped ? name.decoded() : std::string();
      if (!step(name.escaped ? decoded : name.raw, first, last)) return false;
    }
    return !cursor_.failed();
  }

  bool array(size_t first, size_t last) {
    if (!cursor_.enter_array()) return false;
    char digits[20];
    for (size_t index = 0; cursor_.next_element(); ++index) {
      const auto end = std::to_chars(digits, std::end(digits), index).ptr;
      if (!step({digits, static_cast<size_t>(end - digits)}, first, last)) return false;
    }
    return !cursor_.failed();
  }

  /// Over the value that `name` leads to.
  bool step(std::string_view name, size_t first, size_t last) {
    size_t wanted = SIZE_MAX;
    for (size_t i = first; i < last; ++i) {
      const std::string_view rest = std::string_view(paths_[ways_[i].field]).substr(ways_[i].gone);
      if (!rest.starts_with(name)) continue;
      if (rest.size() == name.size()) wanted = ways_[i].field;
      else if (rest[name.size()] == '.') ways_.push_back({ways_[i].field, ways_[i].gone + name.size() + 1});
    }
    if (wanted != SIZE_MAX && ways_.size() == last) {
      std::optional<Value> value = take(cursor_, text_, containers_, arena_);
      if (!value) return false;
      found_[wanted] = *value;
      return true;
    }
    const Cursor::Kind kind = cursor_.peek();
    if (ways_.size() == last || (kind != Cursor::Kind::kObject && kind != Cursor::Kind::kArray)) {
      ways_.resize(last);
      if (wanted == SIZE_MAX) return cursor_.skip();
      std::optional<Value> value = take(cursor_, text_, containers_, arena_);
      if (!value) return false;
      found_[wanted] = *value;
      return true;
    }
    const size_t begin = cursor_.offset();
    if (!inside(last)) return false;
    if (wanted != SIZE_MAX)
      found_[wanted] =
          containers_ == Containers::kAsText ? Value{Value::Kind::kJson, 0, text_.substr(begin, cursor_.offset() - begin)} : Value();
    return true;
  }

  const std::string_view text_;
  const std::span<const std::string> paths_;
  const std::span<Value> found_;
  const Containers containers_;
  Arena& arena_;
  Cursor cursor_;
  std::vector<Way> ways_;  // a stack: those of the value being walked on top
};

bool is_object(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && text[begin] == '{';
}

/// False: `f` wants no more, or the text is no JSON.
bool each(Cursor& cursor, std::string_view text, std::string& name, Arena& arena,
          const std::function<bool(const std::string&, const Value&)>& f) {
  const Cursor::Kind kind = cursor.peek();
  const size_t size = name.size();
  const auto inner = [&](std::string_view part) {
    if (size > 0) name += '.';
    else if (part.starts_with('@')) name += '@';  // the names with one are CloudWatch's own
    name += part;
    const bool ok = each(cursor, text, name, arena, f);
    name.resize(size);
    return ok;
  };
  if (kind == Cursor::Kind::kObject) {
    if (!cursor.enter_object()) return false;
    Cursor::Text member;
    while (cursor.next_member(member))
      if (!inner(member.decoded())) return false;
    return !cursor.failed();
  }
  if (kind == Cursor::Kind::kArray) {
    if (!cursor.enter_array()) return false;
    for (size_t index = 0; cursor.next_element(); ++index)
      if (!inner(std::to_string(index))) return false;
    return !cursor.failed();
  }
  const std::optional<Value> value = take(cursor, text, Containers::kNone, arena);
  if (!value) return false;
  return !value->exists() || f(name, *value);
}

}  // namespace

size_t FieldReader::add(std::string_view name) {
  if (name.starts_with("@@")) name.remove_prefix(1);
  const auto known = std::ranges::find(paths_, name);
  if (known != paths_.end()) return static_cast<size_t>(known - paths_.begin());
  paths_.emplace_back(name);
  return paths_.size() - 1;
}

void FieldReader::read(std::string_view message, std::span<Value> found, Arena& arena) const {
  std::ranges::fill(found, Value());
  if (!is_object(message)) return;
  if (!Walk(message, paths_, found, Containers::kNone, arena).run()) std::ranges::fill(found, Value());
}

void each_field(std::string_view message, const std::function<bool(const std::string&, const Value&)>& f) {
  Cursor whole(message);
  if (!is_object(message) || !whole.skip() || !whole.at_end()) return;
  Cursor cursor(message);
  std::string name;
  Arena arena;
  each(cursor, message, name, arena, f);
}

Value parse_json(std::string_view text, Arena& arena) {
  Cursor cursor(text);
  const std::optional<Value> value = take(cursor, text, Containers::kAsText, arena);
  return value && cursor.at_end() ? *value : Value();
}

Value member_of(const Value& value, std::string_view path, Arena& arena) {
  if (value.kind != Value::Kind::kJson) return {};
  const std::string paths[] = {std::string(path)};
  Value found[1];
  Walk(value.text, paths, found, Containers::kAsText, arena).run();
  return found[0];
}

std::vector<Value> elements_of(const Value& value, Arena& arena) {
  Cursor cursor(value.text);
  if (value.kind != Value::Kind::kJson || cursor.peek() != Cursor::Kind::kArray) return {value};
  std::vector<Value> elements;
  cursor.enter_array();
  while (cursor.next_element()) {
    const std::optional<Value> element = take(cursor, value.text, Containers::kAsText, arena);
    if (!element) break;
    elements.push_back(*element);
  }
  return elements;
}

}  // namespace cairn::logquery
