#include "services/ssm/filters.h"

#include <algorithm>

#include "base/text.h"
#include "services/ssm/errors.h"

namespace cairn::ssm {
namespace {

using Words = std::vector<std::string>;

const Words kOfDescribe = {"Path", "Name", "Type", "KeyId", "Tier", "DataType"};
const Words kOfPath = {"Type", "KeyId"};
constexpr std::string_view kTag = "tag:";

Words options_of(std::string_view key) {
  if (key == "Path") return {"Recursive", "OneLevel"};
  if (key == "Name") return {"BeginsWith", "Equals", "Contains"};
  return {"BeginsWith", "Equals"};
}

Words values_of(std::string_view key) {
  if (key == "Type") return {"String", "StringList", "SecureString"};
  if (key == "Tier") return {"Standard", "Advanced", "Intelligent-Tiering"};
  return {};
}

bool has(const Words& words, std::string_view word) { return std::ranges::find(words, word) != words.end(); }

/// Names are compared whether or not a slash begins them.
std::string_view bare(std::string_view name) { return name.starts_with('/') ? name.substr(1) : name; }

}  // namespace

bool is_below(std::string_view name, std::string_view path, bool recursive) {
  std::string_view rest = bare(name);
  if (path != "/") {
    if (path.ends_with('/')) path.remove_suffix(1);
    if (!name.starts_with(path) || name.size() <= path.size() || name[path.size()] != '/') return false;
    rest = name.substr(path.size() + 1);
  }
  return recursive || rest.find('/') == std::string_view::npos;
}

Filters::Filters(const Json& in, For whose) {
  const auto list = in.find("ParameterFilters");
  if (list == in.end()) return;
  const Words& keys = whose == For::kPath ? kOfPath : kOfDescribe;
  for (const Json& each : *list) {
    Filter filter{.key = each.at("Key").get<std::string>(), .option = each.value("Option", ""), .values = {}};
    if (each.contains("Values")) filter.values = each.at("Values").get<Words>();
    const bool is_tag = filter.key.starts_with(kTag) && whose == For::kDescribe;
    if (!is_tag && !has(keys, filter.key))
      throw Error(kInvalidFilterKey, "The following filter key is not valid: {}. Valid filter keys include: [{}].", filter.key,
                  fmt::join(keys, ", "));
    if (std::ranges::find(filters_, filter.key, &Filter::key) != filters_.end())
      throw Error(kInvalidFilterKey,
                  "The following filter is duplicated in the request: {}. A request can contain only one occurrence of a specific filter.",
                  filter.key);
    if (filter.values.empty() && !is_tag)
      throw Error(kInvalidFilterValue, "The following filter values are missing : null for filter key {}", filter.key);
    const Words options = options_of(filter.key);
    if (filter.option.empty()) filter.option = filter.key == "Path" ? "OneLevel" : "Equals";
    if (!has(options, filter.option))
      throw Error(kInvalidFilterOption, "The following filter option is not valid: {}. Valid options include: [{}].", filter.option,
                  fmt::join(options, ", "));
    if (const Words allowed = values_of(filter.key); !allowed.empty() && filter.option == "Equals")
      for (const std::string& value : filter.values)
        if (!has(allowed, value))
          throw Error(kInvalidFilterValue, "The following filter value is not valid: {}. Valid values include: [{}].", value,
                      fmt::join(allowed, ", "));
    if (filter.key == "Path") std::ranges::for_each(filter.values, check_path);
    filters_.push_back(std::move(filter));
  }
}

bool Filters::matches(const Filter& filter, const Parameter& parameter) {
  const auto any = [&](auto test) { return std::ranges::any_of(filter.values, test); };
  if (filter.key == "Path")
    return any([&](const std::string& path) { return is_below(parameter.name, path, filter.option == "Recursive"); });
  std::string_view own;
  if (filter.key.starts_with(kTag)) {
    const auto tag = parameter.tags.find(filter.key.substr(kTag.size()));
    if (tag == parameter.tags.end()) return false;
    if (filter.values.empty()) return true;
    own = tag->second;
  } else {
    own = filter.key == "Name"    ? bare(parameter.name)
          : filter.key == "Type"  ? parameter.now.type
          : filter.key == "KeyId" ? parameter.now.key
          : filter.key == "Tier"  ? parameter.now.tier
                                  : parameter.now.data_type;
  }
  const bool is_name = filter.key == "Name";
  return any([&](const std::string& given) {
    const std::string_view value = is_name ? bare(given) : std::string_view(given);
    if (filter.option == "BeginsWith") return own.starts_with(value);
    // "/part" within a name: of the name with its slash
    if (filter.option == "Contains") return ("/" + std::string(own)).find(given) != std::string::npos;
    return own == value;
  });
}

bool Filters::match(const Parameter& parameter) const {
  return std::ranges::all_of(filters_, [&](const Filter& filter) { return matches(filter, parameter); });
}

}  // namespace cairn::ssm
