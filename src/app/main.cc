#include <CLI/CLI.hpp>

#include <algorithm>

#include "app/fsck.h"
#include "app/serve.h"
#include "app/settings.h"
#include "cli/commands.h"

namespace {

constexpr int kWrongUsage = 2;

/// Options of `serve` in the order they count: file, then flags, then --set.
struct ServeOptions {
  std::string config, data, listen, certificate, key;
  bool dev = false, insecure = false;
  std::vector<std::string> assignments;
};

cairn::Result<cairn::app::Settings> settings_from(const ServeOptions& options) {
  cairn::app::Settings settings = cairn::app::default_settings();
  if (!options.config.empty())
    if (auto done = cairn::app::read_config(settings, options.config); !done) return tl::unexpected(done.error());
  std::vector<std::pair<std::string, std::string>> values;
  if (!options.data.empty()) values.emplace_back("data", options.data);
  if (!options.listen.empty()) values.emplace_back("listen", options.listen);
  if (!options.certificate.empty()) values.emplace_back("tls.certificate", options.certificate);
  if (!options.key.empty()) values.emplace_back("tls.key", options.key);
  if (options.dev) values.emplace_back("dev", "true");
  if (options.insecure) values.emplace_back("insecure", "true");
  for (const std::string& assignment : options.assignments) {
    const size_t equals = assignment.find('=');
    if (equals == std::string::npos) return cairn::failure("--set {}: expected KEY=VALUE", assignment);
    values.emplace_back(assignment.substr(0, equals), assignment.substr(equals + 1));
  }
  for (const auto& [name, value] : values)
    if (auto done = cairn::app::set(settings, name, value); !done) return tl::unexpected(done.error());
  return settings;
}

bool is_command(CLI::App& app, const std::string& name) {
  const auto commands = app.get_subcommands([](CLI::App*) { return true; });
  return std::ranges::any_of(commands, [&](const CLI::App* command) { return command->get_name() == name; });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Cairn: an audit trail that anyone can run. It speaks AWS CloudTrail."};
  app.require_subcommand(1);
  app.set_version_flag("--version", CAIRN_VERSION);
  int exit_code = 0;

  ServeOptions options;
  CLI::App* serve = app.add_subcommand("serve", "Start the server");
  serve->add_option("--data", options.data, "Data directory, made if absent (default: ~/.cairn)")->type_name("DIR");
  serve->add_option("--listen", options.listen, "Address and port (default: 127.0.0.1:4566; port 0: any free one)")->type_name("ADDR:PORT");
  serve->add_option("--config", options.config, "YAML file of settings; see `cairn settings`")->type_name("FILE");
  serve->add_option("--tls-cert", options.certificate, "PEM file with the certificate chain")->type_name("FILE");
  serve->add_option("--tls-key", options.key, "PEM file with the private key")->type_name("FILE");
  serve->add_flag("--dev", options.dev, "Accept any unknown access key as administrator (loopback only)");
  serve->add_flag("--insecure", options.insecure, "Allow to listen beyond loopback without TLS");
  serve->add_option("--set", options.assignments, "Any setting, e.g. --set history.retention=30d; can be repeated")->type_name("KEY=VALUE");
  serve->footer(
      "Environment: CAIRN_MASTER_PASSPHRASE, if set at the first start, seals secrets in place of the file keys/master, and must be given\n"
      "at every start from then on. CAIRN_NEW_MASTER_PASSPHRASE, at one start, takes the place of that passphrase or of the file.");
  serve->callback([&] {
    const auto settings = settings_from(options);
    if (settings) exit_code = cairn::app::serve(*settings);
    else {
      fmt::print(stderr, "cairn: {}\n", settings.error().message);
      exit_code = kWrongUsage;
    }
  });

  cairn::app::FsckOptions fsck;
  CLI::App* check = app.add_subcommand("fsck", "Look whether a data directory is whole, while no server uses it");
  check->add_option("--data,--data-dir", fsck.data, "Data directory (default: ~/.cairn)")->type_name("DIR");
  check->add_flag("--repair", fsck.repair, "Remove what nothing names");
  check->footer("Ends with 0 if all is well or was repaired, 1 if something is not, 3 if it could not be looked at.");
  check->callback([&] {
    if (fsck.data.empty()) fsck.data = cairn::app::default_settings().data;
    const cairn::Result<cairn::Secret> passphrase = cairn::app::take_master_passphrase();
    if (passphrase) {
      fsck.master_passphrase = *passphrase;
      exit_code = cairn::app::fsck(fsck);
    } else {
      fmt::print(stderr, "cairn: {}\n", passphrase.error().message);
      exit_code = kWrongUsage;
    }
  });

  app.add_subcommand("settings", "List every setting with its default and meaning")->callback([] {
    fmt::print("{}", cairn::app::describe_settings());
  });
  cairn::cli::add_commands(app, exit_code);

  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {  // before the parser gets to say what it did not understand
    if (argc < 2 || argv[1][0] == '-' || is_command(app, argv[1])) return app.exit(error), kWrongUsage;
    fmt::print(stderr, "There is no command '{}'.\nRun with --help for more information.\n", argv[1]);
    return kWrongUsage;
  } catch (const CLI::ParseError& error) {  // --help and --version, too
    return app.exit(error) == 0 ? 0 : kWrongUsage;
  }
  return exit_code;
}
