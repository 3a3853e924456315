#pragma once
#include <functional>
#include <memory>
#include <string>

#include "http/parser.h"
#include "http/server.h"

namespace cairn::sim {

/// A request without a socket: what the pipeline sees of one, and the answer it gave.
class SimExchange final : public http::Exchange, http::BodyReader {
 public:
  SimExchange(std::string head, std::string body, std::function<void(http::Response)> answered)
      : head_bytes_(std::move(head)), body_(std::move(body)), answered_(std::move(answered)) {
    auto parsed = http::parse_head(head_bytes_, 64 << 10, 100);
    if (parsed) head_ = std::move(parsed->head);
  }

  const http::Head& head() const override { return head_; }
  const http::Peer& peer() const override { return peer_; }
  std::string& body() override { return streamed_ ? nothing_ : body_; }
  http::BodyReader& reader() override { return *this; }
  void respond(http::Response response) override {
    if (answered_) std::exchange(answered_, nullptr)(std::move(response));
  }
  uint64_t body_bytes() const override { return streamed_ ? read_ : body_.size(); }

  void stream() { streamed_ = true; }

 private:
  Result<size_t, http::BodyFailure> read(std::span<char> out) override {
    const size_t n = std::min(out.size(), body_.size() - read_);
    std::memcpy(out.data(), body_.data() + read_, n);
    read_ += n;
    return n;
  }

  std::string head_bytes_, body_, nothing_;
  std::function<void(http::Response)> answered_;
  http::Head head_;
  http::Peer peer_{.address = "127.0.0.1", .port = 1, .tls = std::nullopt};
  bool streamed_ = false;
  size_t read_ = 0;
};

}  // namespace cairn::sim
