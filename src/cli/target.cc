#include "cli/target.h"

#include "base/text.h"
#include "cli/aws_files.h"

namespace cairn::cli {

namespace {

constexpr const char* kUsualEndpoint = "http://127.0.0.1:4566";
constexpr const char* kUsualRegion = "us-east-1";

std::optional<Keys> keys_of_data(const std::string& data, const std::string& profile, const Surroundings& around) {
  return keys_in(read_ini(data + "/credentials", around), profile);
}

Result<Keys> find_keys(const TargetOptions& options, const Surroundings& around, const AwsFiles& files, bool endpoint_from_data) {
  const std::string data = data_directory(options, around);
  if (!options.data.empty()) {
    const std::string profile = options.profile.empty() ? "default" : options.profile;
    if (auto keys = keys_of_data(data, profile, around)) return *keys;
    const auto file = env::read_file(around.files, data + "/credentials");
    if (!file && file.error().kind == env::IoFailure::kNotFound)
      return failure("There is no {}/credentials. Has `cairn serve --data {}` been started?", data, data);
    if (!file) return failure("{}", file.error().message);
    return failure("There is no profile {} in {}/credentials; the server writes [default].", profile, data);
  }
  if (!options.profile.empty()) return files.keys(options.profile);
  const auto access_key = around.variable("AWS_ACCESS_KEY_ID");
  const auto secret = around.variable("AWS_SECRET_ACCESS_KEY");
  if (access_key && secret) return Keys{*access_key, Secret(*secret), around.variable("AWS_SESSION_TOKEN").value_or("")};
  if (access_key || secret) {
    return failure("Partial credentials found in the environment: {} is missing.",
                   access_key ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
  }
  for (const char* name : {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}) {
    if (const auto profile = around.variable(name)) return files.keys(*profile);
  }
  const auto own = keys_of_data(data, "default", around);
  if (own && endpoint_from_data) return *own;
  if (auto keys = files.keys("default")) return *keys;
  if (own) return *own;
  return failure(
      "There are no credentials: neither in the environment, nor in your AWS files, nor in {}/credentials.\n"
      "Start the server with `cairn serve`, then run: eval \"$(cairn env)\"",
      data);
}

}  // namespace

std::string data_directory(const TargetOptions& options, const Surroundings& around) {
  if (!options.data.empty()) return expand_home(options.data, around);
  return expand_home(around.variable("CAIRN_DATA").value_or("~/.cairn"), around);
}

std::optional<std::string> endpoint_of_data(const std::string& data, const Surroundings& around) {
  const auto text = env::read_file(around.files, data + "/endpoint", 4096);
  if (!text) return std::nullopt;
  std::string url(text::trim(*text));
  const size_t begin = url.find("://");
  if (begin == std::string::npos) return std::nullopt;
  for (const char* name : {"localhost:", "0.0.0.0:", "[::]:"}) {
    if (url.compare(begin + 3, std::string_view(name).size(), name) == 0) {
      url.replace(begin + 3, std::string_view(name).size(), "127.0.0.1:");
    }
  }
  return url;
}

Result<Target> find_target(const TargetOptions& options, const Surroundings& around) {
  const AwsFiles files(around);
  std::string profile = options.profile;
  if (profile.empty()) profile = around.variable("AWS_PROFILE").value_or(around.variable("AWS_DEFAULT_PROFILE").value_or("default"));

  Target target;
  const auto of_data = endpoint_of_data(data_directory(options, around), around);
  const bool ignore = text::equals_ignoring_case(around.variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").value_or(""), "true");
  bool from_data = false;
  auto configured = [&]() -> std::optional<std::string> {
    if (ignore) return std::nullopt;
    if (auto url = around.variable("AWS_ENDPOINT_URL_CAIRN")) return url;
    if (auto url = around.variable("AWS_ENDPOINT_URL")) return url;
    return files.config(profile, "endpoint_url");
  };
  const std::string of_s3 = ignore ? "" : around.variable("AWS_ENDPOINT_URL_S3").value_or("");
  std::string heeded;
  if (!options.endpoint_url.empty()) {
    heeded = "--endpoint-url";
    target.endpoint = options.endpoint_url;
  } else if (!options.data.empty() && of_data) {
    heeded = "--data";
    target.endpoint = *of_data;
  } else {
    target.s3_endpoint = of_s3;
    if (auto url = configured()) {
      target.endpoint = *url;
    } else {
      target.endpoint = of_data.value_or(kUsualEndpoint);
      from_data = true;
    }
  }
  if (target.s3_endpoint.empty()) target.s3_endpoint = target.endpoint;
  for (std::string* endpoint : {&target.endpoint, &target.s3_endpoint}) {
    if (!endpoint->starts_with("http://") && !endpoint->starts_with("https://"))
      return failure("{} is no endpoint: a URL such as {} is needed.", *endpoint, kUsualEndpoint);
    while (endpoint->ends_with('/')) endpoint->pop_back();
  }
  if (!of_s3.empty() && !heeded.empty() && of_s3.substr(0, of_s3.find_last_not_of('/') + 1) != target.s3_endpoint)
    target.s3_overruled =
        fmt::format("{} ({}) is asked for buckets, too: AWS_ENDPOINT_URL_S3 ({}) is not heeded", heeded, target.endpoint, of_s3);
  target.ca_bundle = around.variable("AWS_CA_BUNDLE").value_or("");

  std::string region = options.region;
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (region.empty()) region = around.variable(name).value_or("");
  }
  if (region.empty()) region = files.get(profile, "region").value_or(kUsualRegion);

  auto keys = find_keys(options, around, files, from_data);
  if (!keys) return tl::unexpected(keys.error());
  target.signer.access_key = aws::AccessKeyId(keys->access_key);
  target.signer.secret = keys->secret;
  target.signer.session_token = keys->token;
  target.signer.region = aws::Region(region);
  return target;
}

}  // namespace cairn::cli
