// Signed calls against a running server, as fast as its connections allow: GetCallerIdentity, or what the options say. Credentials from
// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN of temporary ones. Prints one line of JSON: the medians over the
// rounds.
#include <cstdio>
#include <cstdlib>

#include "aws/sigv4.h"
#include "base/text.h"
#include "bench/load.h"

namespace {

using namespace cairn;

struct Asked {
  std::string method = "POST", path = "/", service = "sts";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// `{}` in the path: the connection's number.
std::string signed_request(const aws::sigv4::Signer& signer, const std::string& host, const Asked& asked, int connection, Time now) {
  std::string path = asked.path;
  if (const size_t at = path.find("{}"); at != std::string::npos) path.replace(at, 2, std::to_string(connection));
  std::vector<std::pair<std::string, std::string>> headers = {{"Host", host}, {"User-Agent", "signed-calls-bench"}};
  headers.insert(headers.end(), asked.headers.begin(), asked.headers.end());
  aws::sigv4::Request request{.method = asked.method, .path = path, .query = "", .headers = {}};
  for (const auto& [name, value] : headers) request.headers.emplace_back(name, value);
  for (auto& header : aws::sigv4::sign(signer, request, asked.body, now)) headers.push_back(std::move(header));
  std::string out = asked.method + " " + path + " HTTP/1.1\r\n";
  for (const auto& [name, value] : headers) out += name + ": " + value + "\r\n";
  return out + "Content-Length: " + std::to_string(asked.body.size()) + "\r\n\r\n" + asked.body;
}

int usage() {
  std::fprintf(stderr,
               "usage: signed_calls_bench --endpoint http://ADDRESS:PORT [--connections N] [--seconds S] [--rounds N]\n"
               "       [--service NAME --method METHOD --path /PATH-WITH-{}] [--bytes N | --body TEXT] [--header 'Name: value']...\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  bench::LoadOptions options;
  std::string endpoint;
  Asked asked;
  bool is_default = true;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const std::string_view value = argv[i + 1];
    const int64_t number = text::to_int(value).value_or(0);
    if (name == "--endpoint") endpoint = value;
    else if (name == "--connections") options.connections = static_cast<int>(number);
    else if (name == "--seconds") options.round = std::chrono::seconds(number);
    else if (name == "--rounds") options.rounds = static_cast<int>(number);
    else if (name == "--service") asked.service = value, is_default = false;
    else if (name == "--method") asked.method = value;
    else if (name == "--path") asked.path = value;
    else if (name == "--bytes") asked.body.assign(static_cast<size_t>(number), 'x');
    else if (name == "--body") asked.body = value;
    else if (name == "--header" && value.find(": ") != std::string_view::npos)
      asked.headers.emplace_back(value.substr(0, value.find(": ")), value.substr(value.find(": ") + 2));
    else return usage();
  }
  if (is_default) {
    asked.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
    asked.body = "Action=GetCallerIdentity&Version=2011-06-15";
  }
  const char* key = std::getenv("AWS_ACCESS_KEY_ID");
  const char* secret = std::getenv("AWS_SECRET_ACCESS_KEY");
  if (!endpoint.starts_with("http://") || key == nullptr || secret == nullptr) return usage();
  const std::string host = endpoint.substr(7);
  options.address = host.substr(0, host.rfind(':'));
  options.port = static_cast<uint16_t>(text::to_uint(std::string_view(host).substr(host.rfind(':') + 1)).value_or(0));

  const char* token = std::getenv("AWS_SESSION_TOKEN");
  const aws::sigv4::Signer signer{.access_key = aws::AccessKeyId(key),
                                  .secret = Secret(secret),
                                  .session_token = token != nullptr ? token : "",
                                  .region = aws::kGlobalRegion,
                                  .service = asked.service};
  const env::Clock& clock = env::system_clock();
  // A signature is good for minutes: one a connection in a minute, so that the client costs little. The server verifies each call all the
  // same.
  std::vector<Time> signed_at(static_cast<size_t>(options.connections));
  const auto next = [&](int connection, uint64_t, std::string& out) {
    const Time now = clock.now();
    Time& at = signed_at[static_cast<size_t>(connection)];
    if (now - at < std::chrono::minutes(1)) return;
    out = signed_request(signer, host, asked, connection, now);
    at = now;
  };
  const auto report = bench::run_load(options, next, clock);
  if (!report) {
    std::fprintf(stderr, "signed_calls_bench: %s\n", report.error().message.c_str());
    return 1;
  }
  uint64_t errors = 0;
  for (const bench::LoadRound& round : report->rounds) errors += round.errors;
  std::printf("{\"calls_per_second\": %.0f, \"p50_us\": %.0f, \"p99_us\": %.0f, \"errors\": %llu}\n", report->median.calls_per_second,
              report->median.p50_us, report->median.p99_us, static_cast<unsigned long long>(errors));
  return errors == 0 ? 0 : 1;
}
