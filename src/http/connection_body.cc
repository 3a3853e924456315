#include <fmt/format.h>

#include "base/log.h"
#include "http/connection.h"
#include "http/live_source.h"

/// The half of a connection that moves bodies: requests' from the socket to handlers, answers' from their sources to the socket.
namespace cairn::http {
namespace {

constexpr size_t kPullBytes = 128 << 10;  // one read of a BodySource; two are in flight

/// A BodySource at work on the source threads: fills one of two buffers while the other is being sent.
struct Pull {
  std::shared_ptr<ExchangeImpl> exchange;
  std::unique_ptr<BodySource> source;
  std::unique_ptr<char[]> buffers[2];
  std::atomic<bool> done{true};
  bool failed = false;

  static void start(std::shared_ptr<Pull> pull, asio::thread_pool& threads, int which, size_t bytes) {
    pull->done.store(false, std::memory_order_relaxed);
    asio::post(threads, [pull = std::move(pull), which, bytes] {
      std::span<char> out(pull->buffers[which].get(), bytes);
      while (!out.empty()) {
        const Result<size_t> n = pull->source->read(out);
        if (!n || *n == 0) {
          pull->failed = true;
          log::error("an answer's body broke off", {{"error", n ? "fewer bytes than declared" : n.error().message}});
          break;
        }
        out = out.subspan(*n);
      }
      pull->done.store(true, std::memory_order_release);
      pull->exchange->notify();
    });
  }
};

/// A LiveSource at work on the source threads.
struct Live {
  std::shared_ptr<ExchangeImpl> exchange;
  std::unique_ptr<BodySource> source;
  LiveSource::Piece piece;
  std::atomic<bool> done{true};

