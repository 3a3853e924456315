#include "cli/query.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

#include "aws/names.h"
#include "base/text.h"
#include "cli/event_text.h"
#include "cli/trouble.h"
#include "cli/query_output.h"
#include "cli/query_source.h"
#include "cli/signals.h"
#include "cli/when.h"
#include "env/clock.h"
#include "env/files.h"
#include "env/tasks.h"
#include "sql/engine.h"
#include "sql/library.h"

namespace cairn::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kRemoteThreads = 8;  // they wait for answers, mostly
constexpr uint64_t kMemoryUsual = 2048;
constexpr size_t kTerminalCellWidth = 60;
constexpr size_t kStatementBytesMax = 1 << 20;

Result<sql::Selection, Trouble> selection_of(const QueryOptions& options, Time now) {
  sql::Selection selection;
  for (const auto& [text, to] : {std::pair{&options.start_time, &selection.start}, {&options.end_time, &selection.end}}) {
    if (text->empty()) continue;
    const auto time = parse_when(*text, now);
    if (!time) return trouble(kWrongUsage, time.error().message);
    *to = std::chrono::floor<std::chrono::seconds>(*time);
  }
  if (!options.regions.empty()) {
    for (const std::string_view region : text::split(options.regions, ',')) {
      if (!aws::is_region(region)) return trouble(kWrongUsage, fmt::format("'{}' is no region", region));
      selection.regions.emplace_back(region);
    }
  }
  if (!options.accounts.empty()) {
    for (const std::string_view account : text::split(options.accounts, ',')) {
      if (!aws::is_account_id(account)) return trouble(kWrongUsage, fmt::format("'{}' is no account: twelve digits are", account));
      selection.accounts.emplace_back(account);
    }
  }
  return selection;
}

Result<std::string, Trouble> statement_of(const QueryOptions& options) {
  if (options.sql != "-") return options.sql;
  std::string sql;
  char buffer[4096];
  while (const size_t read = std::fread(buffer, 1, sizeof buffer, stdin)) {
    sql.append(buffer, read);
    if (sql.size() > kStatementBytesMax) return trouble(kWrongUsage, "the statement is longer than 1 MB");
  }
  return sql;
}

/// A directory of one's own that is gone afterwards.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(const std::string& parent) : path_(parent + "/cairn-query-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Signals as they come while a query runs, and a line of progress on a terminal.
class Watch {
 public:
  Watch() {
    ::signal(SIGPIPE, SIG_IGN);  // a reader that has enough: writing fails, and what was put aside is removed
    task_ = env::system_tasks().start("query-watch", [this] {
      constexpr std::chrono::milliseconds kStep{100};
      const bool signalled = signals_.await(kStep);
      const std::lock_guard lock(mutex_);
      if (signalled) {
        if (engine_ == nullptr || interrupted_.exchange(true)) leave();  // nothing is begun, or it does not end
        engine_->interrupt();
      }
      if (engine_ != nullptr && shown_ && !quiet_ && files_ > 0) show(engine_->report());
      return env::Next::now();
    });
  }
  ~Watch() {
    task_.reset();
    clear();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// While it is held no signal ends the process: what is made meanwhile is told to `removes`.
  std::unique_lock<std::mutex> hold() { return std::unique_lock(mutex_); }
  /// A file or directory that is not to stay behind, whenever a signal comes. Held.
  void removes(std::string path) { passing_.push_back(std::move(path)); }
  void begin(sql::Engine& engine, size_t files) {
    const std::lock_guard lock(mutex_);
    engine_ = &engine;
    files_ = files;
  }
  void end() {
    be_quiet();
    const std::lock_guard lock(mutex_);
    engine_ = nullptr;
  }
  void be_quiet() {
    if (quiet_.exchange(true)) return;
    const std::lock_guard lock(mutex_);
    clear();
  }
  bool interrupted() const { return interrupted_; }

 private:
  /// Ends the process, with what other threads do still under way.
  [[noreturn]] void leave() {
    clear();
    for (const std::string& path : passing_) {
      std::error_code error;
      for (int tries = 0; fs::exists(path, error) && tries < 10; ++tries) fs::remove_all(path, error);  // DuckDB may yet add to it
    }
    fmt::print(stderr, "cairn query: interrupted\n");
    ::_exit(kInterrupted);
  }
  void show(const sql::ScanReport& report) {
    fmt::print(stderr, "\r{} of {}, {}, {} MB\x1b[K", report.files.load(), counted(files_, "file"), counted(report.events.load(), "event"),
               report.raw_bytes.load() / 1'000'000);
    (void)std::fflush(stderr);
    written_ = true;
  }
  void clear() {
    if (std::exchange(written_, false)) fmt::print(stderr, "\r\x1b[K");
  }

  const Signals signals_;
  const bool shown_ = isatty(STDERR_FILENO) != 0;
  std::atomic<bool> quiet_{false}, interrupted_{false};
  std::mutex mutex_;
  sql::Engine* engine_ = nullptr;
  size_t files_ = 0;
  std::vector<std::string> passing_;
  bool written_ = false;
  std::unique_ptr<env::Task> task_;
};

/// Where the result goes: standard output, or a file that has its name when it is whole.
class Destination {
 public:
  ~Destination() {
    close();
    std::error_code ignored;
    if (!partial_.empty()) fs::remove(partial_, ignored);
  }
  Result<void> open(const std::string& to, bool by_ourselves) {
    if (to.empty()) return {};
    std::error_code ignored;
    if (fs::exists(to, ignored) && !fs::is_regular_file(to, ignored)) return failure("{} is no regular file", to);
    to_ = fs::absolute(to).lexically_normal().string();
    partial_ = fmt::format("{}.{}.partial", to_, ::getpid());
    if (!by_ourselves) return {};
    file_ = std::fopen(partial_.c_str(), "wxe");
    if (file_ == nullptr) return failure("{} cannot be written: {}", to, std::generic_category().message(errno));
    return {};
  }
  std::FILE* stream() const { return file_ == nullptr ? stdout : file_; }
  const std::string& partial() const { return partial_; }
  std::string name() const { return to_.empty() ? "standard output" : to_; }
  Result<void> finish() {
    if (partial_.empty()) return {};
    if (!close()) return failure("{} cannot be written: {}", to_, std::generic_category().message(errno));
    if (const auto renamed = env::system_files().rename(partial_, to_); !renamed) return failure("{}", renamed.error().message);
    partial_.clear();
    return {};
  }

