#include "app/serve.h"

#include <fmt/color.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "app/core.h"
#include "app/remote_buckets.h"
#include "base/log.h"
#include "base/reach.h"
#include "cli/exports.h"
#include "outbox/outbox.h"

namespace cairn::app {
namespace {

using namespace std::chrono_literals;

constexpr const char* kMailPasswordVariable = "CAIRN_MAIL_PASSWORD";
constexpr const char* kPassphraseVariable = "CAIRN_MASTER_PASSPHRASE";
constexpr const char* kNewPassphraseVariable = "CAIRN_NEW_MASTER_PASSPHRASE";

/// Directories that were there before may be open to others; ours are not, and who made it so should hear it.
void warn_if_open_to_others(const std::string& directory) {
  struct stat status {};
  if (stat(directory.c_str(), &status) == 0 && (status.st_mode & 077) != 0) {
    log::warning("the data directory is open to other users of this machine; chmod 700 it",
                 {{"directory", directory}, {"mode", fmt::format("{:o}", status.st_mode & 0777)}});
  }
  chmod((directory + "/credentials").c_str(), 0600);
}

int complain(const std::string& message) {
  fmt::print(stderr, "cairn: {}\n", message);
  return 1;
}

void banner(const Settings& settings, const std::string& endpoint, const Core& core) {
  const bool color = isatty(STDOUT_FILENO) != 0;
  const auto strong = [&](std::string_view s) { return color ? fmt::format("\033[1m{}\033[0m", s) : std::string(s); };
  fmt::print("\n{}\n\n", strong("Cairn is listening at " + endpoint));
  fmt::print("  data         {}{}\n", settings.data, core.first_start() ? "  (new)" : "");
  fmt::print("  credentials  {}/credentials  (profile [default], administrator of account {})\n", settings.data,
             core.default_account().str());
  if (settings.dev) fmt::print("  {}         any access key with any secret is an administrator\n", strong("--dev"));
  fmt::print("\nTry, in another terminal:\n\n");
  std::string binary = "cairn";
  std::array<char, 4096> path{};
  if (const ssize_t n = readlink("/proc/self/exe", path.data(), path.size() - 1); n > 0) binary.assign(path.data(), static_cast<size_t>(n));
  // The other terminal may be in another directory.
  const std::string data = std::filesystem::absolute(settings.data).lexically_normal().string();
  fmt::print("  eval \"$({} env --data {})\"\n", cli::shell_quote(binary), cli::shell_quote(data));
  fmt::print("  aws s3 mb s3://first-bucket\n");
  fmt::print("  aws cloudtrail lookup-events --max-results 5\n\n");
  std::fflush(stdout);
}

/// The variable's value, which then is no longer there; "": it was not. That it is set and empty is a mistake.
Result<Secret> take_variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return Secret();
  if (*value == '\0') return failure("{} is empty; give it a passphrase, or unset it", name);
  Secret taken{std::string(value)};
  unsetenv(name);
  return taken;
}

}  // namespace

Result<Secret> take_master_passphrase() { return take_variable(kPassphraseVariable); }

int serve(const Settings& settings) {
  umask(0077);
  // Secrets live in this process: no core file, and no other process of the user reads its memory.
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  prctl(PR_SET_DUMPABLE, 0);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  // Taken by sigwait below; every thread started from here on inherits the mask.
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  signal(SIGPIPE, SIG_IGN);

  if (const Result<void> sound = check(settings); !sound) return complain(sound.error().message);
  Result<std::map<std::string, delivery::RemoteBucket>> elsewhere = remote_buckets(settings, cli::system_surroundings());
  if (!elsewhere) return complain(elsewhere.error().message);
  const std::unique_ptr<env::HttpClient> http = env::system_http_client();
  Result<Secret> passphrase = take_master_passphrase(), new_passphrase = take_variable(kNewPassphraseVariable);
  for (const Result<Secret>& taken : {passphrase, new_passphrase})
    if (!taken) return complain(taken.error().message);
  const bool to_loopback = settings.is_on_loopback(), to_private = settings.webhooks_private;
  const std::unique_ptr<env::HttpClient> webhooks = env::system_http_client(
      {.calls_max = outbox::Outbox::kSendingMax, .refuse = [to_loopback, to_private](std::string_view address) {
         const std::optional<Reach> reach = reach_of(address);
         const bool may = reach && (to_private || reach == Reach::kPublic || (to_loopback && reach == Reach::kLoopback));
         return may ? "" : fmt::format("{} is no public address: webhooks.allow_private does not allow it", address);
       }});
  Result<Secret> mail_password = take_variable(kMailPasswordVariable);
  if (!mail_password) return complain(mail_password.error().message);
  std::unique_ptr<env::Mailer> mailer;
  if (!settings.mail_server.empty())
    mailer = env::smtp_mailer({.server = settings.mail_server,
                               .user = settings.mail_user,
                               .password = std::move(*mail_password),
                               .ca_bundle = settings.mail_ca_bundle});
  const Outside outside{.files = env::system_files(),
                        .tasks = env::system_tasks(),
                        .clock = env::system_clock(),
                        .random = env::system_random(),
                        .open_state = state::open_sqlite,
                        .on_fatal = nullptr,
                        .new_master_passphrase = std::move(*new_passphrase),
                        .master_passphrase = std::move(*passphrase),
                        .remote_buckets = std::move(*elsewhere),
                        .http = http.get(),
                        .webhooks = webhooks.get(),
                        .mailer = mailer.get()};
  Result<std::unique_ptr<Core>> core = Core::open(settings, outside);
  if (!core) return complain(core.error().message);

  warn_if_open_to_others(settings.data);

  http::Options options;
  options.address = settings.address();
  options.port = settings.port();
  options.tls_certificate_file = settings.tls_certificate;
  options.tls_key_file = settings.tls_key;
  options.connections_max = settings.http_connections;
  options.head_timeout = settings.http_head_timeout;
  options.idle_timeout = settings.http_idle_timeout;
  options.body_timeout = settings.http_body_timeout;
  Result<std::unique_ptr<http::Server>> server = http::Server::listen(options, (*core)->handler(), outside.clock);
  if (!server) return complain(server.error().message);
  (*core)->show_http_counters([&server] { return (*server)->counters(); });

  const std::string host = options.address.find(':') != std::string::npos ? "[" + options.address + "]" : options.address;
  const std::string endpoint = fmt::format("{}://{}:{}", settings.tls_certificate.empty() ? "http" : "https", host, (*server)->port());
  if (const env::Done written = env::write_file_atomically(outside.files, settings.data + "/endpoint", endpoint + "\n"); !written)
    return complain(written.error().message);
  (*core)->set_endpoint(endpoint);
  (*server)->start();
  banner(settings, endpoint, **core);

  int signal_number = 0;
  sigwait(&ending, &signal_number);
  fmt::print("Stopping: answering what was asked, then closing.\n");
  std::fflush(stdout);
  (*core)->stop_waiting();
  (*server)->stop(10s);
  (*core)->show_http_counters(nullptr);
  server->reset();
  core->reset();
  return 0;
}

}  // namespace cairn::app
