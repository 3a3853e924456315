#include <array>

#include "api/operation.h"
#include "base/text.h"
#include "services/ssm/errors.h"
#include "services/ssm/filters.h"
#include "services/ssm/shown.h"

namespace cairn::ssm {
namespace {

constexpr int64_t kByPathMax = 10, kHistoryMax = 50;

bool decrypts(const api::Call& call) { return call.in.value("WithDecryption", false); }

void note(api::Call& call, const ParameterName& name) {
  call.resources.push_back({.type = {}, .arn = name.arn(), .account = name.account});
}

std::optional<Parameter> open(api::Call& call, std::string_view action, const Named& named) {
  std::optional<Parameter> parameter = find_parameter(*call.state, named);
  require(call, action, parameter ? *parameter : named.name);
  return parameter;
}

/// What the text names, once the caller may see it; nullopt: there is none.
std::optional<Json> look_up(api::Call& call, std::string_view action, const std::string& text) {
  const std::optional<Named> named = parse_named(call, text);
  if (!named) {
    require_own(call, action, "parameter/" + text);
    return std::nullopt;
  }
  const std::optional<Parameter> parameter = open(call, action, *named);
  if (!parameter) return std::nullopt;
  std::optional<Version> version = parameter->now;
  if (!named->selector.empty()) {
    const std::optional<int64_t> number = named->version();
    version = number ? find_version(*call.state, *parameter, *number) : std::nullopt;  // labels: there are none
    if (!version)
      throw Error(kParameterVersionNotFound, "Systems Manager could not find version {} of {}. Verify the version and try again.",
                  named->selector.substr(1), parameter->name);
  }
  Json found = shown(call, *parameter, *version, decrypts(call));
  if (!named->selector.empty()) found["Selector"] = named->selector;
  note(call, *parameter);
  return found;
}

void get_parameter(api::Call& call) {
  call.resources.clear();
  std::optional<Json> found = look_up(call, "GetParameter", call.in.at("Name").get<std::string>());
  if (!found) throw not_found();
  call.out["Parameter"] = std::move(*found);
}

void get_parameters(api::Call& call) {
  call.resources.clear();
  call.out = {{"Parameters", Json::array()}, {"InvalidParameters", Json::array()}};
  for (const Json& name : call.in.at("Names")) {
    std::optional<Json> found;
    try {
      found = look_up(call, "GetParameters", name.get<std::string>());
    } catch (const Error& refusal) {
      if (refusal.kind.code != kParameterVersionNotFound.code) throw;
    }
    if (found) call.out["Parameters"].push_back(std::move(*found));
    else call.out["InvalidParameters"].push_back(name);
  }
}

void get_parameters_by_path(api::Call& call) {
  call.resources.clear();
  const std::string path = call.in.at("Path").get<std::string>();
  const bool recursive = call.in.value("Recursive", false);
  aws::policy::Context context;
  context.add("ssm:Recursive", recursive ? "true" : "false");
  std::string_view bare = path;
  if (bare.starts_with('/')) bare.remove_prefix(1);
  if (bare.ends_with('/')) bare.remove_suffix(1);
  require_own(call, "GetParametersByPath", fmt::format("parameter/{}", bare), context);
  check_path(path);
  const Filters filters(call.in, Filters::For::kPath);
  const std::string prefix = path == "/" ? "" : path + (path.ends_with('/') ? "" : "/");
  call.out["Parameters"] = Json::array();
  each_of_page(call, prefix, call.in.value("MaxResults", kByPathMax), [&](const Parameter& parameter) {
    if (!is_below(parameter.name, path, recursive) || !filters.match(parameter)) return false;
    call.out["Parameters"].push_back(shown(call, parameter, parameter.now, decrypts(call)));
    note(call, parameter);
    return true;
  });
}

void get_parameter_history(api::Call& call) {
  call.resources.clear();
  const std::optional<Named> named = parse_named(call, call.in.at("Name").get<std::string>());
  if (!named || !named->selector.empty()) {
    require_own(call, "GetParameterHistory", "parameter/" + call.in.at("Name").get<std::string>());
    throw not_found();
  }
  const std::optional<Parameter> parameter = open(call, "GetParameterHistory", *named);
  if (!parameter) throw not_found();
  std::vector<Version> versions = former_versions(*call.state, *parameter);
  versions.push_back(parameter->now);
  const std::string token = read_token(call.in, "");
  const int64_t behind = text::to_int(token).value_or(0), limit = call.in.value("MaxResults", kHistoryMax);
  Json& found = call.out["Parameters"] = Json::array();
  for (const Version& version : versions) {
    if (version.number <= behind) continue;
    if (static_cast<int64_t>(found.size()) == limit) {
      call.out["NextToken"] = token_of(std::to_string(found.back().at("Version").get<int64_t>()), "");
      break;
    }
    Json one = described(*parameter, version);
    one["Value"] = value_of(call, *parameter, version, decrypts(call));
    one["Labels"] = Json::array();
    found.push_back(std::move(one));
  }
  note(call, *parameter);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"GetParameter", get_parameter},
    {"GetParameterHistory", get_parameter_history},
    {"GetParameters", get_parameters},
    {"GetParametersByPath", get_parameters_by_path},
});

}  // namespace
}  // namespace cairn::ssm

namespace cairn::services {
extern const api::Family ssm_get_parameters;
const api::Family ssm_get_parameters{.service = "ssm", .operations = ssm::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
