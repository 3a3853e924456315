#include "cli/verify.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "archive/digest_file.h"
#include "archive/log_file.h"
#include "archive/object_names.h"
#include "archive/verify.h"
#include "base/text.h"
#include "cli/bucket_objects.h"
#include "cli/client.h"
#include "cli/directory_objects.h"
#include "cli/event_text.h"
#include "cli/trouble.h"
#include "cli/keys.h"
#include "cli/standard_output.h"
#include "cli/verify_text.h"
#include "cli/when.h"

namespace cairn::cli {

namespace {

constexpr const char* kKeysName = "public-keys.json";  // in a directory that --save made
constexpr size_t kRemoteThreads = 8;                   // they wait for answers, mostly
constexpr size_t kThreadsMax = 256;
constexpr size_t kKeysBytesMax = 16 << 20;

template <class... Args>
tl::unexpected<Trouble> usage(fmt::format_string<Args...> format, Args&&... args) {
  return trouble(kWrongUsage, fmt::format(format, std::forward<Args>(args)...));
}
tl::unexpected<Trouble> failed(std::string message) { return trouble(kCouldNot, std::move(message)); }

Result<archive::VerifyRequest, Trouble> request_of(const VerifyOptions& options, Time now) {
  archive::VerifyRequest request;
  request.now = now;
  if (!options.end_time.empty() && !options.until.empty()) return usage("give either --end-time or --until");
  for (const auto& [text, to] :
       {std::pair{&options.start_time, &request.start}, {&options.end_time, &request.end}, {&options.until, &request.end}}) {
    if (text->empty()) continue;
    const auto time = parse_when(*text, now);
    if (!time) return usage("{}", time.error().message);
    *to = std::chrono::floor<std::chrono::seconds>(*time);  // as digests have them
  }
  if (!options.until.empty()) request.reach = archive::VerifyRequest::Reach::kEnd;
  if (request.start && request.end && *request.start >= *request.end) return usage("the start must lie before the end");
  if (!options.regions.empty()) {
    for (std::string_view region : text::split(options.regions, ',')) {
      if (!aws::is_region(region)) return usage("'{}' is no region", region);
      request.regions.emplace_back(std::string(region));
    }
  }
  return request;
}

/// Where the objects are and what of them is meant.
struct Source {
  std::unique_ptr<archive::Objects> objects;
  bool remote = true;
  std::string directory;  // of a copy
};

// --- a trail

Result<void, Trouble> find_trail(const std::string& arn, Client& client, archive::VerifyRequest& request, FirstDigest& first) {
  const auto parts = text::split(arn, ':');  // arn:aws:cloudtrail:REGION:ACCOUNT:trail/NAME
  if (parts.size() != 6 || parts[2] != "cloudtrail" || !aws::is_region(parts[3]) || !aws::is_account_id(parts[4]) ||
      !parts[5].starts_with("trail/"))
    return usage("{} is no trail's ARN: arn:aws:cloudtrail:REGION:ACCOUNT:trail/NAME is needed", arn);
  const aws::Region home{std::string(parts[3])};
  const auto answer =
      client.call("cloudtrail", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.DescribeTrails", Json::object(), home);
  if (!answer) return failed(answer.error().message);
  const auto trails = answer->find("trailList");
  if (trails != answer->end() && trails->is_array()) {
    for (const Json& trail : *trails) {
      if (!trail.is_object() || trail.value("TrailARN", "") != arn) continue;
      request.bucket = trail.value("S3BucketName", "");
      request.prefix = trail.value("S3KeyPrefix", "");
      request.trail_name = parts[5].substr(6);
      request.home = home;
      first.is_of_trail = true;
      first.validates = trail.value("LogFileValidationEnabled", false);
      if (!trail.value("IsOrganizationTrail", false)) request.account = aws::AccountId(std::string(parts[4]));
      return {};
    }
  }
  return failed(fmt::format("The server knows no trail {}. Its files may still be verified: cairn verify s3://BUCKET", arn));
}

/// The chain itself cannot show that its newest digests are gone, but the server says when it delivered the last one; nor can one that is
/// not there show when it will be.
void ask_status(const std::string& arn, const aws::Region& home, Client& client, archive::VerifyReport& report, FirstDigest& first) {
  const auto status =
      client.call("cloudtrail", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.GetTrailStatus", {{"Name", arn}}, home);
  if (!status) return;
  const auto time = [&](const char* member) -> std::optional<Time> {
    const auto found = status->find(member);
    if (found == status->end() || !found->is_number()) return std::nullopt;
    return Time(std::chrono::milliseconds(static_cast<int64_t>(found->get<double>() * 1000)));
  };
  first.logs = status->value("IsLogging", false);
  first.began = time("StartLoggingTime");
  if (const auto delivered = time("LatestDigestDeliveryTime")) judge_newest(report, *delivered);
}

// --- a bucket

Result<void, Trouble> find_bucket(std::string_view url, archive::VerifyRequest& request) {
  url.remove_prefix(std::string_view("s3://").size());
  const size_t slash = std::min(url.find('/'), url.size());
  request.bucket = url.substr(0, slash);
  std::string_view prefix = url.substr(std::min(slash + 1, url.size()));
  // What a person may have copied from a listing.
  if (const size_t at = prefix.find("AWSLogs"); at != prefix.npos) prefix = prefix.substr(0, at);
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  request.prefix = prefix;
  if (request.bucket.empty()) return usage("s3:// needs a bucket: s3://BUCKET or s3://BUCKET/PREFIX");
  return {};
}

// --- a directory

/// The directory below which AWSLogs/ lies, relative to `directory`: "" or with a slash at the end.
std::optional<std::string> find_root(const std::string& directory) {
  constexpr int kDepthMax = 8;
  if (std::filesystem::path(directory).filename() == "AWSLogs") return "../";
  std::error_code error;
  std::filesystem::recursive_directory_iterator it(directory, error), end;
  for (; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (!it->is_directory(ignored)) continue;
    if (it->path().filename() == "AWSLogs") return it->path().parent_path().lexically_relative(directory).string() + "/";
    if (it.depth() >= kDepthMax) it.disable_recursion_pending();
  }
  return std::nullopt;
}

/// The first digest of a copy tells which bucket it is of, and what of its keys was left out when the copy was made.
Result<Source, Trouble> open_directory(const std::string& given, archive::VerifyRequest& request, env::Files& files) {
  std::string directory = std::filesystem::path(given).lexically_normal().string();
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error))
    return usage("there is no directory {}; a trail's ARN begins with arn:, a bucket with s3://", given);
  const auto root = find_root(directory);
  if (!root) return usage("There is no directory AWSLogs in {}: it is no copy of a trail's bucket.", given);
  if (*root != "./") directory = std::filesystem::path(directory + "/" + *root).lexically_normal().string();
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();

  Source source{.remote = false, .directory = directory};
  DirectoryObjects plain(files, directory, "");
  std::string after = "AWSLogs/", stripped;
  constexpr int kPagesMax = 100;  // of files without a single digest among them
  for (int page = 0; page < kPagesMax && request.bucket.empty(); ++page) {
    const auto keys = plain.list("", "AWSLogs/", after, 1000);
    if (!keys) return failed(keys.error().message);
    if (keys->empty()) break;
    for (const std::string& key : *keys) {
      after = key;
      const auto name = archive::parse_key(key);
      if (!name) continue;
      if (name->kind == archive::ParsedKey::Kind::kLogFile) {  // on to where the next region's or kind's files begin
        after = archive::log_file_prefix(name->place, name->region) + "\xff";
        break;
      }
      const auto bytes = env::read_file(files, directory + "/" + key);
      const auto json = bytes ? archive::gunzip(*bytes, 32 << 20) : Result<std::string>(failure("unread"));
      const auto digest = json ? archive::parse_digest(*json) : Result<archive::Digest>(failure("unread"));
      if (!digest || !digest->key.ends_with(key)) continue;
      stripped = digest->key.substr(0, digest->key.size() - key.size());
      if (!stripped.empty() && !stripped.ends_with('/')) continue;
      request.bucket = digest->bucket;
      break;
    }
  }
  request.prefix = stripped.empty() ? "" : stripped.substr(0, stripped.size() - 1);
  source.objects = std::make_unique<DirectoryObjects>(files, directory, stripped);
  return source;
}

// --- keys

Result<KeyRing, Trouble> read_keys(const std::string& path, env::Files& files) {
  const auto text = env::read_file(files, path, kKeysBytesMax);
  if (!text) return failed(text.error().message);
  KeyRing ring;
  const auto json = json::parse(*text);
  const auto added = json ? ring.add(*json, "") : failure("it is no JSON");
  if (!added) return failed(fmt::format("{} holds no keys as `cairn keys` writes them: {}", path, added.error().message));
  return ring;
}

/// A line on the terminal that is written over.
class ProgressLine {
 public:
  explicit ProgressLine(const env::Clock& clock) : clock_(clock), shown_(isatty(STDERR_FILENO) != 0) {}
  ~ProgressLine() {
    if (written_) fmt::print(stderr, "\r\x1b[K");
  }
  void operator()(const archive::VerifyProgress& progress) {
    if (!shown_ || (written_ && clock_.now() - last_ < kInterval)) return;
    last_ = clock_.now();
    written_ = true;
    fmt::print(stderr, "\r{}: {} of {} digests, {} log files, {} MB\x1b[K", progress.region.str(), progress.digests, progress.digests_all,
               progress.files, progress.raw_bytes / 1'000'000);
    (void)std::fflush(stderr);
  }

