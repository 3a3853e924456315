// The event history beside SQLite, on one file of records; bench/history.py drives it, and other engines on the same file.
//   history_bench generate EVENTS [SEED]        the records, one a line, to standard output
//   history_bench plan FILE                     queries over them: common, rare and absent values, as JSON
//   history_bench ours DIRECTORY FILE|EVENTS    takes them in, durably, as `cairn import` does; EVENTS: that many are generated meanwhile
//   history_bench live DIRECTORY FILE|EVENTS    the same, as the journal feeds what happens here: one thread
//   history_bench query DIRECTORY PLAN          answers the plan's queries, cold and warm
//   history_bench sqlite DATABASE FILE          takes them into SQLite, indexed
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "bench/trail_records.h"
#include "env/clock.h"
#include "event/attributes.h"
#include "history/history.h"

namespace cairn::bench {
namespace {

using Seconds = std::chrono::duration<double>;
constexpr size_t kImportThreads = 2, kImportedAtOnce = 40'000;
const Time kNow{std::chrono::seconds(1'760'000'000)};

double now() { return Seconds(std::chrono::steady_clock::now().time_since_epoch()).count(); }
double cpu() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return of(usage.ru_utime) + of(usage.ru_stime);
}
double peak_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}
double anonymous_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssAnon:")) return std::stod(line.substr(8)) / 1024;
  return 0;
}

/// A clock that stands at the records' end: their retention is not over.
class Clock final : public env::Clock {
 public:
  Time now() const override { return kNow; }
  std::chrono::nanoseconds steady() const override { return env::system_clock().steady(); }
};

class Lines {
 public:
  explicit Lines(const char* path) {
    const int fd = ::open(path, O_RDONLY);
    struct stat about {};
    if (fd < 0 || fstat(fd, &about) != 0) std::perror(path), std::exit(1);
    size_ = static_cast<size_t>(about.st_size);
    data_ = static_cast<const char*>(mmap(nullptr, size_, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0));
    close(fd);
  }
  bool next(std::string_view& line) {
    if (at_ >= size_) return false;
    const char* end = static_cast<const char*>(std::memchr(data_ + at_, '\n', size_ - at_));
    const size_t length = end == nullptr ? size_ - at_ : static_cast<size_t>(end - data_) - at_;
    line = {data_ + at_, length};
    at_ += length + 1;
    return true;
  }

