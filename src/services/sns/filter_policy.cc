#include "services/sns/filter_policy.h"

#include <algorithm>

#include "base/lru.h"
#include "base/text.h"
#include "services/sns/errors.h"

namespace cairn::sns {
namespace {

using patterns::EventMatcher;
using patterns::EventPattern;

constexpr size_t kPolicyBytesMax = 256 << 10;
constexpr size_t kKeysMax = 5;
constexpr double kCombinationsMax = 150;
constexpr size_t kCacheBytesMax = 4 << 20;  // of texts
constexpr std::string_view kOfAddresses[] = {"Malformed CIDR", "Nonstandard IP", "Invalid IP", "IPv4 mask", "IPv6 mask"};

/// With the place in the text, which SNS tells of everything but addresses.
std::string located(const patterns::Refusal& refusal, const std::string& text) {
  const bool has_place = refusal.message.find("\n at [Source: ") != std::string::npos;
  const bool is_of_address = std::ranges::any_of(kOfAddresses, [&](std::string_view word) { return refusal.message.starts_with(word); });
  return has_place || is_of_address ? refusal.message : refusal.message + patterns::at_source(text, refusal.offset);
}

/// Counts the fields, and multiplies how many values each may have by how deep it lies.
struct Size {
  size_t keys = 0;
  double combinations = 1;
  bool is_nested = false;

  void add(const Json& object, int depth) {
    for (const auto& [name, value] : object.items()) {
      if (name == "$or" && value.is_array()) {
        Size most;
        for (const Json& one : value) {
          Size size;
          if (one.is_object()) size.add(one, depth);
          most.keys += size.keys;
          most.combinations += size.combinations;
          is_nested = is_nested || size.is_nested;
        }
        keys += most.keys;
        combinations *= std::max(1.0, most.combinations - 1);
      } else if (value.is_object()) {
        is_nested = true;
        add(value, depth + 1);
      } else if (value.is_array()) {
        ++keys;
        combinations *= static_cast<double>(value.size() * static_cast<size_t>(depth));
      }
    }
  }
};

}  // namespace

void check_filter_policy(const std::string& text, bool filters_body, std::string_view parameter) {
  const auto refuse = [&](std::string_view why) { return Error(kInvalidParameter, "Invalid parameter: {}: {}", parameter, why); };
  if (text.size() > kPolicyBytesMax) throw refuse("Filter policy is too long");
  const Result<EventPattern, patterns::Refusal> pattern = EventPattern::read(text);
  if (!pattern) throw refuse(located(pattern.error(), text));
  Size size;
  size.add(json::parse(text).value_or(Json::object()), 1);
  if (!filters_body && size.is_nested) throw invalid("Filter policy scope MessageAttributes does not support nested filter policy");
  if (size.keys > kKeysMax) throw refuse("Filter policy can not have more than 5 keys");
  if (size.combinations > kCombinationsMax) throw refuse("Filter policy is too complex");
}

std::shared_ptr<const EventMatcher> compiled_filter(const std::string& text) {
  static Lru<std::string, const EventMatcher> cache(kCacheBytesMax);
  if (std::shared_ptr<const EventMatcher> kept = cache.get(text)) return kept;
  const auto pattern = EventPattern::read(text);
  if (!pattern) throw std::runtime_error("a filter policy cannot be read: " + pattern.error().message);
  auto compiled = std::make_shared<const EventMatcher>(*pattern);
  cache.put(text, compiled, text.size());
  return compiled;
}

std::string filterable(const Json& attributes) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  for (const auto& [name, attribute] : attributes.items()) {
    const std::string type = attribute.value("DataType", "");
    if (!attribute.contains("StringValue")) continue;  // filters do not look at bytes
    const std::string value = attribute["StringValue"].get<std::string>();
    const bool is_number = type.starts_with("Number"), is_array = type == "String.Array";
    if ((is_number || is_array) && json::parse(value)) writer.key(name).raw(value);
    else if (!is_array) writer.key(name).string(value);
  }
  writer.end_object();
  return out;
}

}  // namespace cairn::sns
