#include "services/ssm/parameter.h"

#include "api/authorize.h"
#include "base/text.h"
#include "services/ssm/errors.h"
#include "state/store.h"

namespace cairn::ssm {
namespace {

constexpr size_t kReadAtOnce = 100, kReadMax = 2000;  // documents that one page looks at

std::string count_key(const ParameterName& name) { return fmt::format("ssm/count/{}/{}", name.account.str(), name.region.str()); }

void count(state::Transaction& state, const ParameterName& name, int64_t change) {
  const std::string key = count_key(name);
  const std::optional<std::string> document = state.get(key);
  const int64_t number = (document ? text::to_int(*document).value_or(0) : 0) + change;
  if (change > 0 && number > kParametersMax)
    throw Error(kParameterLimit,
                "You have exceeded the number of parameters for this Amazon Web Services account. Delete one or more parameters and try "
                "again.");
  if (number > 0) state.put(key, std::to_string(number));
  else state.erase(key);
}

std::string version_key(std::string_view id, int64_t number) { return fmt::format("{}{:020}", documents::versions_of(id), number); }

Json to_json(const Version& version) {
  Json document{{"version", version.number},
                {"type", version.type},
                {"value", version.value},
                {"user", version.user},
                {"modified", version.modified.time_since_epoch().count()}};
  const auto put = [&](const char* name, const std::string& value, std::string_view otherwise) {
    if (value != otherwise) document[name] = value;
  };
  put("key", version.key, "");
  put("description", version.description, "");
  put("pattern", version.pattern, "");
  put("dataType", version.data_type, "text");
  put("tier", version.tier, "Standard");
  return document;
}

Version version_of(const Json& document) {
  Version version{.number = document.at("version").get<int64_t>(),
                  .type = document.at("type").get<std::string>(),
                  .value = document.at("value").get<std::string>(),
                  .key = document.value("key", ""),
                  .description = document.value("description", ""),
                  .pattern = document.value("pattern", ""),
                  .user = document.at("user").get<std::string>(),
                  .modified = Time(std::chrono::milliseconds(document.at("modified").get<int64_t>()))};
  version.data_type = document.value("dataType", version.data_type);
  version.tier = document.value("tier", version.tier);
  return version;
}

}  // namespace

std::string encode(const Parameter& parameter) {
  Json document = to_json(parameter.now);
  document["id"] = parameter.id;
  if (!parameter.tags.empty()) document["tags"] = parameter.tags;
  return json::dump(document);
}

Parameter decode_parameter(const ParameterName& name, std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  Parameter parameter;
  static_cast<ParameterName&>(parameter) = name;
  parameter.id = document.at("id").get<std::string>();
  parameter.now = version_of(document);
  if (const auto tags = document.find("tags"); tags != document.end())
    for (const auto& [key, value] : tags->items()) parameter.tags[key] = value.get<std::string>();
  return parameter;
}

namespace documents {

std::string parameters_in(const aws::AccountId& account, const aws::Region& region) {
  return fmt::format("ssm/parameter/{}/{}/", account.str(), region.str());
}
std::string parameter(const ParameterName& name) { return parameters_in(name.account, name.region).append(name.name); }
std::string versions_of(std::string_view id) { return fmt::format("ssm/version/{}/", id); }

}  // namespace documents

std::optional<Parameter> find_parameter(state::Transaction& state, const ParameterName& name) {
  const std::optional<std::string> document = state.get(documents::parameter(name));
  if (!document) return std::nullopt;
  return decode_parameter(name, *document);
}

std::optional<Parameter> find_parameter(state::Transaction& state, const Named& named) {
  std::optional<Parameter> found = find_parameter(state, named.name);
  if (found || named.alternative.empty()) return found;
  ParameterName other = named.name;
  other.name = named.alternative;
  return find_parameter(state, other);
}

void put_parameter(state::Transaction& state, const Parameter& parameter) { state.put(documents::parameter(parameter), encode(parameter)); }

void add_parameter(state::Transaction& state, const Parameter& parameter) {
  count(state, parameter, 1);
  put_parameter(state, parameter);
}

void erase_parameter(state::Transaction& state, const Parameter& parameter) {
  count(state, parameter, -1);
  state.erase(documents::parameter(parameter));
  for (const state::Item& item : state.list(documents::versions_of(parameter.id), "", kVersionsMax).items) state.erase(item.key);
}

void keep_version(state::Transaction& state, const Parameter& parameter) {
  state.put(version_key(parameter.id, parameter.now.number), json::dump(to_json(parameter.now)));
  const int64_t gone = parameter.now.number + 1 - static_cast<int64_t>(kVersionsMax);
  if (gone > 0) state.erase(version_key(parameter.id, gone));
}

std::optional<Version> find_version(state::Transaction& state, const Parameter& parameter, int64_t number) {
  if (number == parameter.now.number) return parameter.now;
  if (number < 1 || number > parameter.now.number) return std::nullopt;
  const std::optional<std::string> document = state.get(version_key(parameter.id, number));
  if (!document) return std::nullopt;
  return version_of(json::parse(*document).value());
}

std::vector<Version> former_versions(state::Transaction& state, const Parameter& parameter) {
  std::vector<Version> versions;
  for (const state::Item& item : state.list(documents::versions_of(parameter.id), "", kVersionsMax).items)
    versions.push_back(version_of(json::parse(item.value).value()));
  return versions;
}

void require(api::Call& call, std::string_view action, const ParameterName& name, aws::policy::Context context) {
  if (const std::optional<Parameter> parameter = find_parameter(*call.state, name))
    for (const auto& [key, value] : parameter->tags) context.add("aws:ResourceTag/" + key, value);
  api::require(call, {.action = fmt::format("ssm:{}", action), .resource = name.arn(), .owner = name.account, .context = context});
}

void require_own(api::Call& call, std::string_view action, const std::string& resource, aws::policy::Context context) {
  api::require(call, {.action = fmt::format("ssm:{}", action),
                      .resource = fmt::format("arn:aws:ssm:{}:{}:{}", call.region.str(), call.account.str(), resource),
                      .context = std::move(context)});
}

std::string read_token(const Json& in, const std::string& folder) {
  const std::string token = in.value("NextToken", "");
  if (token.empty()) return "";
  const std::optional<std::string> decoded = text::from_base64(token);
  if (!decoded || decoded->empty()) throw Error(kInvalidNextToken, "The specified token isn't valid.");
  return folder + *decoded;
}

std::string token_of(const std::string& key, const std::string& folder) { return text::base64(key.substr(folder.size())); }

void each_of_page(api::Call& call, const std::string& prefix, int64_t limit, const std::function<bool(const Parameter&)>& takes) {
  const std::string all = documents::parameters_in(call.account, call.region);
  std::string after = read_token(call.in, all);
  int64_t taken = 0;
  size_t read = 0;
  for (bool more = true; more;) {
    const state::Page page = call.state->list(all + prefix, after, kReadAtOnce);
    more = page.more;
    for (const state::Item& item : page.items) {
      if (taken == limit || read == kReadMax) {
        call.out["NextToken"] = token_of(after, all);
        return;
      }
      after = item.key;
      ++read;
      if (takes(decode_parameter({call.account, call.region, item.key.substr(all.size())}, item.value))) ++taken;
    }
  }
}

}  // namespace cairn::ssm
