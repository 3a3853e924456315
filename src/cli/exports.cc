#include "cli/exports.h"

#include <algorithm>
#include <filesystem>

namespace cairn::cli {

namespace {

// AWS CLI 2 before 2.13 and 1 before 1.29 (Debian 12 has 2.9.19) know no AWS_ENDPOINT_URL, and some of their commands make clients
// that --endpoint-url does not reach. CLI 2 puts cli_legacy_plugin_path on Python's path; CLI 1 takes every line of [plugins] for a
// module: PYTHONPATH lets it find this one, and this one answers for the path, too. In CLIs that know the variable it does nothing.
constexpr std::string_view kPlugin =
    R"(# Written by `cairn env`. Lets an AWS CLI that knows no AWS_ENDPOINT_URL honour it, in every client that it makes.
import os
import sys

sys.modules[os.path.dirname(os.path.abspath(__file__))] = sys.modules[__name__]


def _knows_endpoint_url():
    try:
        from awscli.botocore import configprovider
    except ImportError:
        from botocore import configprovider
    return hasattr(configprovider, "ConfiguredEndpointProvider")


def _endpoint_of(service):
    if os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return None
    name = "AWS_ENDPOINT_URL_" + service.upper().replace("-", "_")
    return os.environ.get(name) or os.environ.get("AWS_ENDPOINT_URL")


def _on_session(session, **_):
    if getattr(session, "_cairn_endpoint", False):
        return
    session._cairn_endpoint = True
    make = session.create_client

    def create_client(service_name, *args, **kwargs):
        if len(args) < 5 and not kwargs.get("endpoint_url"):
            kwargs["endpoint_url"] = _endpoint_of(service_name)
        return make(service_name, *args, **kwargs)

    session.create_client = create_client


def awscli_initialize(cli):
    if not _knows_endpoint_url():
        cli.register("session-initialized", _on_session)
)";

constexpr std::string_view kPluginModule = "cairn_endpoint";

Result<void> write_if_changed(env::Files& files, const std::string& path, std::string_view content) {
  const auto known = env::read_file(files, path, 1 << 20);
  if (known && *known == content) return {};
  const auto written = env::write_file_atomically(files, path, content);
  if (!written) return failure("{}", written.error().message);
  return {};
}

}  // namespace

std::string shell_quote(std::string_view s) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+=,";
  if (!s.empty() && s.find_first_not_of(kPlain) == std::string_view::npos) return std::string(s);
  std::string out = "'";
  for (char c : s) {
    if (c == '\'') out += "'\\''";
    else out += c;
  }
  return out + "'";
}

Result<std::string> make_exports(const TargetOptions& options, const Surroundings& around) {
  const std::string data = std::filesystem::absolute(data_directory(options, around)).lexically_normal().string();
  // The server of this data directory, whatever the environment says of others.
  TargetOptions own = options;
  own.data = data;
  const auto target = find_target(own, around);
  if (!target) return tl::unexpected(target.error());
  if (options.endpoint_url.empty() && !endpoint_of_data(data, around)) {
    return failure("There is no {}/endpoint. Start the server first: cairn serve --data {}", data, data);
  }

  const std::string directory = data + "/aws-cli";
  const std::string& region = target->signer.region.str();
  if (auto made = around.files.make_directory(directory); !made) return failure("{}", made.error().message);
  const std::string config =
      fmt::format("# Written by `cairn env`.\n[default]\nregion = {}\n\n[plugins]\n{} = {}\ncli_legacy_plugin_path = {}\n", region,
                  kPluginModule, kPluginModule, directory);
  if (auto done = write_if_changed(around.files, fmt::format("{}/{}.py", directory, kPluginModule), kPlugin); !done) {
    return tl::unexpected(done.error());
  }
  if (auto done = write_if_changed(around.files, directory + "/config", config); !done) return tl::unexpected(done.error());

  std::string out;
  auto set = [&out](std::string_view name, std::string_view value) { out += fmt::format("export {}={}\n", name, shell_quote(value)); };
  set("AWS_ENDPOINT_URL", target->endpoint);
  set("AWS_ACCESS_KEY_ID", target->signer.access_key.str());
  set("AWS_SECRET_ACCESS_KEY", target->signer.secret.reveal());
  set("AWS_DEFAULT_REGION", region);
  set("AWS_REGION", region);
  set("AWS_CONFIG_FILE", directory + "/config");
  // Once is enough, however often this is evaluated.
  out += fmt::format("case \":${{PYTHONPATH-}}:\" in *:{0}:*) ;; *) export PYTHONPATH={0}${{PYTHONPATH:+:$PYTHONPATH}} ;; esac\n",
                     shell_quote(directory));
  out += "unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN\n";
  return out;
}

}  // namespace cairn::cli
