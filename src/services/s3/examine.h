#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/id.h"
#include "blob/store.h"
#include "state/store.h"

/// Whether the contents that S3's documents name are there, and as they were written: for `cairn fsck`, which looks at everything while
/// nothing else does, and for the scrubber, which goes round slowly while the server works.
namespace cairn::s3 {

struct Finding {
  enum class Kind {
    kUndecodable,  // a document that cannot be read
    kMissing,      // content that a document names and that is not there
    kDamaged,      // content that is not as it was written
    kOrphan,       // content, or what tells of it, that no document names
  };
  Kind kind;
  std::string what;  // the document or the file
  std::string how;
};
std::string_view name_of(Finding::Kind kind);

class Examination {
 public:
  struct Means {
    state::Store& store;
    blob::Store& blobs;
    const Secret& object_key;    // content under other keys is checked by its checksum alone
    bool finds_orphans = false;  // find_orphans will be called: the name of each content is kept in memory
  };
  using Report = std::function<void(Finding)>;
  Examination(const Means& means, Report report) : means_(means), report_(std::move(report)) {}

  /// Looks at the next documents and their contents, of about `bytes_max` bytes. False: that was the end of a round.
  bool step(uint64_t bytes_max);
  uint64_t contents() const { return contents_; }  // looked at
  uint64_t bytes() const { return bytes_; }

  /// What could go: documents to be erased, blobs to be removed.
  struct Orphans {
    std::vector<std::string> documents;
    std::vector<blob::BlobId> blobs;
  };
  /// The other way: what is kept and nothing names. After a round, while nobody changes anything.
  Orphans find_orphans();

 private:
  struct Content;
  void look_at(const std::string& document, const std::string& text);
  void look_at_parts(const std::string& bucket, const std::string& key, const std::string& upload, bool own_key);
  void look_at_content(const std::string& document, const Content& content);
  void look_at_blob(const std::string& document, const Content& content);
  void report(Finding::Kind kind, std::string_view what, std::string_view how);

  const Means means_;
  const Report report_;
  size_t family_ = 0;  // of documents: the one that is looked at
  std::string at_;     // its last key that was
  uint64_t contents_ = 0, bytes_ = 0;
  std::unordered_set<std::string> contents_named_, uploads_named_;  // of this round
};

}  // namespace cairn::s3
