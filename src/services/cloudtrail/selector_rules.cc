#include "services/cloudtrail/selector_rules.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>

#include "aws/names.h"
#include "event/selector.h"
#include "services/cloudtrail/data_types.h"
#include "services/cloudtrail/errors.h"

namespace cairn::cloudtrail {
namespace {

constexpr size_t kSelectorsMax = 5;              // basic ones
constexpr size_t kDataResourcesMax = 250;        // values over all basic selectors; those that mean all of a type do not count
constexpr size_t kValuesMax = 500;               // over all conditions of all advanced selectors
constexpr size_t kSelectorBytesMax = 512 << 10;  // as JSON, so that a trail and the record of its change fit a journal entry

/// CloudTrail's sentence for nearly all that is wrong.
Error invalid(std::string_view value, std::string_view parameter, std::string_view why = {}) {
  return Error(kInvalidEventSelectors, "Value {} for {} is invalid.{}{}", value, parameter, why.empty() ? "" : " ", why);
}

void check_size(const Json& selectors) {
  if (const size_t bytes = json::dump(selectors).size(); bytes > kSelectorBytesMax) {
    throw Error(kInvalidEventSelectors, "The selectors take {} bytes as JSON. A trail's selectors can take {}.", bytes, kSelectorBytesMax);
  }
}

/// Nothing is kept that could not be followed.
void check_meaning(const Json& basic, const Json& advanced) {
  if (const auto compiled = event::Selector::compile(basic, advanced); !compiled)
    throw Error(kInvalidEventSelectors, "Event selectors are invalid: {}.", compiled.error().message);
}

Json list_of(const Json& object, const char* member) { return object.value(member, Json::array()); }

// --- basic

struct DataResourceType {
  std::string_view type, all;  // all: the value that means every resource of the type
};
constexpr auto kDataResourceTypes = std::to_array<DataResourceType>({
    {"AWS::DynamoDB::Table", "arn:aws:dynamodb"},
    {"AWS::Lambda::Function", "arn:aws:lambda"},
    {"AWS::S3::Object", "arn:aws:s3"},
});

bool means_all(const DataResourceType& type, std::string_view value) {
  return value == type.all || (type.type == "AWS::S3::Object" && value == "arn:aws:s3:::");
}

/// An object's value is a bucket's ARN, a slash, and the beginning of keys, which may be empty; others are a resource's ARN.
bool is_resource(const DataResourceType& type, std::string_view value) {
  if (!fits_data_type(type.type, value)) return false;
  if (type.type != "AWS::S3::Object") return value.find('*') == std::string_view::npos;
  constexpr std::string_view kFront = "arn:aws:s3:::";
  return aws::is_bucket_name(value.substr(kFront.size(), value.find('/') - kFront.size()));
}

/// Returns how many of its values count.
size_t check_data_resource(const Json& resource) {
  const std::string type = resource.value("Type", "null");
  const auto row = std::find_if(kDataResourceTypes.begin(), kDataResourceTypes.end(), [&](const auto& one) { return one.type == type; });
  if (row == kDataResourceTypes.end()) throw invalid(type, "DataResources.Type");
  size_t counted = 0;
  for (const Json& value : list_of(resource, "Values")) {
    const std::string& text = value.get_ref<const std::string&>();
    if (means_all(*row, text)) continue;
    if (!is_resource(*row, text)) throw invalid(text, "DataResources.Values");
    ++counted;
  }
  return counted;
}

void check_excluded(const Json& sources) {
  for (const Json& source : sources)
    if (source != "kms.amazonaws.com" && source != "rdsdata.amazonaws.com")
      throw invalid(source.get<std::string>(), "ExcludeManagementEventSources");
}

// --- advanced

enum Operators : unsigned { kEquals = 1, kNotEquals = 2, kAffixes = 4, kAny = kEquals | kNotEquals | kAffixes };

/// A field that a trail may ask for in a category of events, beside eventCategory itself.
struct FieldRule {
  std::string_view category, field;
  unsigned operators;
  std::array<std::string_view, 2> values = {};  // none: anything
};
constexpr std::string_view kManagement = "Management", kData = "Data", kNetworkActivity = "NetworkActivity";
constexpr auto kFieldRules = std::to_array<FieldRule>({
    {kManagement, "eventSource", kNotEquals, {"kms.amazonaws.com", "rdsdata.amazonaws.com"}},
    {kManagement, "readOnly", kEquals, {"true", "false"}},
    {kData, "eventName", kAny},
    {kData, "eventSource", kAny},
    {kData, "eventType", kAny},
    {kData, "readOnly", kEquals, {"true", "false"}},
    {kData, "resources.ARN", kAny},
    {kData, "resources.type", kEquals},
    {kData, "sessionCredentialFromConsole", kEquals | kNotEquals, {"true"}},
    {kData, "userIdentity.arn", kAny},
    {kNetworkActivity, "errorCode", kEquals, {"VpceAccessDenied"}},
    {kNetworkActivity, "eventName", kAny},
    {kNetworkActivity, "eventSource", kEquals},
    {kNetworkActivity, "vpcEndpointId", kAny},
});

struct OperatorName {
  const char* name;
  Operators kind;
};
constexpr auto kOperatorNames = std::to_array<OperatorName>({
    {"Equals", kEquals},
    {"StartsWith", kAffixes},
    {"EndsWith", kAffixes},
    {"NotEquals", kNotEquals},
    {"NotStartsWith", kAffixes},
    {"NotEndsWith", kAffixes},
});

std::string field_of(const Json& field_selector) { return field_selector.value("Field", ""); }

/// The one value of a field that must be there once, with Equals and one value.
std::string only_value(const Json& fields, std::string_view name, std::string_view where) {
  const Json* found = nullptr;
  for (const Json& field : fields) {
    if (field_of(field) != name) continue;
    if (found != nullptr) throw invalid(name, "Field", "An advanced event selector can have it once only.");
    found = &field;
  }
  if (found == nullptr) throw Error(kInvalidEventSelectors, "{} must have a field selector for {}, with the operator Equals.", where, name);
  for (const OperatorName& operation : kOperatorNames)
    if (operation.kind != kEquals && found->contains(operation.name)) throw invalid(operation.name, name, "It can only use Equals.");
  const Json values = list_of(*found, "Equals");
  if (values.size() != 1) throw Error(kInvalidEventSelectors, "{} must have exactly one value for Equals.", name);
  return values[0].get<std::string>();
}

const FieldRule& rule_of(std::string_view category, std::string_view field) {
  const auto rule = std::find_if(kFieldRules.begin(), kFieldRules.end(),
                                 [&](const FieldRule& one) { return one.category == category && one.field == field; });
  if (rule != kFieldRules.end()) return *rule;
  std::string fields = "eventCategory";
  for (const FieldRule& one : kFieldRules)
    if (one.category == category) fields += fmt::format(", {}", one.field);
  throw invalid(field, "Field", fmt::format("A trail selects {} events by {}.", category, fields));
}

void check_field(const FieldRule& rule, const Json& field_selector) {
  for (const OperatorName& operation : kOperatorNames) {
    const Json values = list_of(field_selector, operation.name);
    if (values.empty()) continue;
    if ((rule.operators & operation.kind) == 0)
      throw invalid(operation.name, rule.field, fmt::format("This operator does not go with the field for {} events.", rule.category));
    for (const Json& value : values)
      if (!rule.values[0].empty() && std::find(rule.values.begin(), rule.values.end(), value.get<std::string>()) == rule.values.end())
        throw invalid(value.get<std::string>(), rule.field);
  }
}

/// Equals and NotEquals name whole ARNs, so these must be such as the type has.
void check_arns(std::string_view type, const Json& field_selector) {
  for (const char* operation : {"Equals", "NotEquals"})
    for (const Json& value : list_of(field_selector, operation))
      if (!fits_data_type(type, value.get<std::string>()))
        throw invalid(value.get<std::string>(), "resources.ARN", fmt::format("It is no ARN of the type {}.", type));
}

size_t count_values(const Json& field_selector) {
  size_t count = 0;
  for (const OperatorName& operation : kOperatorNames) count += list_of(field_selector, operation.name).size();
  return count;
}

void check_advanced(const Json& selector) {
  const Json fields = list_of(selector, "FieldSelectors");
  const std::string category = only_value(fields, "eventCategory", "An advanced event selector");
  if (category != kManagement && category != kData && category != kNetworkActivity)
    throw invalid(category, "eventCategory", "A trail selects Management, Data and NetworkActivity events.");
  for (const Json& field : fields)
    if (field_of(field) != "eventCategory") check_field(rule_of(category, field_of(field)), field);
  if (category == kData) {
    const std::string type = only_value(fields, "resources.type", "An advanced event selector of Data events");
    if (!is_data_type(type)) throw invalid(type, "resources.type");
    for (const Json& field : fields)
      if (field_of(field) == "resources.ARN") check_arns(type, field);
  }
  if (category == kNetworkActivity) {
    const std::string source = only_value(fields, "eventSource", "An advanced event selector of NetworkActivity events");
    if (!source.ends_with(".amazonaws.com")) throw invalid(source, "eventSource");
  }
}

}  // namespace

Json checked_event_selectors(const Json& selectors) {
  if (selectors.empty() || selectors.size() > kSelectorsMax)
    throw Error(kInvalidEventSelectors, "Specify a valid number of selectors (1 to {}) for your trail.", kSelectorsMax);
  Json checked = Json::array();
  size_t resources = 0;
  for (const Json& selector : selectors) {
    Json whole = {{"ReadWriteType", selector.value("ReadWriteType", "All")},
                  {"IncludeManagementEvents", selector.value("IncludeManagementEvents", true)},
                  {"DataResources", Json::array()},
                  {"ExcludeManagementEventSources", list_of(selector, "ExcludeManagementEventSources")}};
    for (const Json& resource : list_of(selector, "DataResources")) {
      resources += check_data_resource(resource);
      whole["DataResources"].push_back(Json{{"Type", resource["Type"]}, {"Values", list_of(resource, "Values")}});
    }
    if (!whole["IncludeManagementEvents"].get<bool>() && whole["DataResources"].empty())
      throw Error(kInvalidEventSelectors,
                  "Invalid combination of parameters in EventSelectors. When includeManagementEvents is false, DataResources must not be "
                  "empty.");
    check_excluded(whole["ExcludeManagementEventSources"]);
    checked.push_back(std::move(whole));
  }
  if (resources > kDataResourcesMax)
    throw Error(kInvalidEventSelectors, "Specify a valid number of DataResources.Values (0 to {}) for all your selectors.",
                kDataResourcesMax);
  check_size(checked);
  check_meaning(checked, Json::array());
  return checked;
}

void check_advanced_event_selectors(const Json& selectors) {
  check_size(selectors);
  size_t values = 0;
  for (const Json& selector : selectors) {
    check_advanced(selector);
    for (const Json& field : selector["FieldSelectors"]) values += count_values(field);
  }
  if (values > kValuesMax)
    throw Error(kInvalidEventSelectors, "Specify up to {} values for all conditions in all advanced event selectors for a trail.",
                kValuesMax);
  check_meaning(Json::array(), selectors);
}

Json checked_insight_selectors(const Json& selectors) {
  Json checked = Json::array();
  std::set<std::string> types;
  for (const Json& selector : selectors) {
    const std::string type = selector.value("InsightType", "null");
    if (type != "ApiCallRateInsight" && type != "ApiErrorRateInsight")
      throw Error(kInvalidInsightSelectors, "Value {} for InsightType is invalid.", type);
    if (!types.insert(type).second) throw Error(kInvalidInsightSelectors, "The InsightType {} is specified twice.", type);
    Json categories = list_of(selector, "EventCategories");
    if (categories.empty()) categories.push_back("Management");
    if (categories.size() > 2) throw Error(kInvalidInsightSelectors, "The InsightType {} has an event category twice.", type);
    checked.push_back(Json{{"InsightType", type}, {"EventCategories", std::move(categories)}});
  }
  return checked;
}

}  // namespace cairn::cloudtrail
