#include "cli/query_source.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <limits>

#include "base/text.h"
#include "cli/bucket_objects.h"
#include "cli/event_pages.h"
#include "cli/export_directory.h"
#include "cli/partitions.h"

namespace cairn::cli {
namespace {

namespace fs = std::filesystem;
using Bytes = archive::RecordReader::Bytes;
using Kind = sql::Partition::Kind;

constexpr size_t kReadBytes = 256 << 10;
constexpr size_t kFilesMax = 10'000'000;  // some 2 GB of names
constexpr size_t kPageKeys = 1000;

/// What a name says: a log file, or something else that lies beside them.
bool is_log_file(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);  // all of it without a slash
  if (name.empty() || name.starts_with('.')) return false;
  if (name.ends_with(".gz")) return true;
  return std::ranges::any_of(std::initializer_list<std::string_view>{".json", ".ndjson", ".jsonl"},
                             [&](std::string_view end) { return name.ends_with(end) && name != "public-keys.json"; });
}

/// As it is from the root: what a path says by its directories it says from within them as well.
std::string whole_path(const fs::path& path) { return fs::absolute(path).lexically_normal().string(); }

/// …/account=…/region=…/date=…/events.parquet: what `cairn export` writes, and no query's result that lies about.
bool is_exported_parquet(std::string_view path) {
  const auto parts = text::split(path, '/');
  const size_t n = parts.size();
  return n >= 4 && parts[n - 1] == Partitions::kParquetName && parts[n - 2].starts_with("date=") && parts[n - 3].starts_with("region=") &&
         parts[n - 4].starts_with("account=");
}

class ParquetSource : public sql::Source {
 public:
  ParquetSource(std::vector<std::string> paths, Form form) : form_(form) {
    std::ranges::sort(paths);
    for (std::string& path : paths) {
      const sql::Partition partition = sql::partition_of(path);
      all_.push_back({std::move(path), partition});
    }
  }

  const std::vector<File>& files() const override { return all_; }
  Form form() const override { return form_; }
  Result<Bytes> open(size_t file) override { return failure("{} is Parquet", all_[file].name); }

 private:
  std::vector<File> all_;
  const Form form_;
};

class FilesSource : public sql::Source {
 public:
  explicit FilesSource(env::Files& files) : files_(files) {}

  void add(const std::string& path) {
    const sql::Partition partition = sql::partition_of(whole_path(path));
    if (partition.kind != Kind::kDigest) all_.push_back({path, partition});
  }
  void sort() { std::ranges::sort(all_, {}, &File::name); }

  const std::vector<File>& files() const override { return all_; }
  Result<Bytes> open(size_t file) override {
    auto opened = files_.open(all_[file].name, env::Files::Open::kRead);
    if (!opened) return failure("{}", opened.error().message);
    struct Reading {
      std::unique_ptr<env::File> file;
      uint64_t offset = 0;
      std::string buffer;
    };
    const auto reading = std::make_shared<Reading>(Reading{std::move(*opened), 0, std::string(kReadBytes, '\0')});
    return [reading]() -> Result<std::string_view> {
      const auto read = reading->file->pread(reading->offset, reading->buffer);
      if (!read) return failure("{}", read.error().message);
      reading->offset += *read;
      return std::string_view(reading->buffer).substr(0, *read);
    };
  }

 private:
  env::Files& files_;
  std::vector<File> all_;
};

class BucketSource : public sql::Source {
 public:
  BucketSource(const Target& target, const env::Clock& clock, std::string bucket) : objects_(target, clock), bucket_(std::move(bucket)) {}

  Result<void> list(const std::string& prefix) {
    for (std::string after;;) {
      const auto keys = objects_.list(bucket_, prefix, after, kPageKeys);
      if (!keys) return tl::unexpected(keys.error());
      if (keys->empty()) return {};
      if (keys->back() <= after) return failure("The listing of s3://{}/{} turns in circles.", bucket_, prefix);
      for (const std::string& key : *keys) {
        const sql::Partition partition = sql::partition_of(key);
        if (partition.kind != Kind::kDigest && is_log_file(key)) all_.push_back({fmt::format("s3://{}/{}", bucket_, key), partition});
        holds_parquet_ = holds_parquet_ || key.ends_with(".parquet");
      }
      if (all_.size() > kFilesMax)
        return failure("s3://{}/{} holds more than {} log files: name a longer prefix", bucket_, prefix, kFilesMax);
      after = keys->back();
    }
  }

  bool holds_parquet() const { return holds_parquet_; }
  const std::vector<File>& files() const override { return all_; }
  Result<Bytes> open(size_t file) override {
    const auto body = std::make_shared<std::string>();
    const std::string key = all_[file].name.substr(std::string_view("s3:///").size() + bucket_.size());
    const auto read = objects_.read(bucket_, key, [&](std::string_view piece) {
      *body += piece;
      return true;
    });
    if (!read) return failure("{}", read.error().message);
    return [body, given = false]() mutable -> Result<std::string_view> {
      return std::exchange(given, true) ? std::string_view() : std::string_view(*body);
    };
  }

