#pragma once
#include <chrono>
#include <string>

#include "http/server.h"

namespace cairn::http {

/// An answer that is made while it is sent, and whose length nobody knows when it begins: given as Response::source, sent in chunks (to
/// HTTP/1.0: until the connection closes). Between two pieces it occupies no thread.
class LiveSource : public BodySource {
 public:
  struct Piece {
    std::string bytes;
    bool is_last = false;
    bool is_broken = false;              // nothing more can come: the connection breaks off, so that nobody takes this for the whole
    std::chrono::milliseconds pause{0};  // before the next is asked for
  };
  /// On a pool thread of the server, one call at a time; must be quick. It is asked for as fast as the client reads, and destroyed when
  /// that has gone.
  virtual Piece next() = 0;
  /// Whether a server that stops may end the answer after any piece; else it breaks off.
  virtual bool may_end_early() const { return true; }

 private:
  Result<size_t> read(std::span<char>) final { return failure("an answer without a length"); }
};

/// The answer's source, if it is one.
inline LiveSource* live_source_of(const Response& response) { return dynamic_cast<LiveSource*>(response.source.get()); }

}  // namespace cairn::http
