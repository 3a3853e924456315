#include "cli/launch_url.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "base/text.h"
#include "cli/client.h"
#include "env/files.h"

namespace cairn::cli {
namespace {

constexpr size_t kTemplateBytesMax = 51'200;  // of a file, as of CreateStack's TemplateBody

int fail(int exit_code, std::string_view message) {
  fmt::print(stderr, "cairn launch-url: {}\n", message);
  return exit_code;
}

bool is_url(std::string_view what) { return what.starts_with("https://") || what.starts_with("http://"); }

/// What stands behind a Launch Stack button: AWS's own quick-create link, whose template then comes from a bucket of that name here.
LaunchUrlOptions opened(LaunchUrlOptions options) {
  const size_t fragment = options.what.find("#/stacks/");
  const size_t query = fragment == std::string::npos ? fragment : options.what.find('?', fragment);
  if (query == std::string::npos) return options;
  const std::string asked = options.what.substr(query + 1);
  std::vector<std::string> parameters;
  for (const std::string_view pair : text::split(asked, '&')) {
    const size_t equals = std::min(pair.find('='), pair.size());
    const std::string name = text::percent_decode(pair.substr(0, equals)).value_or("");
    const std::string value = text::percent_decode(pair.substr(std::min(equals + 1, pair.size())), text::Plus::kSpace).value_or("");
    if (name == "templateURL") options.what = value;
    else if (name == "stackName" && options.stack_name.empty()) options.stack_name = value;
    else if (name.starts_with("param_")) parameters.push_back(fmt::format("{}={}", name.substr(6), value));
  }
  options.parameters.insert(options.parameters.begin(), parameters.begin(), parameters.end());  // those given beside it come later, and win
  return options;
}

/// The template itself, for the call.
Result<Json, Trouble> source_of(const std::string& what) {
  if (is_url(what)) return Json{{"TemplateURL", what}};
  const env::Io<std::string> file = env::read_file(env::system_files(), what, kTemplateBytesMax);
  if (!file && file.error().kind == env::IoFailure::kNotFound) return trouble(kWrongUsage, fmt::format("there is no file {}", what));
  if (!file)
    return trouble(kCouldNot, fmt::format("{}: {}. A file may have {} bytes; put a larger one into a bucket and name its URL", what,
                                          file.error().message, kTemplateBytesMax));
  return Json{{"TemplateBody", *file}};
}

std::string page_of(const LaunchUrlOptions& options, const std::string& endpoint, const std::string& token) {
  std::string url = endpoint + "/_cairn/launch#/stacks/create/review?";
  if (is_url(options.what)) url += "templateURL=" + text::percent_encode(options.what) + "&";
  if (!options.stack_name.empty()) url += "stackName=" + text::percent_encode(options.stack_name) + "&";
  std::map<std::string, std::string> parameters;
  for (const std::string& parameter : options.parameters) {
    const size_t equals = parameter.find('=');
    parameters[parameter.substr(0, equals)] = parameter.substr(equals + 1);
  }
  for (const auto& [name, value] : parameters) url += fmt::format("param_{}={}&", text::percent_encode(name), text::percent_encode(value));
  return url + "token=" + token;
}

}  // namespace

int launch_url(const LaunchUrlOptions& given) {
  const LaunchUrlOptions options = opened(given);
  for (const std::string& parameter : options.parameters)
    if (parameter.find('=') == std::string::npos || parameter.starts_with('=')) return fail(kWrongUsage, "--parameter wants NAME=VALUE");
  const Result<Json, Trouble> source = source_of(options.what);
  if (!source) return fail(source.error().exit_code, source.error().message);
  Result<Target> target = find_target(options.target, system_surroundings());
  if (!target) return fail(kCouldNot, target.error().message);
  Client client(std::move(*target), env::system_clock());
  const Result<Json, CallFailure> answer = client.call("cairn", "Cairn.CreateLaunchLink", *source);
  if (!answer) return fail(exit_code_of(answer.error()), answer.error().message);
  fmt::print("{}\n", page_of(options, client.target().endpoint, answer->value("Token", "")));
  fmt::print(stderr, "Whoever opens it acts in your name. It creates one stack, within 15 minutes.\n");
  return kDone;
}

}  // namespace cairn::cli