 private:
  const char* data_;
  size_t size_ = 0, at_ = 0;
};

int generate(uint64_t count, uint64_t seed) {
  TrailRecords records({.seed = seed, .count = count, .end = kNow});
  std::string record;
  for (uint64_t i = 0; i < count; ++i) {
    records.next(record);
    record += '\n';
    std::fwrite(record.data(), 1, record.size(), stdout);
  }
  return 0;
}

// ---- the queries

constexpr const char* kAttributes[] = {"EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource", "AccessKeyId"};

std::vector<std::string> values(const event::Attributes& a, size_t attribute) {
  std::vector<std::string> out;
  switch (attribute) {
    case 0:
      return {a.event_name};
    case 1:
      return {a.read_only ? "true" : "false"};
    case 2:
      return {a.username};
    case 3:
      for (const auto& r : a.resources) out.push_back(r.type);
      return out;
    case 4:
      for (const auto& r : a.resources) out.push_back(r.name);
      return out;
    case 5:
      return {a.event_source};
    default:
      return {a.access_key};
  }
}

int plan(const char* path) {
  Lines lines(path);
  std::string_view line;
  json::Document document;
  std::map<std::string, size_t> counts[std::size(kAttributes)];
  std::vector<std::string> ids;
  std::vector<Json> sample;  // literals as callers draw them: weighted by how often they occur
  std::mt19937_64 random(7);
  for (size_t n = 0; lines.next(line) && n < 1'000'000; ++n) {
    const auto a = event::attributes(line, document);
    if (!a) continue;
    if (n % 997 == 0) ids.push_back(a->event_id);
    for (size_t i = 0; i < std::size(kAttributes); ++i)
      for (const std::string& value : values(*a, i))
        if (!value.empty()) {
          ++counts[i][value];
          if (random() % 4000 == 0) sample.push_back({{"attribute", kAttributes[i]}, {"value", value}});
        }
  }
  Json out = {{"queries", Json::array()}, {"ids", ids}, {"sample", sample}};
  const auto add = [&](std::string name, Json query) {
    query["name"] = std::move(name);
    out["queries"].push_back(std::move(query));
  };
  add("newest 50", Json::object());
  for (size_t i = 0; i < std::size(kAttributes); ++i) {
    const auto most = std::ranges::max_element(counts[i], {}, [](const auto& one) { return one.second; });
    auto rare = most;
    for (auto it = counts[i].begin(); it != counts[i].end(); ++it)
      if (it->second >= 3 && it->second < rare->second) rare = it;
    add(std::string(kAttributes[i]) + " common", {{"attribute", kAttributes[i]}, {"value", most->first}});
    if (rare != most) add(std::string(kAttributes[i]) + " rare", {{"attribute", kAttributes[i]}, {"value", rare->first}});
    if (i != 1) add(std::string(kAttributes[i]) + " absent", {{"attribute", kAttributes[i]}, {"value", "absent-" + std::to_string(i)}});
  }
  add("EventId", {{"attribute", "EventId"}, {"value", ids[ids.size() / 2]}});
  add("EventId absent", {{"attribute", "EventId"}, {"value", "00000000-0000-4000-8000-000000000000"}});
  const int64_t end = kNow.time_since_epoch() / std::chrono::seconds(1), day = 86400;
  add("the last hour", {{"start", end - 3600}, {"end", end}});
  add("an hour 60 days ago", {{"start", end - 60 * day}, {"end", end - 60 * day + 3600}});
  add("a day 80 days ago, EventName common",
      {{"start", end - 80 * day}, {"end", end - 79 * day}, {"attribute", "EventName"}, {"value", out["queries"][1]["value"]}});
  add("substring, all events", {{"substring", "vpc-0" + ids.back().substr(0, 6)}});
  std::puts(json::dump(out).c_str());
  return 0;
}

// ---- ours

history::Options options_of(const std::string& directory) {
  history::Options options;
  options.directory = directory;
  options.retention = std::chrono::hours(24 * 91);
  return options;
}

uint64_t bytes_below(const std::string& directory) {
  uint64_t sum = 0;
  for (const auto& one : std::filesystem::recursive_directory_iterator(directory)) sum += one.is_regular_file() ? one.file_size() : 0;
  return sum;
}

std::unique_ptr<history::SegmentedHistory> open(const std::string& directory, const env::Clock& clock) {
  auto opened = history::History::open(env::system_files(), clock, options_of(directory));
  if (!opened) std::fprintf(stderr, "%s\n", opened.error().message.c_str()), std::exit(1);
  return std::unique_ptr<history::SegmentedHistory>(static_cast<history::SegmentedHistory*>(opened->release()));
}

/// A file's records, or generated ones.
class Source {
 public:
  explicit Source(const std::string& source) {
    is_generated_ = source.find_first_not_of("0123456789") == std::string::npos;
    count_ = is_generated_ ? std::stoull(source) : 0;
    if (is_generated_) records_ = std::make_unique<TrailRecords>(TrailRecords::Options{.seed = 1, .count = count_, .end = kNow});
    else lines_ = std::make_unique<Lines>(source.c_str());
  }
  struct Some {
    std::vector<std::string> made;
    std::vector<std::string_view> records;
  };
  /// The next ones, at most so many; none: that was all.
  Some next(size_t limit) {
    const std::lock_guard lock(mutex_);
    const double began = thread_cpu();
    Some some;
    some.made.reserve(is_generated_ ? limit : 0);
    for (std::string_view line; some.records.size() < limit;) {
      if (is_generated_) {
        if (events == count_) break;
        records_->next(some.made.emplace_back());
        line = some.made.back();
      } else if (!lines_->next(line)) {
        break;
      }
      some.records.push_back(line);
      bytes += line.size();
      ++events;
    }
    if (is_generated_) generating += thread_cpu() - began;
    return some;
  }

  uint64_t events = 0, bytes = 0;
  double generating = 0;  // seconds of CPU

