#include "app/fsck.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "blob/store.h"
#include "env/clock.h"
#include "env/files.h"
#include "env/tasks.h"
#include "history/segment.h"
#include "journal/entry.h"
#include "journal/recovery.h"
#include "logs/segment.h"
#include "metrics/segment.h"
#include "segment/manifest.h"
#include "services/s3/examine.h"
#include "state/internal_commit.h"
#include "state/sealer.h"
#include "state/store.h"

namespace cairn::app {
namespace {

constexpr int kWell = 0, kNotWell = 1, kCouldNotLook = 3;
constexpr size_t kErasedAtOnce = 1000;
constexpr uint64_t kLookBytes = 64 << 20;

class Fsck {
 public:
  explicit Fsck(const FsckOptions& options) : options_(options), files_(env::system_files()) {}

  ~Fsck() {
    if (store_ && journal_) {
      journal_->drain();
      store_->checkpoint();
    }
    store_.reset();
    journal_.reset();
  }

  int run() {
    if (const Result<void> locked = lock(); !locked) return could_not(locked.error().message);
    check_journal();
    check_history();
    check_logs();
    check_metrics();
    if (findings_ > 0) return summary();  // what rests on it cannot be trusted: nothing is opened that would write
    if (const Result<void> opened = open(); !opened) return could_not(opened.error().message);
    check_contents();
    return summary();
  }

 private:
  void found(const s3::Finding& finding) {
    ++findings_;
    fmt::print("{}: {}: {}\n", s3::name_of(finding.kind), finding.what, finding.how);
  }
  void damaged(std::string what, std::string how) { found({s3::Finding::Kind::kDamaged, std::move(what), std::move(how)}); }

  int could_not(const std::string& message) {
    fmt::print(stderr, "cairn: {}\n", message);
    return kCouldNotLook;
  }

  Result<void> lock() {
    if (!files_.list(options_.data + "/journal")) return failure("{}: there is no data directory of cairn", options_.data);
    env::Io<std::shared_ptr<void>> lock = files_.lock(options_.data + "/lock");
    if (!lock && lock.error().kind == env::IoFailure::kBusy) return failure("{}: a cairn is using it; stop it first", options_.data);
    if (!lock) return failure("{}", lock.error().message);
    lock_ = std::move(*lock);
    return {};
  }

  void check_journal() {
    const Result<journal::Found> end = journal::find_end(files_, options_.data + "/journal");
    if (!end) damaged("journal", end.error().message);
  }

  void check_history() {
    check_segments<history::Segment>("history", "history");
    check_segments<history::Segment>("imported events", "history/imports");
  }
  void check_metrics() { check_segments<metrics::Segment>("metrics", "metrics"); }
  void check_logs() { check_segments<logs::Segment>("log events", "logs"); }

  /// Every block of every file that the store's manifest names.
  template <class Segment>
  void check_segments(std::string_view store, const std::string& name) {
    const std::string directory = options_.data + "/" + name;
    const auto manifest = segment::read_manifest(files_, store, directory);
    if (!manifest) return damaged(name, manifest.error().message);
    if (!*manifest) return;
    segment::Storage storage(files_);
    for (const segment::Manifest::Entry& entry : (*manifest)->segments) {
      const auto opened = Segment::open(storage, directory, entry.file);
      const Result<void> sound = opened ? (*opened)->verify() : tl::unexpected(opened.error());
      if (!sound) damaged(name + "/" + entry.file, sound.error().message);
    }
  }

  /// As a start does, which cuts an unacknowledged tail off the journal.
  Result<void> open() {
    Result<std::unique_ptr<state::Engine>> engine = state::open_sqlite(options_.data + "/state.db");
    if (!engine) return tl::unexpected(engine.error());
    engine_ = std::move(*engine);
    store_ = std::make_unique<state::Store>(*engine_, state::Options{});
    std::string unreadable;
    Result<std::unique_ptr<journal::Journal>> journal =
        journal::Journal::open(files_, env::system_tasks(), {.directory = options_.data + "/journal", .on_fatal = nullptr},
                               engine_->position(), [&](journal::Position position, std::string_view bytes) {
                                 const Result<journal::EntryView> entry = journal::decode_entry(bytes);
                                 if (entry) store_->replay(position, *entry);
                                 else unreadable = fmt::format("journal: entry {} cannot be read: {}", position.seq, entry.error().message);
                               });
    if (!journal) return tl::unexpected(journal.error());
    journal_ = std::move(*journal);
    if (!unreadable.empty()) return failure("{}", unreadable);
    store_->start(*journal_, env::system_tasks());
    Result<std::unique_ptr<blob::Store>> blobs = blob::open_directory(files_, env::system_random(), options_.data + "/objects");
    if (!blobs) return tl::unexpected(blobs.error());
    blobs_ = std::move(*blobs);
    state::Transaction transaction(*store_);
    Result<std::unique_ptr<state::Sealer>> sealer = state::Sealer::open(
        files_, env::system_random(), transaction, {.directory = options_.data + "/keys", .passphrase = options_.master_passphrase});
    if (!sealer) return tl::unexpected(sealer.error());
    Result<Secret> key = (*sealer)->standing_key(transaction, "objects");
    if (!key) return tl::unexpected(key.error());
    object_key_ = std::move(*key);  // made anew where there was none: then nothing was sealed with it, either
    return {};
  }

  void check_contents() {
    s3::Examination examination({.store = *store_, .blobs = *blobs_, .object_key = object_key_, .finds_orphans = true},
                                [this](const s3::Finding& finding) { found(finding); });
    while (examination.step(kLookBytes)) {
    }
    const size_t before = findings_;
    const s3::Examination::Orphans orphans = examination.find_orphans();
    contents_ = examination.contents();
    bytes_ = examination.bytes();
    if (options_.repair && remove(orphans)) repaired_ = findings_ - before;
  }

  bool remove(const s3::Examination::Orphans& orphans) {
    for (size_t at = 0; at < orphans.documents.size(); at += kErasedAtOnce) {
      state::Transaction transaction(*store_);
      for (size_t i = at; i < std::min(at + kErasedAtOnce, orphans.documents.size()); ++i) transaction.erase(orphans.documents[i]);
      if (!state::commit_internal(*store_, *journal_, transaction)) return false;
    }
    journal_->drain();
    constexpr std::string_view kBlob = "blob/";
    for (const std::string& document : orphans.documents)
      if (document.starts_with(kBlob)) blobs_->remove(blob::BlobId(document.substr(kBlob.size())));
    for (const blob::BlobId& id : orphans.blobs) blobs_->remove(id);
    return true;
  }

  int summary() {
    fmt::print("{} contents of {} bytes; {} findings", contents_, bytes_, findings_);
    if (repaired_ > 0) fmt::print(", {} of them repaired", repaired_);
    fmt::print("\n");
    return findings_ == repaired_ ? kWell : kNotWell;
  }

  const FsckOptions options_;
  env::Files& files_;
  std::shared_ptr<void> lock_;
  std::unique_ptr<state::Engine> engine_;
  std::unique_ptr<state::Store> store_;
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<blob::Store> blobs_;
  Secret object_key_;
  size_t findings_ = 0, repaired_ = 0;
  uint64_t contents_ = 0, bytes_ = 0;
};

}  // namespace

int fsck(const FsckOptions& options) {
  log::set_threshold(log::Level::kError);
  return Fsck(options).run();
}

}  // namespace cairn::app
