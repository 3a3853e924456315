#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace cairn::archive {

/// One gzip member, made piece by piece: for what is sent while it is read. `gzip` (archive/log_file.h) makes smaller ones.
class GzipStream {
 public:
  GzipStream();
  ~GzipStream();
  /// What can be sent by now of all that was given; may be nothing yet.
  std::string feed(std::string_view bytes);
  /// The rest. Nothing may follow.
  std::string finish();

 private:
  std::string run(std::string_view bytes, bool is_last);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::archive