 private:
  static double thread_cpu() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
  }
  std::mutex mutex_;
  bool is_generated_ = false;
  uint64_t count_ = 0;
  std::unique_ptr<Lines> lines_;
  std::unique_ptr<TrailRecords> records_;
};

/// What ImportEvents does with the records of a call, but for the parts that HTTP and gzip are.
void import_all(history::SegmentedHistory& history, Source& source) {
  std::mutex mutex;
  uint64_t sequence = 0;
  const auto work = [&] {
    json::Document document;
    std::vector<history::Arrival> arrivals;
    for (;;) {
      const Source::Some some = source.next(kImportedAtOnce);
      if (some.records.empty()) return;
      arrivals.clear();
      for (const std::string_view record : some.records)
        if (auto attributes = event::attributes(record, document)) arrivals.push_back({record, std::move(*attributes)});
      const auto staged = history.stage(arrivals);
      if (!staged) std::fprintf(stderr, "%s\n", staged.error().message.c_str()), std::exit(1);
      if (staged->file.empty()) continue;
      const std::string key = journal::note_key(history::kImportTopic);
      journal::EntryView entry;
      entry.changes.push_back({key, staged->file});
      const std::lock_guard lock(mutex);
      history.consume({++sequence}, entry);
    }
  };
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kImportThreads; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
}

void feed_all(history::SegmentedHistory& history, Source& source) {
  uint64_t sequence = 0;
  for (;;) {
    const Source::Some some = source.next(1000);
    if (some.records.empty()) return;
    for (const std::string_view record : some.records) {
      journal::EntryView entry;
      entry.records.push_back(record);
      history.consume({++sequence}, entry);
    }
  }
}

