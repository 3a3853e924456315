#include "services/cloudformation/drift.h"

#include <algorithm>

#include "template/canonical.h"

namespace cairn::cloudformation {
namespace {

constexpr const char* kMask = "****";
constexpr size_t kResourcesListed = 1000;

/// Properties that are documents: what somebody added to one is drift, too.
bool is_document(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.ends_with("PolicyDocument") || name == "KeyPolicy" || name == "EventPattern" || name == "RedrivePolicy" ||
         name == "RedriveAllowPolicy";
}

std::string written(const Json& value) { return value.is_string() ? value.get<std::string>() : json::dump(value); }

/// What tells the elements of a list apart, if anything does.
const char* identity_of(const Json& list) {
  for (const char* member : {"Key", "Id", "PolicyName", "MetricName"})
    if (!list.empty() && std::ranges::all_of(list, [&](const Json& each) { return each.is_object() && each.contains(member); }))
      return member;
  return nullptr;
}

/// Numbers are written in several ways: 1, "1", 1.0.
std::optional<double> number(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const Result<Json> parsed = json::parse(value.get<std::string>());
  return parsed && parsed->is_number() ? std::optional(parsed->get<double>()) : std::nullopt;
}

bool is_same(const Json& expected, const Json& live) {
  if (cfn::same(expected, live)) return true;
  const std::optional<double> one = number(expected), other = number(live);
  return one && other && *one == *other;
}

/// What services leave out of what they tell.
bool is_nothing(const Json& value) {
  if (value.is_structured()) return value.empty();
  return value == false || value == "" || value == "false";
}

class Comparison {
 public:
  explicit Comparison(Json& differences) : differences_(differences) {}

  void compare(const Json& expected, const Json& shown, const Json& live, const std::string& path, bool is_whole) {
    if (is_same(expected, live) || (live.is_null() && is_nothing(expected))) return;
    if (live.is_null()) return add(path, "REMOVE", shown, live, false);
    const bool is_hidden = !cfn::same(expected, shown) && !shown.is_structured();
    if (!is_hidden && expected.is_object() && live.is_object() && shown.is_object()) return members(expected, shown, live, path, is_whole);
    if (!is_hidden && expected.is_array() && live.is_array() && shown.is_array() && shown.size() == expected.size())
      return elements(expected, shown, live, path, is_whole);
    add(path, "NOT_EQUAL", shown, live, is_hidden);
  }

 private:
  void add(const std::string& path, const char* type, const Json& shown, const Json& live, bool is_hidden) {
    differences_.push_back({{"PropertyPath", path},
                            {"ExpectedValue", written(shown)},
                            {"ActualValue", is_hidden ? std::string(kMask) : written(live)},
                            {"DifferenceType", type}});
  }

  void members(const Json& expected, const Json& shown, const Json& live, const std::string& path, bool is_whole) {
    for (const auto& [name, value] : expected.items()) {
      const auto actual = live.find(name);
      compare(value, shown.value(name, Json()), actual == live.end() ? Json() : *actual, path + "/" + name, is_whole || is_document(name));
    }
    if (!is_whole) return;                               // defaults
    const bool is_hidden = !cfn::same(expected, shown);  // what is hidden may have moved
    for (const auto& [name, value] : live.items())
      if (!expected.contains(name)) add(path + "/" + name, "ADD", Json(), value, is_hidden);
  }

  /// Lists have no order: what is found anywhere is as it should be.
  void elements(const Json& expected, const Json& shown, const Json& live, const std::string& path, bool is_whole) {
    std::vector<bool> is_found(live.size(), false);
    std::vector<size_t> missing;
    const char* identity = identity_of(expected);
    const auto find = [&](const auto& fits) {
      for (size_t i = 0; i < live.size(); ++i)
        if (!is_found[i] && fits(live[i])) {
          is_found[i] = true;
          return i;
        }
      return live.size();
    };
    for (size_t i = 0; i < expected.size(); ++i) {
      const std::string place = fmt::format("{}/{}", path, i);
      const size_t at =
          identity == nullptr ? find([&](const Json& each) { return covers(expected[i], each, is_whole); }) : find([&](const Json& each) {
            return each.is_object() && cfn::same(each.value(identity, Json()), expected[i].at(identity));
          });
      if (at == live.size()) missing.push_back(i);
      else if (identity != nullptr) compare(expected[i], shown[i], live[at], place, is_whole);
    }
    for (const size_t i : missing) {
      const std::string place = fmt::format("{}/{}", path, i);
      const size_t at =
          identity != nullptr || !expected[i].is_object() ? live.size() : find([](const Json& each) { return each.is_object(); });
      if (at == live.size()) add(place, "REMOVE", shown[i], Json(), false);
      else compare(expected[i], shown[i], live[at], place, is_whole);
    }
    const bool is_hidden = !cfn::same(expected, shown);
    for (size_t i = 0; i < live.size(); ++i)
      if (!is_found[i]) add(fmt::format("{}/{}", path, i), "ADD", Json(), live[i], is_hidden);
  }

