#pragma once
#include <functional>
#include <string>

#include "http/server.h"

namespace cairn::http {

/// A request without a socket: one that a part of this process makes of a Handler. One thread at a time until handled.
class LocalExchange final : public Exchange, BodyReader {
 public:
  using Answered = std::function<void(Response)>;

  /// `head`: request line and headers, with the blank line. `answered` is called once, on the thread that answers; with 500 when
  /// the request is dropped unanswered, as on a socket.
  LocalExchange(std::string head, std::string body, Peer peer, Answered answered);
  ~LocalExchange() override;

  bool sound() const { return sound_; }  // false: the head is no HTTP/1.1
  void stream() { streamed_ = true; }    // the handler wants to read the body by and by
  const Head& head() const override { return head_; }
  const Peer& peer() const override { return peer_; }
  std::string& body() override { return streamed_ ? nothing_ : body_; }
  BodyReader& reader() override { return *this; }
  void respond(Response response) override;
  uint64_t body_bytes() const override { return streamed_ ? read_ : body_.size(); }

 private:
  Result<size_t, BodyFailure> read(std::span<char> out) override;

  std::string head_bytes_, body_, nothing_;
  Peer peer_;
  Answered answered_;
  Head head_;
  bool sound_ = false;
  bool streamed_ = false;
  size_t read_ = 0;
};

}  // namespace cairn::http