int ours(const std::string& directory, const std::string& from, bool is_live) {
  std::filesystem::remove_all(directory);
  Clock clock;
  auto history = open(directory, clock);
  Source source(from);
  std::atomic<bool> going = true;
  std::thread tidy([&] {  // as the server does
    while (going) {
      history->tidy([&] { return going.load(); });
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  const double began = now(), cpu_began = cpu();
  if (is_live) feed_all(*history, source);
  else import_all(*history, source);
  history->seal();
  const double taken = now() - began;
  going = false;
  tidy.join();
  const uint64_t bytes_then = bytes_below(directory);
  const double merge_began = now();
  history->tidy([] { return true; });
  const auto count = static_cast<double>(source.events);
  std::puts(json::dump(Json{{"events", source.events},
                            {"record_bytes", source.bytes},
                            {"seconds", taken},
                            {"events_per_second", count / taken},
                            {"bytes_per_event_at_once", static_cast<double>(bytes_then) / count},
                            {"bytes_per_event", static_cast<double>(bytes_below(directory)) / count},
                            {"merging_after_seconds", now() - merge_began},
                            {"cpu_us_per_event_all_in_all", (cpu() - cpu_began - source.generating) * 1e6 / count},
                            {"peak_mb", peak_mb()},
                            {"own_mb", anonymous_mb()}})
                .c_str());
  return 0;
}

void forget_pages(const std::string& directory) {
  for (const auto& one : std::filesystem::recursive_directory_iterator(directory)) {
    if (!one.is_regular_file()) continue;
    const int fd = ::open(one.path().c_str(), O_RDONLY);
    if (fd < 0) continue;
    fdatasync(fd);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
  }
}

history::Query query_of(const Json& q) {
  history::Query query;
  query.account = TrailRecords::kAccount;
  query.category = history::Query::Category::kAll;
  if (q.contains("attribute"))
    query.filters.push_back({*history::attribute_named(q["attribute"].get<std::string>()), q["value"].get<std::string>()});
  const auto time = [&](const char* member) { return Time(std::chrono::seconds(q[member].get<int64_t>())); };
  if (q.contains("start")) query.start = time("start");
  if (q.contains("end")) query.end = time("end");
  return query;
}

double percentile(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[static_cast<size_t>(p * static_cast<double>(values.size() - 1))];
}

/// How often each event name comes.
class Names final : public history::Counter {
 public:
  bool wants(Values) override { return true; }
  void add(size_t, std::string_view value, uint64_t events) override { counts[std::string(value)] += events; }
  void add_time(int64_t, uint64_t) override {}
  void add(const history::Event& event) override { ++counts[event.attributes.event_name]; }
  void forget() override { counts.clear(); }

  std::map<std::string, size_t> counts;
};

int query(const std::string& directory, const char* path) {
  std::ifstream in(path);
  const Json plan = Json::parse(in);
  Clock clock;
  Json out = Json::object();
  double worst_cold = 0;
  for (const Json& q : plan["queries"]) {
    history::Query query = query_of(q);
    const std::string text = q.value("substring", "");
    forget_pages(directory);
    auto history = open(directory, clock);
    const auto run = [&] {
      const double began = now();
      size_t found = 0;
      if (text.empty()) {
        const auto page = history->search(query);
        if (!page) std::fprintf(stderr, "%s\n", page.error().message.c_str()), std::exit(1);
        found = page->events.size();
      } else {
        query.texts.any = {text};
        const auto visited = history->visit(query, [&](history::Event&& event) {
          found += event.record.find(text) != std::string::npos ? 1 : 0;
          return true;
        });
        if (!visited) std::fprintf(stderr, "%s\n", visited.error().message.c_str()), std::exit(1);
      }
      return std::pair((now() - began) * 1000, found);
    };
    const auto [cold, found] = run();
    std::vector<double> warm;
    for (int i = 0; i < (text.empty() ? 200 : 3); ++i) warm.push_back(run().first);
    worst_cold = std::max(worst_cold, cold);
    out[q["name"].get<std::string>()] = {
        {"cold_ms", cold}, {"p50_ms", percentile(warm, 0.5)}, {"p99_ms", percentile(warm, 0.99)}, {"found", found}};
  }
  {
    forget_pages(directory);
    auto history = open(directory, clock);
    std::vector<double> took;
    Names names;
    for (int i = 0; i < 3; ++i) {
      names = Names();
      const double began = now();
      if (!history->count(query_of(Json::object()), {.conditions = {}, .fields = {history::Column::kEventName}, .interval = {}}, names))
        return 1;
      took.push_back((now() - began) * 1000);
    }
    out["count by EventName"] = {{"cold_ms", took[0]}, {"p50_ms", took[1]}, {"p99_ms", took[2]}, {"found", names.counts.size()}};
  }
  // As callers come: values drawn as often as they occur, event IDs one by one; then all pages of one name.
  auto history = open(directory, clock);
  std::vector<double> mixed, ids, pages;
  const auto timed = [&](const history::Query& query, std::vector<double>& into) {
    const double began = now();
    auto page = history->search(query);
    into.push_back((now() - began) * 1000);
    return page;
  };
  for (int round = 0; round < 2; ++round) {
    mixed.clear();
    ids.clear();
    for (const Json& q : plan["sample"]) (void)timed(query_of(q), mixed);
    for (const Json& id : plan["ids"]) (void)timed(query_of({{"attribute", "EventId"}, {"value", id}}), ids);
  }
  history::Query deep = query_of(plan["queries"][1]);
  for (int n = 0; n < 4000; ++n) {
    const auto page = timed(deep, pages);
    if (!page || !page->next) break;
    deep.before = page->next;
  }
  const size_t tenth = pages.size() / 10;
  out["drawn values"] = {{"n", mixed.size()}, {"p50_ms", percentile(mixed, 0.5)}, {"p99_ms", percentile(mixed, 0.99)}};
  out["drawn event IDs"] = {{"n", ids.size()}, {"p50_ms", percentile(ids, 0.5)}, {"p99_ms", percentile(ids, 0.99)}};
  out["pages of a common name"] = {{"n", pages.size()},
                                   {"first_ms", percentile({pages.begin(), pages.begin() + static_cast<long>(tenth) + 1}, 0.5)},
                                   {"last_ms", percentile({pages.end() - static_cast<long>(tenth) - 1, pages.end()}, 0.5)}};
  out["memory"] = {{"peak_mb", peak_mb()}, {"own_mb", anonymous_mb()}};
  std::puts(json::dump(out).c_str());
  return 0;
}

// ---- SQLite

int sqlite(const char* path, const char* source) {
  std::filesystem::remove(path);
  sqlite3* db = nullptr;
  sqlite3_open(path, &db);
  const auto run = [&](const std::string& sql) {
    char* why = nullptr;
    if (sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &why) != SQLITE_OK)
      std::fprintf(stderr, "%s: %s\n", sql.c_str(), why), std::exit(1);
  };
  run("PRAGMA journal_mode=WAL");
  run("PRAGMA synchronous=NORMAL");
  run("PRAGMA cache_size=-200000");
  run("CREATE TABLE events (n INTEGER PRIMARY KEY, time INTEGER, EventId TEXT, EventName TEXT, ReadOnly TEXT, Username TEXT, EventSource "
      "TEXT, "
      "AccessKeyId TEXT, record TEXT)");
  run("CREATE TABLE resources (ResourceType TEXT, ResourceName TEXT, n INTEGER)");
  for (const char* column : {"EventId", "EventName", "ReadOnly", "Username", "EventSource", "AccessKeyId", "time"})
    run(fmt::format("CREATE INDEX by_{0} ON events ({0}, n)", column));
  run("CREATE INDEX by_type ON resources (ResourceType, n)");
  run("CREATE INDEX by_name ON resources (ResourceName, n)");
  sqlite3_stmt *event = nullptr, *resource = nullptr;
  sqlite3_prepare_v2(db, "INSERT INTO events VALUES (?,?,?,?,?,?,?,?,?)", -1, &event, nullptr);
  sqlite3_prepare_v2(db, "INSERT INTO resources VALUES (?,?,?)", -1, &resource, nullptr);
  const auto text = [](sqlite3_stmt* statement, int at, std::string_view value) {
    if (value.empty()) sqlite3_bind_null(statement, at);
    else sqlite3_bind_text(statement, at, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
  };
  Lines lines(source);
  std::string_view line;
  json::Document document;
  const double began = now(), cpu_began = cpu();
  int64_t n = 0;
  run("BEGIN");
  while (lines.next(line)) {
    const auto a = event::attributes(line, document);
    if (!a) continue;
    if (++n % 20'000 == 0) run("COMMIT"), run("BEGIN");
    sqlite3_bind_int64(event, 1, n);
    sqlite3_bind_int64(event, 2, a->time.time_since_epoch() / std::chrono::seconds(1));
    int at = 3;
    for (const std::string_view value :
         {std::string_view(a->event_id), std::string_view(a->event_name), std::string_view(a->read_only ? "true" : "false"),
          std::string_view(a->username), std::string_view(a->event_source), std::string_view(a->access_key), line})
      text(event, at++, value);
    sqlite3_step(event);
    sqlite3_reset(event);
    for (const auto& r : a->resources) {
      text(resource, 1, r.type);
      text(resource, 2, r.name);
      sqlite3_bind_int64(resource, 3, n);
      sqlite3_step(resource);
      sqlite3_reset(resource);
    }
  }
  run("COMMIT");
  run("PRAGMA wal_checkpoint(TRUNCATE)");
  const double taken = now() - began;
  std::puts(json::dump(Json{{"events", n},
                            {"seconds", taken},
                            {"events_per_second", static_cast<double>(n) / taken},
                            {"cpu_us_per_event", (cpu() - cpu_began) * 1e6 / static_cast<double>(n)},
                            {"bytes_per_event", static_cast<double>(std::filesystem::file_size(path)) / static_cast<double>(n)},
                            {"own_mb", anonymous_mb()},
                            {"peak_mb", peak_mb()}})
                .c_str());
  sqlite3_finalize(event);
  sqlite3_finalize(resource);
  sqlite3_close(db);
  return 0;
}

}  // namespace
}  // namespace cairn::bench

int main(int argc, char** argv) {
  using namespace cairn::bench;
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "generate" && argc >= 3) return generate(std::stoull(argv[2]), argc > 3 ? std::stoull(argv[3]) : 1);
  if (what == "plan" && argc == 3) return plan(argv[2]);
  if ((what == "ours" || what == "live") && argc == 4) return ours(argv[2], argv[3], what == "live");
  if (what == "query" && argc == 4) return query(argv[2], argv[3]);
  if (what == "sqlite" && argc == 4) return sqlite(argv[2], argv[3]);
  return std::fprintf(stderr, "see the source's first lines\n"), 2;
}