  static void start(std::shared_ptr<Live> live, asio::thread_pool& threads) {
    live->done.store(false, std::memory_order_relaxed);
    asio::post(threads, [live = std::move(live)] {
      live->piece = static_cast<LiveSource&>(*live->source).next();
      live->done.store(true, std::memory_order_release);
      live->exchange->notify();
    });
  }
};

}  // namespace

void Connection::begin_body(const Head& head) {
  body_ = BodyState{};
  body_.chunked = head.chunked;
  body_.left = head.content_length.value_or(0);
  body_.done = !head.chunked && body_.left == 0;
  body_.continue_owed = head.expect_continue && exchange_->buffer.size() == 0;
}

/// Takes what of `bytes` belongs to the body; appends its payload to `out`. Returns how many bytes it took.
size_t Connection::feed_body(std::string_view bytes, std::string& out) {
  if (body_.done || body_.bad) return 0;
  size_t taken = 0;
  if (body_.chunked) {
    const ChunkedDecoder::State state = body_.decoder.feed(bytes, taken, out);
    body_.done = state == ChunkedDecoder::State::kDone;
    body_.bad = state == ChunkedDecoder::State::kBad;
  } else {
    taken = std::min<uint64_t>(bytes.size(), body_.left);
    out.append(bytes.substr(0, taken));
    body_.left -= taken;
    body_.done = body_.left == 0;
  }
  return taken;
}

/// Moves what `bytes` has of the body to the exchange, and `bytes` along. A result when that ends the matter.
std::optional<Connection::Buffered> Connection::buffer_body(std::string_view& bytes, uint64_t bytes_max) {
  ExchangeImpl& exchange = *exchange_;
  if (body_.done && !body_.continue_owed) return Buffered{};
  const auto over = [&](BodyFailure failure) {
    body_.given_up = failure != BodyFailure::kTooLarge;
    return Buffered{.failure = failure};
  };
  if (!body_.chunked && exchange.body().size() + body_.left > bytes_max) return over(BodyFailure::kTooLarge);
  if (bytes.empty()) return std::nullopt;
  const size_t expected = body_.chunked ? bytes.size() : std::min<uint64_t>(bytes.size(), body_.left);
  if (!exchange.reserve_body(expected)) return Buffered{.no_memory = true};
  if (!body_.chunked && exchange.body().empty()) exchange.body().reserve(body_.left);
  const size_t before = exchange.body().size();
  bytes.remove_prefix(feed_body(bytes, exchange.body()));
  exchange.count_body(exchange.body().size() - before);
  if (exchange.body().size() > bytes_max) return over(BodyFailure::kTooLarge);
  if (body_.bad) return over(BodyFailure::kMalformed);
  if (body_.done) return Buffered{};
  return std::nullopt;
}

/// The time for a body runs until a good piece of it came, not from byte to byte: else one byte now and then would hold a thread.
void Connection::arm_body() {
  timed_out_ = false;
  if (body_.deadline == kNoDeadline) {
    body_.deadline = io_->deadline(options().body_timeout);
    body_.moved = 0;
  }
  deadline_ = body_.deadline;
}

void Connection::body_moved(size_t bytes) {
  body_.moved += bytes;
  if (body_.moved >= kProgressBytes) body_.deadline = kNoDeadline;
}

Awaitable<Connection::Buffered> Connection::receive_body(uint64_t bytes_max) {
  if (body_.continue_owed) {
    const bool sent = co_await send_continue();
    if (!sent) {
      body_.given_up = true;
      co_return Buffered{.failure = BodyFailure::kClosed};
    }
    if (body_.done) co_return Buffered{};
  }
  for (;;) {
    arm_body();
    error_code problem;
    const size_t n = co_await read_some(transfer_space(kTransferBytes), problem);
    body_moved(n);
    if (n == 0) {
      body_.given_up = true;
      if (timed_out_) io_->shared().timeouts.fetch_add(1, std::memory_order_relaxed);
      const BodyFailure failure = timed_out_ ? BodyFailure::kTimeout : BodyFailure::kClosed;
      disarm();
      co_return Buffered{.failure = failure};
    }
    disarm();
    std::string_view bytes = transfer(n);
    std::optional<Buffered> result = buffer_body(bytes, bytes_max);
    if (result) {
      if (body_.done) carry_ = bytes;
      co_return std::move(*result);
    }
  }
}

/// Carries the body from the socket to the reader until it is complete, cannot be, or the answer is there before it.
Awaitable<void> Connection::pump_body() {
  ExchangeImpl& exchange = *exchange_;
  std::string payload;
  const auto fail = [&](BodyFailure failure) {
    body_.given_up = true;
    exchange.stream.fail(failure);
  };
  while (!body_.done && !exchange.answered() && !aborted_) {
    if (body_.continue_owed) {  // not one byte before somebody wants the body
      if (!exchange.stream.wished_for()) {
        co_await park();
        continue;
      }
      const bool sent = co_await send_continue();
      if (!sent) {
        fail(BodyFailure::kClosed);
        break;
      }
      continue;
    }
    const size_t room = exchange.stream.room();
    if (room == 0) {
      body_.deadline = kNoDeadline;  // it is the reader who takes his time
      co_await park();
      continue;
    }
    std::string_view bytes = exchange.buffer.unread().substr(0, room);
    const bool ahead = !bytes.empty();
    if (!ahead) {
      arm_body();
      answer_ends_read_ = true;
      error_code problem;
      const size_t n = co_await read_some(transfer_space(room), problem);
      body_moved(n);
      answer_ends_read_ = false;
      const bool timed_out = timed_out_;
      disarm();
      if (n == 0) {
        if (exchange.answered() && problem == asio::error::operation_aborted && !timed_out) break;
        if (timed_out) io_->shared().timeouts.fetch_add(1, std::memory_order_relaxed);
        fail(timed_out ? BodyFailure::kTimeout : BodyFailure::kClosed);
        break;
      }
      bytes = transfer(n);
    }
    size_t taken;
    if (body_.chunked) {
      payload.clear();
      taken = feed_body(bytes, payload);
      exchange.count_body(payload.size());
      exchange.stream.append(payload);
    } else {  // as feed_body, without the copy
      taken = std::min<uint64_t>(bytes.size(), body_.left);
      body_.left -= taken;
      body_.done = body_.left == 0;
      exchange.count_body(taken);
      exchange.stream.append(bytes.substr(0, taken));
    }
    if (ahead) exchange.buffer.begin += taken;
    else carry_ = bytes.substr(taken);
    if (body_.bad) {
      fail(BodyFailure::kMalformed);
      break;
    }
  }
  if (body_.done) exchange.stream.finish();
  while (!exchange.answered() && !aborted_) {
    co_await park();
  }
  exchange.stream.fail(BodyFailure::kClosed);  // whoever reads on after the answer
}

/// Reads and drops the rest of an unwanted body; false when the connection cannot go on.
Awaitable<bool> Connection::discard_body() {
  std::string dropped;
  while (!body_.done) {
    std::string_view bytes = exchange_->buffer.unread();
    if (!bytes.empty()) {
      exchange_->buffer.begin += feed_body(bytes, dropped);
    } else {
      arm(options().body_timeout);
      error_code problem;
      const size_t n = co_await read_some(transfer_space(kTransferBytes), problem);
      disarm();
      if (n == 0) co_return false;
      bytes = transfer(n);
      carry_ = bytes.substr(feed_body(bytes, dropped));
    }
    if (body_.bad) co_return false;
    dropped.clear();
  }
  co_return true;
}

/// Sends out_ and the source's bytes, one buffer being filled while the other is on its way.
Awaitable<bool> Connection::send_source(Response response) {
  uint64_t to_pull = response.source_bytes;
  const size_t piece = std::min<uint64_t>(to_pull, kPullBytes);
  auto pull = std::make_shared<Pull>();
  pull->exchange = exchange_;
  pull->source = std::move(response.source);
  pull->buffers[0] = std::make_unique_for_overwrite<char[]>(piece);
  if (to_pull > piece) pull->buffers[1] = std::make_unique_for_overwrite<char[]>(piece);
  asio::thread_pool& threads = *io_->shared().sources;
  int which = 0;
  size_t coming = piece;
  Pull::start(pull, threads, which, coming);
  to_pull -= coming;
  bool head_sent = false;
  while (coming > 0) {
    while (!pull->done.load(std::memory_order_acquire) && !aborted_) {
      co_await park();
    }
    if (aborted_ || pull->failed) co_return false;  // the length was promised: only a broken connection can tell
    const std::string_view bytes(pull->buffers[which].get(), coming);
    which = 1 - which;
    coming = std::min<uint64_t>(to_pull, piece);
    if (coming > 0) Pull::start(pull, threads, which, coming);
    to_pull -= coming;
    const bool joined = !head_sent && bytes.size() <= kJoinBytesMax;
    if (joined) out_ += bytes;
    bool sent = true;
    if (!head_sent) {
      sent = co_await write(out_);
    }
    head_sent = true;
    if (sent && !joined) {
      sent = co_await write(bytes);
    }
    if (!sent) co_return false;
  }
  co_return true;
}

/// Sends out_ and the pieces of a live source, each when its time has come; false when the connection is not as it was promised.
Awaitable<bool> Connection::send_live(Response response, bool chunked) {
  bool sent = co_await write(out_);
  if (!sent) co_return false;
  auto live = std::make_shared<Live>();
  live->exchange = exchange_;
  live->source = std::move(response.source);
  asio::thread_pool& threads = *io_->shared().sources;
  for (;;) {
    Live::start(live, threads);
    while (!live->done.load(std::memory_order_acquire) && !aborted_) {
      co_await park();
    }
    if (aborted_) co_return false;
    const bool is_last = live->piece.is_last || io_->stopping();
    if (live->piece.is_broken || (is_last && !live->piece.is_last && !static_cast<LiveSource&>(*live->source).may_end_early()))
      co_return false;
    out_.clear();
    if (chunked && !live->piece.bytes.empty()) out_ += fmt::format("{:x}\r\n", live->piece.bytes.size());
    out_ += live->piece.bytes;
    if (chunked && !live->piece.bytes.empty()) out_ += "\r\n";
    if (chunked && is_last) out_ += "0\r\n\r\n";
    if (!out_.empty()) {
      sent = co_await write(out_);
    }
    if (!sent || is_last) co_return sent;
    if (live->piece.pause.count() > 0) {
      co_await pause(live->piece.pause);
    }
    if (aborted_) co_return false;
  }
}

Awaitable<void> Connection::pause(std::chrono::milliseconds time) {
  Timer timer(io_->context());
  timer.expires_after(time);
  error_code ignored;
  co_await timer.async_wait(asio::redirect_error(kAwait, ignored));
}

asio::mutable_buffer Connection::transfer_space(size_t bytes_max) {
  if (!transfer_) transfer_ = std::make_unique_for_overwrite<char[]>(kTransferBytes);
  return {transfer_.get(), std::min(bytes_max, kTransferBytes)};
}

}  // namespace cairn::http