 private:
  static constexpr std::chrono::milliseconds kInterval{200};
  const env::Clock& clock_;
  const bool shown_;
  bool written_ = false;
  Time last_;
};

Result<archive::VerifyReport, Trouble> run(const VerifyOptions& options, std::set<std::string>* proven, FirstDigest& first) {
  const env::Clock& clock = env::system_clock();
  env::Files& files = env::system_files();
  auto request = request_of(options, clock.now());
  if (!request) return tl::unexpected(request.error());
  auto target = find_target(options.target, system_surroundings());  // a copy with keys needs none
  std::optional<Client> client;
  if (target) client.emplace(*target, clock);

  Source source;
  if (options.what.starts_with("arn:") || options.what.starts_with("s3://")) {
    if (!target) return failed(target.error().message);
    const auto found =
        options.what.starts_with("arn:") ? find_trail(options.what, *client, *request, first) : find_bucket(options.what, *request);
    if (!found) return tl::unexpected(found.error());
    if (!target->s3_overruled.empty() && proven == nullptr) fmt::print(stderr, "cairn verify: {}\n", printable(target->s3_overruled));
    source.objects = std::make_unique<BucketObjects>(*target, clock);
  } else {
    auto opened = open_directory(options.what, *request, files);
    if (!opened) return tl::unexpected(opened.error());
    source = std::move(*opened);
  }

  std::string keys_file = options.keys_file;
  if (keys_file.empty() && !source.remote) {
    for (const std::string& place : {source.directory, std::filesystem::path(options.what).lexically_normal().string()}) {
      const std::string path = place + "/" + kKeysName;
      if (keys_file.empty() && std::filesystem::exists(path)) keys_file = path;
    }
    if (!keys_file.empty()) fmt::print(stderr, "Keys: {}, as trustworthy as the copy itself; --keys names others.\n", keys_file);
  }
  KeyRing ring;
  if (!keys_file.empty()) {
    auto read = read_keys(keys_file, files);
    if (!read) return tl::unexpected(read.error());
    ring = std::move(*read);
  } else if (!client) {
    return failed(fmt::format("{}\nPublic keys are needed: from the server, or with --keys from a file that `cairn keys` wrote.",
                              target.error().message));
  }
  const archive::KeysOfRegion keys = [&](const aws::Region& region) -> Result<archive::PublicKeys> {
    if (keys_file.empty()) {
      const auto answer = list_public_keys(*client, region, request->start, clock.now());
      if (!answer) return failure("The public keys of {}: {}", region.str(), answer.error().message);
      if (const auto added = ring.add(*answer, region.str()); !added) return tl::unexpected(added.error());
    }
    return ring.of(region);
  };

  if (proven != nullptr) {
    const std::string prefix = request->prefix.empty() ? "" : request->prefix + "/";
    request->proven = [proven, prefix, directory = source.remote ? "" : source.directory](const std::string& key) {
      if (directory.empty()) proven->insert(key);
      else if (key.starts_with(prefix))
        proven->insert(std::filesystem::path(fmt::format("{}/{}", directory, key.substr(prefix.size()))).lexically_normal().string());
    };
  }
  std::unique_ptr<SavingObjects> saving;
  if (!options.save.empty()) saving = std::make_unique<SavingObjects>(*source.objects, files, options.save);
  const size_t cores = std::max(std::thread::hardware_concurrency(), 1u);
  request->threads = std::min(options.threads > 0 ? options.threads : source.remote ? std::max(cores, kRemoteThreads) : cores, kThreadsMax);
  auto report = [&] {
    ProgressLine line(clock);
    return archive::verify(*request, saving ? static_cast<archive::Objects&>(*saving) : *source.objects, keys,
                           [&](const archive::VerifyProgress& progress) { line(progress); });
  }();
  if (!report) return failed(report.error().message);
  if (options.what.starts_with("arn:") && !request->end && request->regions.empty())
    ask_status(options.what, *request->home, *client, *report, first);
  if (saving && ring.size() > 0) {
    if (const auto written = env::write_file_atomically(files, fmt::format("{}/{}", options.save, kKeysName), ring.text()); !written)
      return failed(written.error().message);
  }
  if (report->chains.empty() && request->prefix.empty() && options.what.starts_with("s3://"))
    fmt::print(stderr, "Nothing lies below s3://{}/AWSLogs/ for that time. If the trail has a prefix, say s3://{}/PREFIX.\n",
               request->bucket, request->bucket);
  return std::move(*report);
}

}  // namespace

int verify(const VerifyOptions& options, std::set<std::string>* proven) {
  FirstDigest first;
  const auto report = run(options, proven, first);
  if (!report) {
    fmt::print(stderr, "cairn verify: {}\n", report.error().message);
    return report.error().exit_code;
  }
  const std::string text = options.json ? as_json(*report, first.due()) : as_text(*report, expectation(first, env::system_clock().now()));
  std::FILE* to = proven == nullptr ? stdout : stderr;  // there it is not the result
  const bool written = std::fwrite(text.data(), 1, text.size(), to) == text.size() && std::fflush(to) == 0;
  const int error = errno;
  if (!written) return unwritable("verify", error);
  return is_valid(*report) ? kDone : kFound;
}

}  // namespace cairn::cli
