#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <stdexcept>

#include "base/check.h"
#include "state/engine.h"

namespace cairn::state {

namespace {

constexpr int kFormatVersion = 1;  // PRAGMA user_version
constexpr int kBusyMillis = 5000;
constexpr size_t kIdleReadersMax = 8;  // connections kept for reading

struct CloseConnection {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
};
using Connection = std::unique_ptr<sqlite3, CloseConnection>;

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

/// A prepared statement: bind, step, and reset when the use ends.
class Statement {
 public:
  Statement() = default;
  Result<void> prepare(sqlite3* db, const char* sql) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr) != SQLITE_OK) {
      return failure("{}", sqlite3_errmsg(db));
    }
    statement_.reset(raw);
    return {};
  }
  /// Bytes must live until the reset; empty ones are not NULL.
  void bind(int index, std::string_view bytes) {
    CHECK(sqlite3_bind_blob64(statement_.get(), index, bytes.empty() ? "" : bytes.data(), bytes.size(), SQLITE_STATIC) == SQLITE_OK);
  }
  void bind(int index, uint64_t value) { CHECK(sqlite3_bind_int64(statement_.get(), index, static_cast<int64_t>(value)) == SQLITE_OK); }
  int step() { return sqlite3_step(statement_.get()); }
  void reset() { sqlite3_reset(statement_.get()); }
  std::string bytes(int column) const {
    const void* data = sqlite3_column_blob(statement_.get(), column);
    return data ? std::string(static_cast<const char*>(data), static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))) : "";
  }
  uint64_t number(int column) const { return static_cast<uint64_t>(sqlite3_column_int64(statement_.get(), column)); }

 private:
  std::unique_ptr<sqlite3_stmt, FinalizeStatement> statement_;
};

/// Resets a statement when its use ends, however it ends.
struct Use {
  Statement& statement;
  ~Use() { statement.reset(); }
};

class Sqlite final : public Engine {
 public:
  explicit Sqlite(std::string path) : path_(std::move(path)) {}

