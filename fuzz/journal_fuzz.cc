// Entries and journals of arbitrary bytes. The first byte chooses: an entry, or what a directory of segments holds. Checksums would
// stop a fuzzer at once, so the segments are made by a script: batches whose checksums are right and whose fields may be anything,
// between raw bytes and zeroes.
#include <cstdlib>
#include <cstring>

#include "base/crypto.h"
#include "base/log.h"
#include "env/sim/clock.h"
#include "env/sim/files.h"
#include "env/sim/random.h"
#include "env/sim/tasks.h"
#include "journal/entry.h"
#include "journal/format.h"
#include "journal/journal.h"

namespace cairn::journal {
namespace {

constexpr uint64_t kSegmentBytes = 16 << 10;
constexpr uint64_t kSegmentsMax = 4;
constexpr size_t kBatchesMax = 64;

void require(bool good) {
  if (!good) std::abort();
}

class Script {
 public:
  explicit Script(std::string_view data) : data_(data) {}
  bool at_end() const { return data_.empty(); }
  uint8_t byte() { return static_cast<uint8_t>(take(1)[0]); }
  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  /// Zeroes follow where the script ends.
  std::string take(size_t n) {
    std::string taken(data_.substr(0, n));
    data_.remove_prefix(taken.size());
    taken.resize(n);
    return taken;
  }

 private:
  std::string_view data_;
};

/// What the files hold: segment after segment of batches, each as it should be but for what the script says.
class Image {
 public:
  explicit Image(Script& script) : script_(script) {
    begin_segment();
    for (size_t i = 0; i < kBatchesMax && !script_.at_end(); ++i) piece();
    segments_.back().resize(std::max<size_t>(segments_.back().size(), script_.byte() == 1 ? 0 : kSegmentBytes));
  }
  const std::vector<std::string>& segments() const { return segments_; }

 private:
  void begin_segment() {
    if (segments_.size() == kSegmentsMax) return;
    if (!segments_.empty()) segments_.back().resize(kSegmentBytes);
    salt_ = segments_.size() + 1;
    segments_.push_back(encode_segment_header({.number = segments_.size() + 1, .bytes = kSegmentBytes, .salt = salt_}));
  }

  void piece() {
    switch (script_.byte() % 8) {
      case 0:
        segments_.back() += script_.take(script_.byte());
        return;
      case 1:
        segments_.back() += std::string(script_.byte() * size_t{8}, '\0');
        return;
      case 2:
        begin_segment();
        return;
      case 3:
        ++incarnation_;
        return;
      default:
        batch();
    }
  }

  void batch() {
    std::string payloads;
    uint32_t chain = 0;
    const uint32_t count = 1 + script_.byte() % 4;
    for (uint32_t i = 0; i < count; ++i) {
      const std::string payload = script_.take(1 + script_.byte() % 64);
      char head[kEntryHeaderBytes];
      encode_entry_header(payload, crypto::crc32c(payload), head);
      chain = crypto::crc32c({head, sizeof head}, chain);
      payloads.append(head, sizeof head).append(payload).append(padded(payload.size()) - payload.size(), '\0');
    }
    BatchHeader header{.incarnation = incarnation_,
                       .first = next_,
                       .durable = next_ - 1,
                       .count = count,
                       .bytes = static_cast<uint32_t>(payloads.size()),
                       .previous = previous_,
                       .entries = chain};
    const uint8_t wrong = script_.byte();  // usually nothing
    if (wrong > 0 && wrong < 32) {
      if (wrong & 1) header.first = script_.number<uint64_t>();
      if (wrong & 2) header.durable = script_.number<uint64_t>();
      if (wrong & 4) header.count = script_.number<uint32_t>();
      if (wrong & 8) header.bytes = script_.number<uint32_t>();
      if (wrong & 16) header.previous = script_.number<uint32_t>();
    }
    char head[kBatchHeaderBytes];
    encode_batch_header(header, salt_, head);
    segments_.back().append(head, sizeof head).append(payloads);
    previous_ = header.checksum;
    next_ += count;
  }

  Script& script_;
  std::vector<std::string> segments_;
  uint64_t salt_ = 0, incarnation_ = 1, next_ = 1;
  uint32_t previous_ = 0;
};

void write(env::SimFiles& files, const std::vector<std::string>& segments) {
  require(files.make_directory("/journal") && files.sync_directory("/"));
  for (size_t i = 0; i < segments.size(); ++i) {
    auto file = files.open("/journal/" + segment_name(i + 1), env::Files::Open::kCreateNew);
    require(file && (*file)->pwrite(0, segments[i]) && (*file)->sync());
  }
  require(files.sync_directory("/journal").has_value());
}

/// Opens and closes; what it gave, or nothing if it refused.
std::optional<std::vector<std::string>> replay(env::SimFiles& files) {
  env::SimClock clock;
  env::SimRandom random(1);
  env::SimTasks tasks(clock, random);
  Options options;
  options.directory = "/journal";
  options.segment_bytes = kSegmentBytes;
  options.reserve_bytes = 0;
  options.random = &random;
  options.on_fatal = [](const std::string&) { std::abort(); };
  std::vector<std::string> entries;
  const auto journal = Journal::open(files, tasks, options, {}, [&](Position position, std::string_view entry) {
    require(position.seq == entries.size() + 1);
    entries.emplace_back(entry);
  });
  if (!journal) return std::nullopt;
  require((*journal)->durable().seq == entries.size());
  return entries;
}

/// The script's way to two whole batches in two segments: were they not read, nothing behind the first check would be tried.
bool reads_whole_batches() {
  constexpr char kTwoBatches[] = {4, 0, 0, 'a', 0, 2, 4, 0, 0, 'b', 0};
  Script script({kTwoBatches, sizeof kTwoBatches});
  env::SimFiles files;
  write(files, Image(script).segments());
  return replay(files) == std::vector<std::string>{"a", "b"};
}

/// Whatever the bytes: opened or refused; and what was opened once opens again and says the same.
void recover(std::string_view data) {
  static const bool is_useful = reads_whole_batches();
  require(is_useful);
  Script script(data);
  const Image image(script);
  env::SimFiles files;
  write(files, image.segments());
  const auto first = replay(files);
  if (first) require(replay(files) == first);
}

/// Whatever the bytes: refused, or a view that encodes to bytes that decode to the same.
void decode(std::string_view data) {
  const auto view = decode_entry(data);
  if (!view) return;
  const std::vector<std::string> records(view->records.begin(), view->records.end());
  std::vector<Change> changes;
  for (const ChangeView& change : view->changes)
    changes.push_back({std::string(change.key), change.value ? std::optional(std::string(*change.value)) : std::nullopt});
  const std::string encoded = encode_entry(records, changes);
  const auto again = decode_entry(encoded);
  require(again && again->records == view->records && again->changes.size() == view->changes.size());
  for (size_t i = 0; i < changes.size(); ++i)
    require(again->changes[i].key == view->changes[i].key && again->changes[i].value == view->changes[i].value);
}

}  // namespace
}  // namespace cairn::journal

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  cairn::log::set_threshold(cairn::log::Level::kError);
  if (size == 0) return 0;
  const std::string_view data(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  if (bytes[0] % 2 == 0) cairn::journal::decode(data);
  else cairn::journal::recover(data);
  return 0;
}