 private:
  bool close() {
    std::FILE* file = std::exchange(file_, nullptr);
    return file == nullptr || std::fclose(file) == 0;
  }

  std::string to_, partial_;
  std::FILE* file_ = nullptr;
};

Result<std::unique_ptr<sql::Source>, Trouble> source_of(const QueryOptions& options, const sql::Selection& selection) {
  const env::Clock& clock = env::system_clock();
  const bool is_history = options.from == "history", is_bucket = options.from.starts_with("s3://");
  Result<std::unique_ptr<sql::Source>, Trouble> source = trouble(kCouldNot, "");
  if (is_history || is_bucket) {
    const auto target = find_target(options.target, system_surroundings());
    if (!target) return trouble(kCouldNot, target.error().message);
    if (!is_history && !target->s3_overruled.empty()) fmt::print(stderr, "cairn query: {}\n", printable(target->s3_overruled));
    if (is_history) source = history_of(*target, clock, selection);
    else source = objects_of(options.from, *target, clock);
  } else {
    source = files_below(options.from, env::system_files());
  }
  return source;
}

uint64_t memory_mb_usual() {
  const auto pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGE_SIZE);
  return pages <= 0 ? kMemoryUsual : std::min(kMemoryUsual, static_cast<uint64_t>(pages) * static_cast<uint64_t>(size) / 2 >> 20);
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// What to do where DuckDB finds no room for what it puts aside; it says so in several ways.
std::string room_hint(std::string_view message, const std::string& temporary) {
  if (message.find("offload data block") == message.npos &&
      (message.find("No space left on device") == message.npos || message.find(temporary) == message.npos))
    return "";
  return fmt::format("\nThe disk with {} is full: --temporary names another place for what does not fit in memory, --memory-mb gives more.",
                     fs::path(temporary).parent_path().string());
}

/// What DuckDB says of a statement, not of what it finds.
bool is_of_statement(std::string_view message) {
  for (const std::string_view kind : {"Parser Error", "Binder Error", "Catalog Error", "Permission Error"})
    if (message.starts_with(kind)) return true;
  return false;
}

/// What DuckDB says of Parquet that is not as it should be.
bool is_damage(std::string_view message) {
  return message.find("No space left") == message.npos &&
         (message.starts_with("IO Error") || message.starts_with("Invalid Input Error") || message.starts_with("Invalid Error") ||
          message.find("TProtocolException") != message.npos);
}

Result<int, Trouble> run(const QueryOptions& options) {
  const auto selection = selection_of(options, env::system_clock().now());
  if (!selection) return tl::unexpected(selection.error());
  const auto statement = statement_of(options);
  if (!statement) return tl::unexpected(statement.error());
  const bool on_terminal = options.to.empty() && isatty(STDOUT_FILENO) != 0;
  const std::string format = !options.output.empty() ? options.output : on_terminal ? "table" : "csv";
  const bool is_parquet = format == "parquet";
  if (is_parquet && options.to.empty()) return trouble(kWrongUsage, "Parquet goes to a file: --to FILE");
  const auto api = sql::load_library(sql::library_places(variable("CAIRN_DUCKDB"), sql::program_path()));
  if (!api) return trouble(kCouldNot, api.error().message);

  Watch watch;
  const auto source = source_of(options, *selection);
  if (!source) return tl::unexpected(source.error());
  const std::string usual = variable("TMPDIR");
  const std::string parent = !options.temporary.empty() ? options.temporary : !usual.empty() ? usual : "/tmp";
  std::unique_lock<std::mutex> held = watch.hold();
  const TemporaryDirectory temporary(parent);
  if (temporary.path().empty()) return trouble(kCouldNot, fmt::format("no directory can be made in {}", parent));
  Destination destination;
  watch.removes(temporary.path());
  if (const auto opened = destination.open(options.to, !is_parquet); !opened) return trouble(kCouldNot, opened.error().message);
  if (!options.to.empty()) watch.removes(destination.partial());
  held.unlock();

  sql::EngineOptions engine_options;
  engine_options.memory_bytes = (options.memory_mb != 0 ? options.memory_mb : memory_mb_usual()) << 20;
  const size_t cores = std::max(std::thread::hardware_concurrency(), 1u);
  const bool is_bucket = options.from.starts_with("s3://");
  engine_options.threads = options.threads != 0 ? options.threads : is_bucket ? std::max(cores, kRemoteThreads) : cores;
  engine_options.temporary_directory = temporary.path();
  engine_options.selection = *selection;
  if (is_parquet) engine_options.may_write = destination.partial();
  const auto engine = sql::Engine::open(**api, engine_options, **source);
  const bool is_of_records = (*source)->form() == sql::Source::Form::kRecords;
  if (!engine) return trouble(is_of_records ? kCouldNot : kFound, engine.error().message);  // Parquet is looked at already
  const auto is_of_damage = [&](std::string_view message) { return !is_of_records && is_damage(message); };
  if (const auto understood = (*engine)->understands(*statement); !understood)
    return trouble(is_of_damage(understood.error().message) ? kFound : kWrongUsage, understood.error().message);
  // What DuckDB reads itself it does not count for us.
  watch.begin(**engine, is_of_records ? (*source)->files().size() : 0);

  int write_error = 0;
  Result<void> done;
  if (is_parquet) {
    const auto rows = (*engine)->write_parquet(*statement);
    if (!rows) done = tl::unexpected(rows.error());
  } else {
    using Format = QueryOutput::Format;
    QueryOutput output(format == "table"  ? Format::kTable
                       : format == "csv"  ? Format::kCsv
                       : format == "json" ? Format::kJson
                                          : Format::kNdjson,
                       destination.stream(), on_terminal ? kTerminalCellWidth : 0);
    done = (*engine)->run(
        *statement, output.form(), [&](const std::vector<sql::ResultColumn>& columns) { output.head(columns); },
        [&](QueryOutput::Row row) {
          if (on_terminal) watch.be_quiet();
          return output.row(row);
        });
    if (on_terminal) watch.be_quiet();
    if (done) (void)output.finish();
    write_error = output.error();
  }
  watch.end();
  if (watch.interrupted()) return trouble(kInterrupted, "interrupted");
  if (write_error == EPIPE && options.to.empty()) return trouble(kNobodyReads, "");
  if (write_error != 0)
    return trouble(kCouldNot, fmt::format("{} cannot be written: {}", destination.name(), std::generic_category().message(write_error)));
  if (!done)
    return trouble(is_of_damage(done.error().message)      ? kFound
                   : is_of_statement(done.error().message) ? kWrongUsage
                                                           : kCouldNot,
                   done.error().message + room_hint(done.error().message, temporary.path()));
  const sql::ScanReport& report = (*engine)->report();
  const auto bad = report.bad_files();
  if (const auto finished = destination.finish(); !finished) return trouble(kCouldNot, finished.error().message);
  for (const auto& [file, why] : bad) fmt::print(stderr, "cairn query: left out: {}: {}\n", printable(file), printable(why));
  if (report.more_bad() > 0) fmt::print(stderr, "cairn query: and {}\n", counted(report.more_bad(), "more file"));
  return bad.empty() ? kDone : kFound;
}

}  // namespace

int query(const QueryOptions& options) {
  const auto exit_code = run(options);
  if (exit_code) return *exit_code;
  if (!exit_code.error().message.empty()) fmt::print(stderr, "cairn query: {}\n", printable_lines(exit_code.error().message));
  return exit_code.error().exit_code;
}

}  // namespace cairn::cli
