#include "http/exchange.h"

#include "base/check.h"
#include "http/io_thread.h"

namespace cairn::http {
namespace {

constexpr size_t kBodyKept = 16 << 10;  // a body string this large is kept for the next request

thread_local const ExchangeImpl* in_handler = nullptr;

}  // namespace

void ReadBuffer::make_room(size_t wanted) {
  const size_t held = size();
  if (wanted <= capacity) {
    if (begin > 0) std::memmove(data.get(), data.get() + begin, held);
  } else {
    auto larger = std::make_unique_for_overwrite<char[]>(wanted);
    if (held > 0) std::memcpy(larger.get(), data.get() + begin, held);
    data = std::move(larger);
    capacity = wanted;
  }
  begin = 0;
  end = held;
}

void ReadBuffer::append(std::string_view bytes) {
  if (bytes.empty()) return;
  CHECK(bytes.size() <= capacity - end);
  std::memcpy(data.get() + end, bytes.data(), bytes.size());
  end += bytes.size();
}

void StreamBuffer::open(size_t bytes_max, bool awaits_wish) {
  const std::lock_guard lock(mutex_);
  data_.clear();
  offset_ = 0;
  bytes_max_ = bytes_max;
  wished_ = awaits_room_ = finished_ = false;
  awaits_wish_ = awaits_wish;
  failure_.reset();
}

Result<size_t, BodyFailure> StreamBuffer::read(std::span<char> out, const std::function<void()>& wake) {
  if (out.empty()) return 0;
  std::unique_lock lock(mutex_);
  wished_ = true;
  if (std::exchange(awaits_wish_, false)) {
    lock.unlock();
    wake();
    lock.lock();
  }
  changed_.wait(lock, [&] { return offset_ < data_.size() || finished_ || failure_; });
  const size_t n = std::min(out.size(), data_.size() - offset_);
  if (n == 0) {
    if (finished_) return 0;
    return tl::unexpected(*failure_);
  }
  std::memcpy(out.data(), data_.data() + offset_, n);
  offset_ += n;
  if (offset_ == data_.size()) {
    data_.clear();
    offset_ = 0;
  }
  const bool room = awaits_room_ && data_.size() - offset_ <= bytes_max_ / 2;
  if (room) awaits_room_ = false;
  lock.unlock();
  if (room) wake();
  return n;
}

bool StreamBuffer::wished_for() const {
  const std::lock_guard lock(mutex_);
  return wished_;
}

size_t StreamBuffer::room() {
  const std::lock_guard lock(mutex_);
  const size_t held = data_.size() - offset_;
  awaits_room_ = held >= bytes_max_;
  return bytes_max_ - std::min(held, bytes_max_);
}

void StreamBuffer::append(std::string_view bytes) {
  if (bytes.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    if (offset_ > 0 && data_.size() + bytes.size() > data_.capacity()) {  // rather move than grow: the limit is on memory
      data_.erase(0, offset_);
      offset_ = 0;
    }
    data_.append(bytes);
  }
  changed_.notify_one();
}

void StreamBuffer::finish() {
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
  }
  changed_.notify_all();
}

void StreamBuffer::fail(BodyFailure failure) {
  {
    const std::lock_guard lock(mutex_);
    if (!finished_ && !failure_) failure_ = failure;
  }
  changed_.notify_all();
}

ExchangeImpl::InHandler::InHandler(const ExchangeImpl* exchange) : outer_(std::exchange(in_handler, exchange)) {}
ExchangeImpl::InHandler::~InHandler() { in_handler = outer_; }

ExchangeImpl::ExchangeImpl(std::shared_ptr<IoThread> io, std::shared_ptr<const Peer> peer) : io_(std::move(io)), peer_(std::move(peer)) {}
ExchangeImpl::~ExchangeImpl() = default;

std::shared_ptr<Exchange> ExchangeImpl::lend(Head head) {
  CHECK(!lent());
  head_ = std::move(head);
  body_bytes_.store(0, std::memory_order_relaxed);
  answer_.store(Answer::kNone, std::memory_order_relaxed);
  lent_.store(true, std::memory_order_relaxed);
  return std::shared_ptr<Exchange>(this, Return{shared_from_this()});
}

void ExchangeImpl::returned() {
  Response silence;
  silence.status = 500;
  silence.close = true;
  give(std::move(silence));  // no effect if there is an answer
  attachment.reset();
  if (body_.capacity() > kBodyKept) body_ = std::string();
  body_.clear();
  if (reserved_ > 0) io_->shared().buffered_bytes.fetch_sub(std::exchange(reserved_, 0));
  lent_.store(false, std::memory_order_release);
}

bool ExchangeImpl::give(Response&& response) {
  Answer none = Answer::kNone;
  if (!answer_.compare_exchange_strong(none, Answer::kBeingGiven)) return none == Answer::kServers;
  response_ = std::move(response);
  answer_.store(Answer::kGiven, std::memory_order_release);
  if (in_handler != this) notify();
  return true;
}

void ExchangeImpl::respond(Response response) { CHECK(give(std::move(response))); }

bool ExchangeImpl::take_over() {
  Answer none = Answer::kNone;
  return answer_.compare_exchange_strong(none, Answer::kServers);
}

bool ExchangeImpl::reserve_body(size_t bytes) {
  std::atomic<size_t>& all = io_->shared().buffered_bytes;
  if (all.fetch_add(bytes) + bytes > io_->shared().options.buffered_bytes_max) {
    all.fetch_sub(bytes);
    return false;
  }
  reserved_ += bytes;
  return true;
}

Result<size_t, BodyFailure> ExchangeImpl::read(std::span<char> out) {
  return stream.read(out, [this] { notify(); });
}

void ExchangeImpl::notify() { io_->wake(shared_from_this()); }

}  // namespace cairn::http
