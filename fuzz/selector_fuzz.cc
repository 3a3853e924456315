// The first byte chooses. Text: a line of event selectors, a line of advanced ones, and lines of records; any JSON compiles or is
// refused, and matching ends. Or a script: values of one field and a name, which must match as a plain walk over the values says.
#include <cstdlib>

#include "event/selector.h"
#include "wire.h"

namespace cairn {
namespace {

constexpr const char* kOperators[] = {"Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith"};

void read_lines(std::string_view data) {
  const Result<Json> basic = json::parse(fuzz::take_line(data)), advanced = json::parse(fuzz::take_line(data));
  const Json none = Json::array();
  const Result<event::Selector> selector = event::Selector::compile(basic ? *basic : none, advanced ? *advanced : none);
  static json::Document document;
  static event::Selected selected;
  while (!data.empty()) {
    if (event::read_selected(fuzz::take_line(data), document, selected) && selector) (void)selector->wants(selected);
  }
}

/// A byte chooses the operator, the line behind it is a value; the first line is the event's name.
void follow_script(std::string_view data) {
  const std::string_view name = fuzz::take_line(data);
  Json field = {{"Field", "eventName"}};
  bool has_select = false, selected = false, deselected = false;
  while (!data.empty()) {
    const size_t operation = static_cast<uint8_t>(data[0]) % std::size(kOperators);
    data.remove_prefix(1);
    const std::string_view value = fuzz::take_line(data);
    field[kOperators[operation]].push_back(value);
    const size_t kind = operation % 3;
    const bool matches = kind == 0 ? name == value : kind == 1 ? name.starts_with(value) : name.ends_with(value);
    has_select = has_select || operation < 3;
    (operation < 3 ? selected : deselected) |= matches;
  }
  const Json category = {{"Field", "eventCategory"}, {"Equals", Json::array({"Data"})}};
  const Result<event::Selector> selector =
      event::Selector::compile(Json::array(), Json::array({Json{{"FieldSelectors", Json::array({category, field})}}}));
  if (selector.has_value() != (field.size() > 1)) std::abort();
  event::Selected event;
  event.category = "Data";
  event.name = name;
  if (selector && selector->wants(event) != ((!has_select || selected) && !deselected)) std::abort();
}

}  // namespace
}  // namespace cairn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  std::string_view data(reinterpret_cast<const char*>(bytes), size);
  if (data.empty()) return 0;
  const bool script = data[0] % 2 != 0;
  data.remove_prefix(1);
  script ? cairn::follow_script(data) : cairn::read_lines(data);
  return 0;
}
