#include "event/selector.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace cairn::event {
namespace {

/// Texts of which it is asked whether one of them begins another text, or, seen from the back, ends it.
class Affixes {
 public:
  enum class Side { kFront, kBack };
  Affixes(Side side, std::vector<std::string> texts) : side_(side) {
    const auto in_order = [this](std::string_view a, std::string_view b) { return before(a, b); };
    std::sort(texts.begin(), texts.end(), in_order);
    // One that another covers adds nothing; without it, whatever covers a text is the last that does not stand behind the text.
    for (std::string& text : texts)
      if (affixes_.empty() || !is_affix(affixes_.back(), text)) affixes_.push_back(std::move(text));
  }
  bool cover(std::string_view text) const {
    const auto behind =
        std::upper_bound(affixes_.begin(), affixes_.end(), text, [this](std::string_view a, std::string_view b) { return before(a, b); });
    return behind != affixes_.begin() && is_affix(*std::prev(behind), text);
  }

 private:
  bool before(std::string_view a, std::string_view b) const {
    return side_ == Side::kFront ? a < b : std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
  }
  bool is_affix(std::string_view affix, std::string_view text) const {
    return side_ == Side::kFront ? text.starts_with(affix) : text.ends_with(affix);
  }

  Side side_;
  std::vector<std::string> affixes_;  // in order, none covers another
};

/// The values of three operators: Equals, StartsWith, EndsWith, or those with Not.
class Values {
 public:
  Values(std::vector<std::string> equal, std::vector<std::string> starts, std::vector<std::string> ends)
      : empty_(equal.empty() && starts.empty() && ends.empty()),
        exact_(std::move(equal)),
        starts_(Affixes::Side::kFront, std::move(starts)),
        ends_(Affixes::Side::kBack, std::move(ends)) {
    std::sort(exact_.begin(), exact_.end());
  }
  bool empty() const { return empty_; }
  bool match(std::string_view text) const {
    return std::binary_search(exact_.begin(), exact_.end(), text, std::less<>()) || starts_.cover(text) || ends_.cover(text);
  }

 private:
  bool empty_;
  std::vector<std::string> exact_;
  Affixes starts_, ends_;
};

enum class Field {
  kCategory,
  kSource,
  kName,
  kType,
  kReadOnly,
  kUserArn,
  kFromConsole,
  kErrorCode,
  kVpcEndpoint,
  kResourceType,
  kResourceArn,
};

constexpr auto kFields = std::to_array<std::pair<std::string_view, Field>>({
    {"eventCategory", Field::kCategory},
    {"eventSource", Field::kSource},
    {"eventName", Field::kName},
    {"eventType", Field::kType},
    {"readOnly", Field::kReadOnly},
    {"userIdentity.arn", Field::kUserArn},
    {"sessionCredentialFromConsole", Field::kFromConsole},
    {"errorCode", Field::kErrorCode},
    {"vpcEndpointId", Field::kVpcEndpoint},
    {"resources.type", Field::kResourceType},
    {"resources.ARN", Field::kResourceArn},
});

std::string_view word(bool value) { return value ? "true" : "false"; }

std::string_view text_of(Field field, const Selected& event) {
  switch (field) {
    case Field::kCategory:
      return event.category;
    case Field::kSource:
      return event.source;
    case Field::kName:
      return event.name;
    case Field::kType:
      return event.type;
    case Field::kReadOnly:
      return word(event.read_only);
    case Field::kUserArn:
      return event.user_arn;
    case Field::kFromConsole:
      return word(event.from_console);
    case Field::kErrorCode:
      return event.error_code;
    case Field::kVpcEndpoint:
      return event.vpc_endpoint;
    case Field::kResourceType:
    case Field::kResourceArn:
      break;
  }
  return {};
}

/// One field selector: one of the values selects, and none deselects.
struct Condition {
  Field field;
  Values select, deselect;

  bool holds(std::string_view text) const { return (select.empty() || select.match(text)) && !deselect.match(text); }
};

/// One advanced selector: all conditions hold, those on resources for one and the same resource of the event. So an object that is
/// deselected does not hide what the same call did to another one.
struct Clause {
  std::vector<Condition> event, resource;

