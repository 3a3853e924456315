#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "archive/log_records.h"
#include "cli/signed_http.h"

/// Log files on their way to a server's ImportEvents.
namespace cairn::cli {

struct ImportCounts {
  uint64_t files = 0, bytes = 0, records = 0, added = 0, known = 0, expired = 0, insights = 0, bad = 0;
  uint64_t digests = 0, insights_files = 0, others = 0;
};

/// What became of all files. Any thread.
class ImportLedger {
 public:
  struct Problem {
    std::string file, where, reason;  // where: "record 3, line 7"; "" the whole
  };
  static constexpr size_t kProblemsMax = 10'000;  // kept; all are counted

  void add(const ImportCounts& counts);
  void add(Problem problem);
  ImportCounts counts() const;
  std::vector<Problem> problems() const;
  /// Why nothing more can be done; the first one counts.
  void fail(std::string why);
  std::string failure() const;
  bool has_failed() const;
  void pause(std::chrono::milliseconds time) const;  // shorter if it fails meanwhile

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable failed_;
  ImportCounts counts_;
  std::vector<Problem> problems_;
  std::string failure_;
};

/// One thread's share: gathers files into calls. What is too large for one call is taken apart here.
class ImportSender {
 public:
  static constexpr size_t kBodyBytesMax = 6 << 20;      // a server takes 8 MB
  static constexpr size_t kGatheredBytesMax = 3 << 20;  // of several files: a server needs some fifty times as much memory for a call
  static constexpr size_t kRawBytesMax = 60 << 20;      // as the files themselves say; a server takes 96 MB
  static constexpr size_t kPartsMax = 400;
  static constexpr size_t kChunkBytes = 4 << 20;         // of records, where a file is taken apart
  static constexpr uint64_t kChunkRecordsMax = 100'000;  // a server takes 150,000
  static constexpr size_t kRecordBytesMax = 1 << 20;

  ImportSender(SignedHttp& http, ImportLedger& ledger);
  ~ImportSender();

  /// A file comes piece by piece: begin, feed…, end.
  void begin(std::string name);
  bool feed(std::string_view bytes);  // false: it is of no use to go on
  void end();
  /// The file could not be read to its end.
  void give_up(const std::string& why);
  void flush();

 private:
  struct Part {
    std::string name;
    size_t bytes = 0;
    uint64_t records_before = 0;  // of its file
    bool is_whole = true;
  };
  class Apart;

  void take_apart();
  void take_apart(std::string_view bytes, bool is_last);
  void send_chunk();
  void add_part(Part part, std::string_view bytes);
  void send();
  bool send_parts(const std::vector<Part>& parts, std::shared_ptr<const std::string> body);
  void judge(const std::vector<Part>& parts, const std::string& answer);

  SignedHttp& http_;
  ImportLedger& ledger_;
  std::string name_, whole_;      // the file at hand
  std::unique_ptr<Apart> apart_;  // it is too large
  std::string body_;
  size_t raw_bytes_ = 0;
  std::vector<Part> parts_;
};

}  // namespace cairn::cli
