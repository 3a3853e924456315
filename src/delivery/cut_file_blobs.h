#pragma once
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/result.h"
#include "blob/store.h"
#include "delivery/cursor.h"
#include "env/random.h"

namespace cairn::delivery {

/// The bytes of one trail's files between their cutting and their arrival: a blob each, sealed with a key of its own where the server
/// seals what it keeps. One thread.
class CutFileBlobs {
 public:
  /// `blobs`, `random` and `object_key` outlive this. `object_key`: seals the blobs' keys; empty: blobs are as they are.
  CutFileBlobs(blob::Store& blobs, env::Random& random, const Secret& object_key, std::string trail_id);

  /// Keeps `gzip`, and names the blob and its key in `file`. False: the disk takes nothing now.
  bool write(CutFile& file, std::string_view gzip);
  Result<std::string> read(const CutFile& file) const;
  void remove(const CutFile& file);

 private:
  blob::Store& blobs_;
  env::Random& random_;
  const Secret& object_key_;
  const std::string trail_id_;
};

}  // namespace cairn::delivery
