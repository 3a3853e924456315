#include "http/local_exchange.h"

#include <algorithm>
#include <cstring>

#include "http/parser.h"

namespace cairn::http {
namespace {
constexpr size_t kHeadBytesMax = 64 << 10;
constexpr size_t kHeadersMax = 200;
}  // namespace

LocalExchange::LocalExchange(std::string head, std::string body, Peer peer, Answered answered)
    : head_bytes_(std::move(head)), body_(std::move(body)), peer_(std::move(peer)), answered_(std::move(answered)) {
  auto parsed = parse_head(head_bytes_, kHeadBytesMax, kHeadersMax);
  if (!parsed || parsed->bytes == 0) return;
  head_ = std::move(parsed->head);
  sound_ = true;
}

LocalExchange::~LocalExchange() {
  if (answered_) std::exchange(answered_, nullptr)(Response{.status = 500});
}

void LocalExchange::respond(Response response) {
  if (answered_) std::exchange(answered_, nullptr)(std::move(response));
}

Result<size_t, BodyFailure> LocalExchange::read(std::span<char> out) {
  const size_t n = std::min(out.size(), body_.size() - read_);
  std::memcpy(out.data(), body_.data() + read_, n);
  read_ += n;
  return n;
}

}  // namespace cairn::http
