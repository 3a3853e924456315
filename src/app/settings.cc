#include "app/settings.h"

#include <yaml-cpp/yaml.h>

#include "aws/names.h"
#include "base/reach.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/target.h"

namespace cairn::app {
namespace {

Result<void> text_into(std::string& field, std::string_view value) {
  field = std::string(value);
  return {};
}

Result<void> flag_into(bool& field, std::string_view value) {
  if (value != "true" && value != "false") return failure("expected true or false, not '{}'", value);
  field = value == "true";
  return {};
}

Result<void> duration_into(std::chrono::milliseconds& field, std::string_view value, std::chrono::milliseconds min) {
  const auto duration = timestamps::parse_duration(value);
  if (!duration) return failure("expected a duration like 500ms, 1s, 5m, 1h or 90d, not '{}'", value);
  if (*duration < min) return failure("must be at least {}, not '{}'", timestamps::format_duration(min), value);
  field = *duration;
  return {};
}

Result<void> interval_into(std::chrono::milliseconds& field, std::string_view value, std::chrono::seconds max) {
  std::chrono::milliseconds interval{};
  if (Result<void> read = duration_into(interval, value, std::chrono::seconds(1)); !read) return read;
  if (interval > max) return failure("must be at most {}, not '{}'", timestamps::format_duration(max), value);
  if (interval % std::chrono::seconds(1) != std::chrono::milliseconds(0)) return failure("must be whole seconds, not '{}'", value);
  field = interval;
  return {};
}

/// "65536", "64KB", "16MB", "1GB" (powers of 1024).
Result<void> bytes_into(uint64_t& field, std::string_view value, uint64_t min, uint64_t max) {
  std::string_view digits = value;
  uint64_t unit = 1;
  for (const auto& [suffix, factor] : {std::pair{"KB", uint64_t{1} << 10}, {"MB", uint64_t{1} << 20}, {"GB", uint64_t{1} << 30}}) {
    if (!digits.ends_with(suffix)) continue;
    digits.remove_suffix(2);
    unit = factor;
    break;
  }
  const auto number = text::to_uint(digits);
  if (!number || *number > max / unit)
    return failure("expected a size like 65536, 64KB, 16MB or 1GB (at most {} bytes), not '{}'", max, value);
  if (*number * unit < min) return failure("must be at least {} bytes, not '{}'", min, value);
  field = *number * unit;
  return {};
}

Result<void> count_into(uint64_t& field, std::string_view value, uint64_t min, uint64_t max) {
  const auto number = text::to_uint(value);
  if (!number || *number < min || *number > max) return failure("expected a number from {} to {}, not '{}'", min, max, value);
  field = *number;
  return {};
}

Result<void> listen_into(std::string& field, std::string_view value) {
  const size_t colon = value.rfind(':');
  const auto port = colon == std::string_view::npos ? std::nullopt : text::to_uint(value.substr(colon + 1));
  if (!port || *port > 65535 || colon == 0) return failure("expected ADDRESS:PORT like 127.0.0.1:4566, not '{}'", value);
  field = std::string(value);
  return {};
}

Result<void> account_into(std::string& field, std::string_view value) {
  if (!aws::is_account_id(value)) return failure("expected twelve digits, not '{}'", value);
  field = std::string(value);
  return {};
}

Result<void> endpoint_into(std::string& field, std::string_view value) {
  std::string_view rest = value;
  for (const std::string_view scheme : {"http://", "https://"})
    if (value.starts_with(scheme)) rest.remove_prefix(scheme.size());
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const bool plain = std::all_of(rest.begin(), rest.end(), [](unsigned char c) { return c > ' ' && c < 127; });
  if (rest.size() == value.size() || rest.empty() || rest.starts_with('/') || !plain || rest.find_first_of("?#@\"\\") != rest.npos)
    return failure("expected a URL like https://s3.example.com or http://10.0.0.5:9000, not '{}'", value);
  field = value.substr(0, static_cast<size_t>(rest.data() - value.data()) + rest.size());
  return {};
}

using namespace std::chrono_literals;
using Value = std::string_view;

const std::vector<Setting> kSettings = {
    // name, default, meaning, how it is read
    {"account", "000000000000", "The first account's number; only used when the data directory is made.",
     [](Settings& s, Value v) { return account_into(s.account, v); }},
    {"calls.threads", "8", "Threads for calls that touch disks.",
     [](Settings& s, Value v) { return count_into(s.call_threads, v, 1, 1024); }},
    {"calls.waiting_max", "1024", "Calls that may wait for such a thread; further ones are told to slow down.",
     [](Settings& s, Value v) { return count_into(s.calls_waiting, v, 1, 1 << 20); }},
    {"data", "~/.cairn", "The data directory. $CAIRN_DATA sets it, too.",
     [](Settings& s, Value v) {
       // A shell expands `~` in `--data ~/x`, nobody does in a file or behind an equals sign.
       return text_into(s.data, cli::data_directory({.data = std::string(v)}, cli::system_surroundings()));
     }},
    {"data_events", "all", "Which data events (object reads and writes) are recorded: all, those that some trail has selected, or none.",
     [](Settings& s, Value v) -> Result<void> {
       if (v != "all" && v != "selected" && v != "none") return failure("expected all, selected or none, not '{}'", v);
       return text_into(s.data_events, v);
     }},
    {"delivery.backlog_age_max", "30d",
     "Events that a trail's bucket has not taken for so long are dropped from its delivery, and counted.",
     [](Settings& s, Value v) { return duration_into(s.delivery_backlog_age, v, 1min); }},
    {"delivery.backlog_max", "10GB",
     "Journal kept for trails whose bucket does not take their files; the oldest events beyond are dropped "
     "from delivery, and counted. Less where the disk is nearly full.",
     [](Settings& s, Value v) { return bytes_into(s.delivery_backlog_bytes, v, 16 << 20, uint64_t{1} << 44); }},
    {"delivery.interval", "60s", "An event is in a trail's bucket at the latest so long after it happened; 1s to 15m.",
     [](Settings& s, Value v) { return interval_into(s.delivery_interval, v, 15min); }},
    {"dev", "false", "Any unknown access key with any secret is administrator; loopback only. For tests and trying out.",
     [](Settings& s, Value v) { return flag_into(s.dev, v); }},
    {"digest.interval", "1h",
     "How often a trail that validates its log files gets a signed digest; 1s to 1h, shorter than AWS's hour for "
     "trying it out.",
     [](Settings& s, Value v) { return interval_into(s.digest_interval, v, 1h); }},
    {"history.retention", "90d", "How long the event history remembers.",
     [](Settings& s, Value v) { return duration_into(s.history_retention, v, 1s); }},
    {"history.tail_bytes", "16MB", "Newest events kept in memory before they are sealed into a segment.",
     [](Settings& s, Value v) { return bytes_into(s.history_tail_bytes, v, 64 << 10, 1 << 30); }},
    {"history.memory", "256MB",
     "What the event history may use of memory, however much it holds: the newest events, what is cached of files, merging them.",
     [](Settings& s, Value v) { return bytes_into(s.history_memory, v, 64 << 20, uint64_t{1} << 40); }},
    {"http.body_bytes_max", "8MB", "Largest body of a call that is not an object's bytes.",
     [](Settings& s, Value v) { return bytes_into(s.http_body_bytes, v, 64 << 10, 256 << 20); }},
    {"http.body_timeout", "30s", "A body or an answer that makes no progress for so long ends its connection.",
     [](Settings& s, Value v) { return duration_into(s.http_body_timeout, v, 100ms); }},
    {"http.connections_max", "4096", "Open connections; further ones are closed at once.",
     [](Settings& s, Value v) { return count_into(s.http_connections, v, 1, 1 << 20); }},
    {"http.head_timeout", "15s", "From a request's first byte to the end of its headers.",
     [](Settings& s, Value v) { return duration_into(s.http_head_timeout, v, 100ms); }},
    {"http.idle_timeout", "75s", "An idle kept-alive connection is closed after this.",
     [](Settings& s, Value v) { return duration_into(s.http_idle_timeout, v, 100ms); }},
    {"insecure", "false", "Allows to listen beyond loopback without TLS.", [](Settings& s, Value v) { return flag_into(s.insecure, v); }},
    {"journal.reserve_bytes", "64MB", "Free disk space kept back; below it new calls are refused with 503.",
     [](Settings& s, Value v) { return bytes_into(s.journal_reserve_bytes, v, 0, uint64_t{1} << 40); }},
    {"journal.segment_bytes", "64MB", "Size of one journal file.",
     [](Settings& s, Value v) { return bytes_into(s.journal_segment_bytes, v, 4 << 20, 1 << 30); }},
    {"listen", "127.0.0.1:4566", "Address and port; port 0 takes any free one.",
     [](Settings& s, Value v) { return listen_into(s.listen, v); }},
    {"logs.tail_bytes", "16MB", "Newest events of log groups kept in memory before they are sealed into a segment.",
     [](Settings& s, Value v) { return bytes_into(s.logs_tail_bytes, v, 64 << 10, 1 << 30); }},
    {"mail.ca_bundle", "", "PEM file of the certificate authorities to trust for the mail server; the system's if empty.",
     [](Settings& s, Value v) { return text_into(s.mail_ca_bundle, v); }},
    {"mail.from", "no-reply@localhost", "Address that mail comes from.",
     [](Settings& s, Value v) -> Result<void> {
       if (v.find('@') == v.npos || v.find_first_of(" <>\r\n") != v.npos) return failure("expected an address, not '{}'", v);
       return text_into(s.mail_from, v);
     }},
    {"mail.server", "", "SMTP server for mail to subscribers of topics: smtp://HOST:PORT or smtps://HOST:PORT; empty: no mail is sent.",
     [](Settings& s, Value v) -> Result<void> {
       if (!v.empty() && !v.starts_with("smtp://") && !v.starts_with("smtps://"))
         return failure("expected a URL like smtp://mail.example.com:587, not '{}'", v);
       return text_into(s.mail_server, v);
     }},
    {"mail.user", "", "Name to sign in with at the mail server, then by TLS only; the password is in $CAIRN_MAIL_PASSWORD.",
     [](Settings& s, Value v) { return text_into(s.mail_user, v); }},
    {"metrics.tail_bytes", "8MB", "Newest measurements of metrics kept in memory before they are sealed into a segment.",
     [](Settings& s, Value v) { return bytes_into(s.metrics_tail_bytes, v, 64 << 10, 1 << 30); }},
    {"public_url", "",
     "How others reach this server, in the links of messages that topics send: https://cairn.example.com; empty: as it listens.",
     [](Settings& s, Value v) { return v.empty() ? text_into(s.public_url, v) : endpoint_into(s.public_url, v); }},
    {"receive.threads", "32", "Bodies over 64 KB that may stream in at once.",
     [](Settings& s, Value v) { return count_into(s.receive_threads, v, 1, 1024); }},
    {"scrub.bytes_per_second", "1MB",
     "How fast the contents of objects are read again and again, to see whether they still are as written; 0: never.",
     [](Settings& s, Value v) { return bytes_into(s.scrub_bytes_per_second, v, 0, uint64_t{1} << 40); }},
    {"sensitive_data", "flag",
     "What happens when a request's names, tags or paths hold what looks like a secret (docs/sensitive-data.md): flag counts and logs "
     "it, mask hides the value in the record, refuse lets the call fail.",
     [](Settings& s, Value v) -> Result<void> {
       if (v != "flag" && v != "mask" && v != "refuse") return failure("expected flag, mask or refuse, not '{}'", v);
       return text_into(s.sensitive_data, v);
     }},
    {"state.cache_bytes", "8MB", "Documents read from the checkpoint and kept in memory.",
     [](Settings& s, Value v) { return bytes_into(s.state_cache_bytes, v, 0, uint64_t{1} << 40); }},
    {"state.checkpoint_interval", "1s", "How often changes are moved from memory into state.db.",
     [](Settings& s, Value v) { return duration_into(s.checkpoint_interval, v, 10ms); }},
    {"state.overlay_bytes", "64MB", "Changes that may wait for the checkpoint in memory; beyond it calls are refused with 503.",
     [](Settings& s, Value v) { return bytes_into(s.state_overlay_bytes, v, 4 << 20, uint64_t{1} << 40); }},
    {"tls.certificate", "", "PEM file with the server's certificate chain.",
     [](Settings& s, Value v) { return text_into(s.tls_certificate, v); }},
    {"tls.key", "", "PEM file with its private key.", [](Settings& s, Value v) { return text_into(s.tls_key, v); }},
    {"webhooks.allow_private", "false",
     "Allows HTTP(S) endpoints of topics and rules at any private address. Otherwise only at public ones, and on loopback while the server "
     "listens there.",
     [](Settings& s, Value v) { return flag_into(s.webhooks_private, v); }},
    {"webhooks.ca_bundle", "", "PEM file of the certificate authorities to trust for these endpoints; the system's if empty.",
     [](Settings& s, Value v) { return text_into(s.webhooks_ca_bundle, v); }},
};

Result<void> accounts_into(std::vector<std::string>& field, std::string_view value) {
  field.clear();
  if (text::trim(value).empty()) return {};
  for (const std::string_view part : text::split(value, ',')) {
    std::string account(text::trim(part));
    if (!aws::is_account_id(account)) return failure("expected accounts of twelve digits with commas between them, not '{}'", value);
    field.push_back(std::move(account));
  }
  return {};
}

const std::vector<BucketSetting> kBucketSettings = {
    // name, default, meaning, how it is read
    {"accounts", "", "Whose trails may use it: account numbers with commas between them; all accounts' if empty.",
     [](BucketSettings& s, Value v) { return accounts_into(s.accounts, v); }},
    {"ca_bundle", "", "PEM file of the certificate authorities to trust there; the system's if empty.",
     [](BucketSettings& s, Value v) { return text_into(s.ca_bundle, v); }},
    {"endpoint", "", "Where it is: `http://` or `https://`, host, perhaps port and path. Needed.",
     [](BucketSettings& s, Value v) { return endpoint_into(s.endpoint, v); }},
    {"path_style", "true", "Addressed as ENDPOINT/BUCKET; false: as BUCKET.ENDPOINT.",
     [](BucketSettings& s, Value v) { return flag_into(s.path_style, v); }},
    {"profile", "", "Profile of the AWS credentials file whose keys are used there; read at the start. Needed.",
     [](BucketSettings& s, Value v) { return text_into(s.profile, v); }},
    {"region", "", "Region to sign for; the profile's if empty, else us-east-1.",
     [](BucketSettings& s, Value v) { return text_into(s.region, v); }},
};

constexpr std::string_view kBuckets = "buckets.";

/// `name`: buckets.NAME.SETTING, where NAME may have dots itself.
Result<void> set_of_bucket(Settings& settings, std::string_view name, std::string_view value) {
  const std::string_view rest = name.substr(kBuckets.size());
  const size_t dot = rest.rfind('.');
  const std::string_view bucket = rest.substr(0, dot == rest.npos ? 0 : dot), setting = rest.substr(bucket.size() + (dot != rest.npos));
  std::vector<std::string_view> names;
  for (const BucketSetting& known : kBucketSettings) {
    names.push_back(known.name);
    if (known.name != setting || bucket.empty()) continue;
    if (!aws::is_bucket_name(bucket)) return failure("{}: '{}' is no bucket's name", name, bucket);
    const auto [it, made] = settings.buckets.try_emplace(std::string(bucket));
    for (const BucketSetting& each : kBucketSettings)
      if (made && !each.otherwise.empty()) (void)each.set(it->second, each.otherwise);
    if (Result<void> done = known.set(it->second, value); !done) return failure("{}: {}", name, done.error().message);
    return {};
  }
  const auto near = text::nearest(setting, names);
  return failure("unknown setting '{}'{}; `cairn settings` lists all", name,
                 bucket.empty() ? ", expected buckets.NAME.endpoint and the like"
                 : near         ? fmt::format(", did you mean '{}{}.{}'?", kBuckets, bucket, *near)
                                : "");
}

Result<void> read_node(Settings& settings, const YAML::Node& node, const std::string& prefix, const std::string& path) {
  for (const auto& item : node) {
    const std::string name = prefix + item.first.as<std::string>();
    const int line = item.first.Mark().line + 1;
    if (item.second.IsMap()) {
      if (Result<void> inner = read_node(settings, item.second, name + ".", path); !inner) return inner;
      continue;
    }
    if (!item.second.IsScalar() && !item.second.IsNull()) return failure("{}:{}: {}: expected one value", path, line, name);
    const std::string value = item.second.IsNull() ? "" : item.second.Scalar();
    if (Result<void> done = set(settings, name, value); !done) return failure("{}:{}: {}", path, line, done.error().message);
  }
  return {};
}

}  // namespace

std::string Settings::address() const {
  std::string host = listen.substr(0, listen.rfind(':'));
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return host == "localhost" ? "127.0.0.1" : host;
}

bool Settings::is_on_loopback() const { return reach_of(address()) == Reach::kLoopback; }

uint16_t Settings::port() const {
  return static_cast<uint16_t>(text::to_uint(std::string_view(listen).substr(listen.rfind(':') + 1)).value_or(0));
}

const std::vector<Setting>& all_settings() { return kSettings; }

Settings default_settings() {
  Settings settings;
  for (const Setting& setting : kSettings) (void)setting.set(settings, setting.otherwise);
  settings.data = cli::data_directory({}, cli::system_surroundings());
  return settings;
}

Result<void> set(Settings& settings, std::string_view name, std::string_view value) {
  if (name.starts_with(kBuckets)) return set_of_bucket(settings, name, value);
  std::vector<std::string_view> names;
  for (const Setting& setting : kSettings) {
    names.push_back(setting.name);
    if (setting.name != name) continue;
    if (Result<void> done = setting.set(settings, value); !done) return failure("{}: {}", name, done.error().message);
    return {};
  }
  const auto near = text::nearest(name, names);
  return failure("unknown setting '{}'{}; `cairn settings` lists all", name, near ? fmt::format(", did you mean '{}'?", *near) : "");
}

Result<void> read_config(Settings& settings, const std::string& path) {
  try {
    const YAML::Node root = YAML::LoadFile(path);
    if (root.IsNull()) return {};
    if (!root.IsMap()) return failure("{}: expected `name: value` lines", path);
    return read_node(settings, root, "", path);
  } catch (const YAML::BadFile&) {
    return failure("{}: cannot be read", path);
  } catch (const YAML::Exception& error) {
    return failure("{}:{}: {}", path, error.mark.line + 1, error.msg);
  } catch (const std::exception&) {  // a directory: the stream throws on its own
    return failure("{}: cannot be read", path);
  }
}

Result<void> check(const Settings& settings) {
  const bool tls = !settings.tls_certificate.empty();
  if (tls != !settings.tls_key.empty()) return failure("tls.certificate and tls.key go together: give both or none");
  if (settings.dev && !settings.is_on_loopback())
    return failure("dev accepts anyone as administrator: it may listen on loopback only, not on {}", settings.listen);
  if (!settings.is_on_loopback() && !tls && !settings.insecure)
    return failure(
        "listening on {} without TLS would show credentials and records to the network: give --tls-cert and --tls-key, or --insecure",
        settings.listen);
  for (const auto& [name, bucket] : settings.buckets) {
    if (bucket.endpoint.empty()) return failure("buckets.{}: needs an endpoint", name);
    if (bucket.profile.empty()) return failure("buckets.{}: needs a profile of your AWS credentials file", name);
  }
  return {};
}

std::string describe_settings() {
  std::string out =
      "# Settings\n\nA setting can stand in a YAML file (`cairn serve --config FILE`), sections nested or joined by dots, or on the "
      "command\n"
      "line (`--set KEY=VALUE`), which wins. Durations: `500ms`, `1s`, `5m`, `1h`, `90d`; sizes: `64KB`, `16MB`, `1GB`. An unknown key or "
      "a\n"
      "bad value stops the start with one line that says where.\n\n| setting | default | meaning |\n|---|---|---|\n";
  for (const Setting& setting : kSettings)
    out += fmt::format("| `{}` | {} | {} |\n", setting.name, setting.otherwise.empty() ? "" : fmt::format("`{}`", setting.otherwise),
                       setting.meaning);
  out +=
      "\n## Buckets elsewhere\n\nA trail's bucket is one of this server's, unless it stands under `buckets` with the name that the trail "
      "gives it\n(docs/delivery.md):\n\n```yaml\nbuckets:\n  audit-logs:\n    endpoint: https://s3.example.com\n    region: eu-central-1\n"
      "    profile: audit\n```\n\n| setting | default | meaning |\n|---|---|---|\n";
  for (const BucketSetting& setting : kBucketSettings)
    out += fmt::format("| `buckets.NAME.{}` | {} | {} |\n", setting.name,
                       setting.otherwise.empty() ? "" : fmt::format("`{}`", setting.otherwise), setting.meaning);
  return out;
}

}  // namespace cairn::app