 private:
  BucketObjects objects_;
  const std::string bucket_;
  std::vector<File> all_;
  bool holds_parquet_ = false;
};

class HistorySource : public sql::Source {
 public:
  HistorySource(const Target& target, const env::Clock& clock, const sql::Selection& selection)
      : target_(target), clock_(clock), files_{{"history", {}}} {
    input_ = {{"Category", "ALL"}};
    const auto seconds = [](Time time) { return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count(); };
    if (selection.start) input_["StartTime"] = seconds(*selection.start);
    if (selection.end) input_["EndTime"] = seconds(*selection.end);
    if (!selection.regions.empty()) input_["Regions"] = selection.regions;
    if (!selection.accounts.empty()) input_["Accounts"] = selection.accounts;
  }

  const std::vector<File>& files() const override { return files_; }
  bool is_one() const override { return true; }
  Result<Bytes> open(size_t) override {
    struct Paging {
      Paging(const Target& target, const env::Clock& clock, const Json& input) : pages(target, clock, input) {}
      EventPages pages;
      std::string page;
    };
    const auto paging = std::make_shared<Paging>(target_, clock_, input_);
    return [paging]() -> Result<std::string_view> {
      paging->page.clear();
      while (paging->page.empty()) {
        const auto more = paging->pages.next([&](std::string_view record) { paging->page.append(record).append("\n"); });
        if (!more) return failure("{}", more.error().message);
        if (!*more) break;
      }
      return std::string_view(paging->page);
    };
  }

 private:
  const Target target_;
  const env::Clock& clock_;
  const std::vector<File> files_;
  Json input_;
};

/// The place that was named is of no use.
template <class... Args>
tl::unexpected<Trouble> wrong(fmt::format_string<Args...> format, Args&&... args) {
  return trouble(kWrongUsage, fmt::format(format, std::forward<Args>(args)...));
}

/// Of nothing, an answer of no rows would look like one of nothing found.
tl::unexpected<Trouble> without_files(std::string_view from, std::string_view more = "") {
  return wrong("{} holds no log files{}", from, more);
}

}  // namespace

Result<std::unique_ptr<sql::Source>, Trouble> files_below(const std::string& path, env::Files& files) {
  using Form = sql::Source::Form;
  auto source = std::make_unique<FilesSource>(files);
  std::vector<std::string> parquet;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    fs::recursive_directory_iterator it(path, fs::directory_options::none, error), end;
    for (size_t seen = 0; !error && it != end; it.increment(error)) {
      std::error_code ignored;
      if (it->path().filename().string().starts_with('.')) {
        it.disable_recursion_pending();
        continue;
      }
      const std::string name = it->path().string();
      if (is_unfinished_export(it->path().filename().string()))
        return wrong("{} is of an export that did not end: what lies in {} is not all of it", name, path);
      const std::string whole = it->path().filename() == Partitions::kParquetName ? whole_path(it->path()) : name;
      const bool is_parquet = is_exported_parquet(whole);
      if (!it->is_regular_file(ignored) || (!is_parquet && !is_log_file(name))) continue;
      if (++seen > kFilesMax) return wrong("{} holds more than {} log files: name a directory below it", path, kFilesMax);
      if (is_parquet) parquet.push_back(whole);
      else source->add(name);
    }
    if (error) return trouble(kCouldNot, fmt::format("{} cannot be read: {}", path, error.message()));
    if (!parquet.empty() && !source->files().empty())
      return wrong("{} holds log files ({}) and Parquet ({}): name a directory with files of one kind", path, source->files()[0].name,
                   parquet[0]);
    if (!parquet.empty()) return std::make_unique<ParquetSource>(std::move(parquet), Form::kPartitionedParquet);
    source->sort();
  } else if (fs::is_regular_file(path, error)) {
    if (path.ends_with(".parquet")) {
      const std::string whole = whole_path(path);
      if (is_exported_parquet(whole)) return std::make_unique<ParquetSource>(std::vector{whole}, Form::kPartitionedParquet);
      return std::make_unique<ParquetSource>(std::vector{path}, Form::kParquet);
    }
    source->add(path);
  } else {
    return wrong("there is no directory or file {}; a bucket begins with s3://, and `history` is the server's", path);
  }
  if (source->files().empty()) return without_files(path);
  return source;
}

Result<std::unique_ptr<sql::Source>, Trouble> objects_of(const std::string& url, const Target& target, const env::Clock& clock) {
  std::string_view rest = url;
  rest.remove_prefix(std::string_view("s3://").size());
  const size_t slash = std::min(rest.find('/'), rest.size());
  if (slash == 0) return wrong("s3:// needs a bucket: s3://BUCKET or s3://BUCKET/PREFIX");
  auto source = std::make_unique<BucketSource>(target, clock, std::string(rest.substr(0, slash)));
  if (auto listed = source->list(std::string(rest.substr(std::min(slash + 1, rest.size())))); !listed)
    return trouble(kCouldNot, listed.error().message);
  if (source->files().empty())
    return without_files(url, source->holds_parquet() ? ", but Parquet, which is read from a directory only: copy it into one" : "");
  return source;
}

std::unique_ptr<sql::Source> history_of(const Target& target, const env::Clock& clock, const sql::Selection& selection) {
  return std::make_unique<HistorySource>(target, clock, selection);
}

}  // namespace cairn::cli