  bool wants(const Selected& selected) const {
    for (const Condition& condition : event)
      if (!condition.holds(text_of(condition.field, selected))) return false;
    return resource.empty() || std::any_of(selected.resources.begin(), selected.resources.end(),
                                           [this](const Selected::Resource& one) { return concerns(one); });
  }

 private:
  bool concerns(const Selected::Resource& one) const {
    return std::all_of(resource.begin(), resource.end(), [&one](const Condition& condition) {
      return condition.holds(condition.field == Field::kResourceType ? one.type : one.arn);
    });
  }
};

/// A member that is a list of texts; without the member there is none. An empty list is as good as none only if `may_be_empty`.
enum class Empty { kRefused, kAllowed };
Result<std::vector<std::string>> texts(const Json& object, const char* member, Empty empty) {
  std::vector<std::string> found;
  const auto list = object.find(member);
  if (list == object.end() || list->is_null()) return found;
  if (!list->is_array() || (list->empty() && empty == Empty::kRefused)) return failure("{} is no list of values", member);
  for (const Json& value : *list) {
    if (!value.is_string()) return failure("{} has a value that is no text", member);
    found.push_back(value.get<std::string>());
  }
  return found;
}

Result<Values> values(const Json& selector, const char* equal, const char* starts, const char* ends) {
  std::array<std::vector<std::string>, 3> lists;
  size_t at = 0;
  for (const char* name : {equal, starts, ends}) {
    Result<std::vector<std::string>> list = texts(selector, name, Empty::kRefused);
    if (!list) return tl::unexpected(list.error());
    lists[at++] = std::move(*list);
  }
  return Values(std::move(lists[0]), std::move(lists[1]), std::move(lists[2]));
}

Result<Condition> condition(const Json& selector) {
  if (!selector.is_object()) return failure("a field selector is no object");
  const auto named = selector.find("Field");
  if (named == selector.end() || !named->is_string()) return failure("a field selector names no Field");
  const std::string& name = named->get_ref<const std::string&>();
  const auto row = std::find_if(kFields.begin(), kFields.end(), [&name](const auto& field) { return field.first == name; });
  if (row == kFields.end()) return failure("{} is no field of a selector", name);
  Result<Values> select = values(selector, "Equals", "StartsWith", "EndsWith");
  if (!select) return failure("{}: {}", name, select.error().message);
  Result<Values> deselect = values(selector, "NotEquals", "NotStartsWith", "NotEndsWith");
  if (!deselect) return failure("{}: {}", name, deselect.error().message);
  if (select->empty() && deselect->empty()) return failure("{} has no operator", name);
  return Condition{row->second, std::move(*select), std::move(*deselect)};
}

Result<Clause> clause(const Json& selector) {
  const auto fields = selector.is_object() ? selector.find("FieldSelectors") : selector.end();
  if (!selector.is_object() || fields == selector.end() || !fields->is_array()) return failure("a selector has no FieldSelectors");
  Clause found;
  bool has_category = false;
  for (const Json& field : *fields) {
    Result<Condition> one = condition(field);
    if (!one) return tl::unexpected(one.error());
    has_category = has_category || one->field == Field::kCategory;
    const bool on_resource = one->field == Field::kResourceType || one->field == Field::kResourceArn;
    (on_resource ? found.resource : found.event).push_back(std::move(*one));
  }
  if (!has_category) return failure("a selector has no eventCategory");
  return found;
}

Json field(const char* name, const char* comparison, Json values) { return {{"Field", name}, {comparison, std::move(values)}}; }

/// What the values of a basic selector mean for resources.ARN. Objects are told by the front of their ARN; functions and tables by the
/// whole of it, or all of them by the service alone.
Result<Json> arns_of(const std::string& type, const std::vector<std::string>& values) {
  if (type == "AWS::S3::Object") return field("resources.ARN", "StartsWith", values);
  if (type != "AWS::Lambda::Function" && type != "AWS::DynamoDB::Table") return failure("{} is no type of a data resource", type);
  const std::string_view all = type == "AWS::Lambda::Function" ? "arn:aws:lambda" : "arn:aws:dynamodb";
  if (std::find(values.begin(), values.end(), all) != values.end()) return field("resources.ARN", "StartsWith", Json::array({all}));
  return field("resources.ARN", "Equals", values);
}

/// Appends the advanced selectors that mean what a basic one does.
Result<void> spell_out(const Json& basic, Json& advanced) {
  if (!basic.is_object()) return failure("a selector is no object");
  Json shared = Json::array();
  const auto reads = basic.find("ReadWriteType");
  if (reads != basic.end() && *reads != "All") {
    if (*reads != "ReadOnly" && *reads != "WriteOnly") return failure("ReadWriteType is none of ReadOnly, WriteOnly and All");
    shared.push_back(field("readOnly", "Equals", Json::array({*reads == "ReadOnly" ? "true" : "false"})));
  }
  const auto management = basic.find("IncludeManagementEvents");
  if (management != basic.end() && !management->is_boolean()) return failure("IncludeManagementEvents is neither true nor false");
  if (management == basic.end() || management->get<bool>()) {
    Json fields = shared;
    fields.push_back(field("eventCategory", "Equals", Json::array({"Management"})));
    const Result<std::vector<std::string>> excluded = texts(basic, "ExcludeManagementEventSources", Empty::kAllowed);
    if (!excluded) return tl::unexpected(excluded.error());
    if (!excluded->empty()) fields.push_back(field("eventSource", "NotEquals", *excluded));
    advanced.push_back(Json{{"FieldSelectors", std::move(fields)}});
  }
  const auto resources = basic.find("DataResources");
  if (resources == basic.end()) return {};
  if (!resources->is_array()) return failure("DataResources is no list");
  for (const Json& resource : *resources) {
    const auto type = resource.is_object() ? resource.find("Type") : resource.end();
    if (!resource.is_object() || type == resource.end() || !type->is_string()) return failure("a data resource has no Type");
    const Result<std::vector<std::string>> wanted = texts(resource, "Values", Empty::kAllowed);
    if (!wanted) return tl::unexpected(wanted.error());
    Result<Json> arns = arns_of(type->get<std::string>(), *wanted);
    if (!arns) return tl::unexpected(arns.error());
    if (wanted->empty()) continue;
    Json fields = shared;
    fields.push_back(field("eventCategory", "Equals", Json::array({"Data"})));
    fields.push_back(field("resources.type", "Equals", Json::array({*type})));
    fields.push_back(std::move(*arns));
    advanced.push_back(Json{{"FieldSelectors", std::move(fields)}});
  }
  return {};
}

}  // namespace

struct Selector::Compiled {
  std::vector<Clause> clauses;
};

Result<Selector> Selector::compile(const Json& event_selectors, const Json& advanced_event_selectors) {
  if (!event_selectors.is_array() || !advanced_event_selectors.is_array()) return failure("event selectors are no list");
  Json all = advanced_event_selectors;
  for (const Json& basic : event_selectors) {
    if (const Result<void> done = spell_out(basic, all); !done) return tl::unexpected(done.error());
  }
  if (event_selectors.empty() && advanced_event_selectors.empty()) {
    if (const Result<void> done = spell_out(Json::object(), all); !done) return tl::unexpected(done.error());
  }
  auto compiled = std::make_shared<Compiled>();
  for (const Json& one : all) {
    Result<Clause> made = clause(one);
    if (!made) return tl::unexpected(made.error());
    compiled->clauses.push_back(std::move(*made));
  }
  Selector selector;
  selector.compiled_ = std::move(compiled);
  return selector;
}

bool Selector::wants(const Selected& event) const {
  return compiled_ != nullptr &&
         std::any_of(compiled_->clauses.begin(), compiled_->clauses.end(), [&event](const Clause& one) { return one.wants(event); });
}

}  // namespace cairn::event