  Result<void> open() {
    if (auto done = make_file(); !done) return done;
    auto opened = connect(path_, SQLITE_OPEN_READWRITE, 2000);
    if (!opened) return tl::unexpected(opened.error());
    db_ = std::move(*opened);
    // FULL: what a commit returned for survives power loss, so the journal may let go of it. What is erased is overwritten.
    for (const char* sql :
         {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA journal_size_limit=16777216", "PRAGMA secure_delete=ON"}) {
      if (auto done = run(sql); !done) return done;
    }
    if (auto done = check_version(); !done) return done;
    if (auto done = put_.prepare(db_.get(),
                                 "INSERT INTO rows(key, value, version) VALUES(?1, ?2, ?3) ON CONFLICT(key) DO UPDATE "
                                 "SET value = excluded.value, version = excluded.version");
        !done)
      return named(done);
    if (auto done = erase_.prepare(db_.get(), "DELETE FROM rows WHERE key = ?1"); !done) return named(done);
    if (auto done = set_position_.prepare(db_.get(), "UPDATE checkpoint SET position = ?1"); !done) return named(done);
    Statement position;
    if (auto done = position.prepare(db_.get(), "SELECT position FROM checkpoint"); !done) return named(done);
    if (position.step() != SQLITE_ROW) return failed("no position");
    position_ = position.number(0);
    return {};
  }

  journal::Position position() const override { return {position_.load(std::memory_order_acquire)}; }

  Result<void> apply(std::span<const Write> writes, journal::Position position) override {
    const std::lock_guard lock(writer_mutex_);
    if (auto done = run("BEGIN IMMEDIATE"); !done) return done;
    Result<void> done = write(writes, position);
    if (done) done = run("COMMIT");
    if (!done) {
      // Some failures (a full disk) have rolled back already.
      if (!sqlite3_get_autocommit(db_.get())) (void)run("ROLLBACK");
      return done;
    }
    position_.store(position.seq, std::memory_order_release);
    return {};
  }

  std::optional<Row> get(std::string_view key) override {
    Lease lease(*this);
    Statement& statement = lease->get;
    const Use use{statement};
    statement.bind(1, key);
    switch (statement.step()) {
      case SQLITE_ROW:
        return Row{std::string(key), statement.bytes(0), {statement.number(1)}};
      case SQLITE_DONE:
        return std::nullopt;
    }
    lease.fail();
  }

  std::vector<Row> scan(std::string_view prefix, std::string_view after, size_t limit) override {
    Lease lease(*this);
    Statement& statement = after < prefix ? lease->scan_from : lease->scan_after;
    const Use use{statement};
    statement.bind(1, after < prefix ? prefix : after);
    std::vector<Row> rows;
    int code = SQLITE_DONE;
    while (rows.size() < limit && (code = statement.step()) == SQLITE_ROW) {
      std::string key = statement.bytes(0);
      if (!key.starts_with(prefix)) break;
      rows.push_back({std::move(key), statement.bytes(1), {statement.number(2)}});
    }
    if (code != SQLITE_DONE && code != SQLITE_ROW) lease.fail();
    return rows;
  }

 private:
  struct Reader {
    Connection db;  // outlives its statements
    Statement get, scan_from, scan_after;
  };

  /// A reader for one use: taken from those idle or opened, given back afterwards.
  class Lease {
   public:
    explicit Lease(Sqlite& engine) : engine_(engine), reader_(engine.take_reader()) {}
    ~Lease() { engine_.give_back(std::move(reader_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Reader* operator->() { return reader_.get(); }
    [[noreturn]] void fail() {
      throw std::runtime_error(fmt::format("state: cannot read {}: {}", engine_.path_, sqlite3_errmsg(reader_->db.get())));
    }

   private:
    Sqlite& engine_;
    std::unique_ptr<Reader> reader_;
  };

  tl::unexpected<Failure> failed(std::string_view why) const { return failure("state: {}: {}", path_, why); }
  Result<void> named(const Result<void>& done) const { return failed(done.error().message); }

  Result<Connection> connect(const std::string& path, int flags, int cache_kib) const {
    sqlite3* raw = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    Connection db(raw);
    if (code != SQLITE_OK) return failed(raw ? sqlite3_errmsg(raw) : "out of memory");
    sqlite3_busy_timeout(raw, kBusyMillis);
    sqlite3_exec(raw, fmt::format("PRAGMA cache_size=-{}", cache_kib).c_str(), nullptr, nullptr, nullptr);
    return db;
  }

  Result<void> run(const char* sql) { return run(db_.get(), sql); }
  Result<void> run(sqlite3* db, const char* sql) const {
    if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failed(sqlite3_errmsg(db));
    return {};
  }

  /// A new file is made whole under another name, with one sync: SQLite's own way takes five, and a first start is to be quick.
  /// Its name becomes durable with the first commit: then SQLite syncs the directory, for the log beside it.
  Result<void> make_file() {
    if (::access(path_.c_str(), F_OK) == 0) return {};
    const std::string temporary = path_ + ".tmp";
    const auto broken = [&](const char* what) { return failure("state: cannot {} {}: {}", what, temporary, std::strerror(errno)); };
    for (const char* companion : {"", "-wal", "-shm", "-journal"}) ::unlink((temporary + companion).c_str());  // of a crash
    // SQLite gives the companions the file's own mode, so the file must exist with the right one.
    const int fd = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return broken("make");
    const std::unique_ptr<const int, void (*)(const int*)> closing(&fd, [](const int* open) { ::close(*open); });
    {
      auto db = connect(temporary, SQLITE_OPEN_READWRITE, 100);
      if (!db) return tl::unexpected(db.error());
      if (auto done = run(db->get(),
                          "PRAGMA synchronous=OFF;"
                          "PRAGMA journal_mode=WAL;"
                          "BEGIN;"
                          "CREATE TABLE rows(key BLOB NOT NULL UNIQUE, value BLOB NOT NULL, version INTEGER NOT NULL);"
                          "CREATE TABLE checkpoint(position INTEGER NOT NULL);"
                          "INSERT INTO checkpoint VALUES(0);"
                          "PRAGMA user_version=1;"
                          "COMMIT");
          !done) {
        return done;
      }
    }
    if (::fsync(fd) != 0) return broken("sync");
    if (::rename(temporary.c_str(), path_.c_str()) != 0) return broken("rename");
    return {};
  }

  Result<void> check_version() {
    Statement version;
    if (auto done = version.prepare(db_.get(), "PRAGMA user_version"); !done) return named(done);
    if (version.step() != SQLITE_ROW) return failed(sqlite3_errmsg(db_.get()));
    const auto found = static_cast<int>(version.number(0));
    if (found != kFormatVersion) return failed(fmt::format("it has format {}, this program knows {}", found, kFormatVersion));
    return {};
  }

  Result<void> write(std::span<const Write> writes, journal::Position position) {
    const auto execute = [&](Statement& statement) -> Result<void> {
      const Use use{statement};
      if (statement.step() != SQLITE_DONE) return failed(sqlite3_errmsg(db_.get()));
      return {};
    };
    for (const Write& write : writes) {
      Statement& statement = write.value ? put_ : erase_;
      statement.bind(1, write.key);
      if (write.value) {
        statement.bind(2, *write.value);
        statement.bind(3, write.version.seq);
      }
      if (auto done = execute(statement); !done) return done;
    }
    set_position_.bind(1, position.seq);
    return execute(set_position_);
  }

  std::unique_ptr<Reader> take_reader() {
    {
      const std::lock_guard lock(readers_mutex_);
      if (!readers_.empty()) {
        auto reader = std::move(readers_.back());
        readers_.pop_back();
        return reader;
      }
    }
    auto db = connect(path_, SQLITE_OPEN_READONLY, 512);
    if (!db) throw std::runtime_error(db.error().message);
    auto reader = std::make_unique<Reader>();
    reader->db = std::move(*db);
    const auto prepare = [&](Statement& statement, const char* sql) {
      if (const auto done = statement.prepare(reader->db.get(), sql); !done) {
        throw std::runtime_error(fmt::format("state: cannot read {}: {}", path_, done.error().message));
      }
    };
    prepare(reader->get, "SELECT value, version FROM rows WHERE key = ?1");
    prepare(reader->scan_from, "SELECT key, value, version FROM rows WHERE key >= ?1 ORDER BY key");
    prepare(reader->scan_after, "SELECT key, value, version FROM rows WHERE key > ?1 ORDER BY key");
    return reader;
  }

  void give_back(std::unique_ptr<Reader> reader) {
    const std::lock_guard lock(readers_mutex_);
    if (readers_.size() < kIdleReadersMax) readers_.push_back(std::move(reader));
  }

  const std::string path_;
  std::mutex writer_mutex_;
  Connection db_;
  Statement put_, erase_, set_position_;
  std::atomic<uint64_t> position_{0};
  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<Reader>> readers_;
};

}  // namespace

Result<std::unique_ptr<Engine>> open_sqlite(const std::string& path) {
  auto engine = std::make_unique<Sqlite>(path);
  if (auto done = engine->open(); !done) return tl::unexpected(done.error());
  return engine;
}

}  // namespace cairn::state