  static bool covers(const Json& expected, const Json& live, bool is_whole) {
    Json differences = Json::array();
    Comparison(differences).compare(expected, expected, live, "", is_whole);
    return differences.empty();
  }

  Json& differences_;
};

/// Of what is there, what the template speaks of.
Json told(const Json& expected, const Json& shown, const Json& live, bool is_whole) {
  if (!cfn::same(expected, shown) && !shown.is_structured()) return cfn::same(expected, live) ? shown : Json(kMask);
  if (is_whole || !expected.is_object() || !live.is_object())
    return cfn::same(expected, shown) ? live : Json(kMask);  // something of it is hidden
  Json out = Json::object();
  for (const auto& [name, value] : expected.items())
    if (const auto actual = live.find(name); actual != live.end())
      out[name] = told(value, shown.value(name, Json()), *actual, is_document(name));
  return out;
}

}  // namespace

void compare_property(const Json& expected, const Json& shown, const Json& live, const std::string& path, Json& differences) {
  Comparison(differences).compare(expected, shown, live, path, is_document(path));
}

Drift drift_from(const Doing& doing, const Json& shown) {
  Drift drift{.status = "IN_SYNC", .expected = shown};
  if (doing.is_gone) {
    drift.status = "DELETED";
    return drift;
  }
  for (const auto& [name, live] : doing.live.items()) {
    const auto expected = doing.wanted.find(name);
    if (expected == doing.wanted.end()) continue;
    const Json& visible = shown.contains(name) ? shown.at(name) : *expected;
    const std::string path = "/" + name;
    Json wanted = is_document(path) ? document_of(*expected) : *expected;
    compare_property(wanted, is_document(path) ? document_of(visible) : visible, live, path, drift.differences);
    if (!live.is_null()) drift.actual[name] = told(wanted, visible, live, is_document(path));
  }
  if (!drift.differences.empty()) drift.status = "MODIFIED";
  return drift;
}

Json stack_drift(state::Transaction& state, const Stack& stack) {
  const std::optional<std::string> id = state.get(keys::detection_of(stack.id));
  const std::optional<std::string> document = id ? state.get(keys::detection(*id)) : std::nullopt;
  if (!document) return {{"StackDriftStatus", "NOT_CHECKED"}};
  const Json detection = json::parse(*document).value();  // we wrote it
  if (Time(Time::duration(detection.at("at").get<int64_t>())) < stack.updated) return {{"StackDriftStatus", "NOT_CHECKED"}};
  return {{"StackDriftStatus", detection.at("shown").value("StackDriftStatus", "UNKNOWN")},
          {"LastCheckTimestamp", detection.at("shown").at("Timestamp")}};
}

Json resource_drift(state::Transaction& state, const state::Sealer& sealer, const Stack& stack, const Resource& resource) {
  const std::optional<Json> document = get_sealed(state, sealer, keys::drift(stack.id) + resource.id);
  if (!document || Time(Time::duration(document->at("at").get<int64_t>())) < resource.changed)
    return {{"StackResourceDriftStatus", "NOT_CHECKED"}};
  const Json& shown = document->at("shown");
  if (shown.at("StackResourceDriftStatus") == "NOT_CHECKED") return {{"StackResourceDriftStatus", "NOT_CHECKED"}};
  return {{"StackResourceDriftStatus", shown.at("StackResourceDriftStatus")}, {"LastCheckTimestamp", shown.at("Timestamp")}};
}

void erase_drift(state::Transaction& state, std::string_view stack) {
  if (const std::optional<std::string> id = state.get(keys::detection_of(stack))) state.erase(keys::detection(*id));
  state.erase(keys::detection_of(stack));
}

}  // namespace cairn::cloudformation
