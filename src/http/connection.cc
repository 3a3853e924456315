#include "http/connection.h"

#include "http/live_source.h"

namespace cairn::http {
namespace {

constexpr size_t kReadBufferBytes = 8 << 10;     // grows up to Options::head_bytes_max
constexpr uint64_t kDiscardBytesMax = 64 << 10;  // rest of an unwanted body that is dropped to keep the connection
constexpr uint64_t kLingerBytesMax = 16 << 20;   // dropped after the last answer, so that the client reads it and sees no reset
constexpr std::chrono::milliseconds kLingerTime{2000};
constexpr size_t kOutKept = 128 << 10;  // an output buffer this large is kept

bool end_of_head_in(std::string_view bytes, size_t seen) {
  return bytes.find("\r\n\r\n", seen < 3 ? 0 : seen - 3) != std::string_view::npos;
}

template <class Resumption>
struct ParkedCoroutine final : Parked {
  Resumption resumption;
  explicit ParkedCoroutine(Resumption&& r) : resumption(std::move(r)) {}
  void resume() override {
    Resumption go = std::move(resumption);
    delete this;
    std::move(go)();
  }
};

struct Parking {
  Parked** place;
  explicit Parking(Parked** p) : place(p) {}
  template <class Resumption>
  void operator()(Resumption&& resumption) const {
    *place = new ParkedCoroutine<std::decay_t<Resumption>>(std::forward<Resumption>(resumption));
  }
};

}  // namespace

Connection::Connection(std::shared_ptr<IoThread> io, Socket socket, Peer peer)
    : io_(std::move(io)), socket_(std::move(socket)), peer_(std::make_shared<Peer>(std::move(peer))) {
  if (io_->shared().tls) tls_ = std::make_unique<asio::ssl::stream<Socket&>>(socket_, *io_->shared().tls);
  io_->add(this);
}

Connection::~Connection() {
  if (exchange_) {
    exchange_->connection = nullptr;
    exchange_->stream.fail(BodyFailure::kClosed);
  }
  io_->remove(this);
}

Awaitable<void> Connection::run(std::shared_ptr<Connection> self) {
  (void)self;  // held by the coroutine's frame
  co_await serve();
  error_code ignored;
  socket_.close(ignored);
}

Awaitable<void> Connection::serve() {
  if (tls_) {
    const bool agreed = co_await handshake();
    if (!agreed) co_return;
  }
  exchange_ = std::make_shared<ExchangeImpl>(io_, peer_);
  exchange_->connection = this;
  for (;;) {
    ParsedHead parsed;
    const HeadOutcome outcome = co_await read_head(parsed);
    if (outcome == HeadOutcome::kEnd) co_return;
    io_->shared().requests.fetch_add(1, std::memory_order_relaxed);
    exchange_->buffer.begin += parsed.bytes;
    begin_body(parsed.head);
    ExchangeImpl& exchange = *exchange_;
    std::shared_ptr<Exchange> handle = exchange.lend(std::move(parsed.head));
    Handler::Plan plan;
    {
      const ExchangeImpl::InHandler here(&exchange);
      plan = handler().begin(handle);
    }
    bool no_memory = false;
    if (plan.kind == Handler::Plan::kBuffered) {
      std::string_view ahead = exchange.buffer.unread();
      const size_t ahead_bytes = ahead.size();
      std::optional<Buffered> body = buffer_body(ahead, plan.bytes_max);
      exchange.buffer.begin += ahead_bytes - ahead.size();
      if (!body) {
        body = co_await receive_body(plan.bytes_max);
      }
      if (aborted_ || body->no_memory) exchange.attachment.reset();  // handle() will not come for it
      if (aborted_) co_return;
      if (body->no_memory) {
        no_memory = exchange.take_over();
      } else {
        const ExchangeImpl::InHandler here(&exchange);
        if (body->failure) handler().body_failed(handle, *body->failure);
        else handler().handle(handle);
      }
    } else if (plan.kind == Handler::Plan::kStreamed) {
      exchange.stream.open(options().stream_buffer_bytes, body_.continue_owed);
      const ExchangeImpl::InHandler here(&exchange);
      handler().handle(handle);
    }
    {
      const ExchangeImpl::InHandler here(&exchange);
      handle.reset();
    }
    if (plan.kind == Handler::Plan::kStreamed) {
      co_await pump_body();
    }
    Response response;
    if (no_memory) {
      response.status = 503;
      response.close = true;
    } else {
      while (!exchange.answered() && !aborted_) {
        co_await park();
      }
      if (aborted_) co_return;
      response = std::move(exchange.response());
    }
    const bool goes_on = co_await answer(std::move(response));
    if (!goes_on) co_return;
    next_request();
  }
}

Awaitable<bool> Connection::handshake() {
  arm(options().head_timeout);
  error_code problem;
  co_await tls_->async_handshake(asio::ssl::stream_base::server, asio::redirect_error(kAwait, problem));
  if (timed_out_) io_->shared().timeouts.fetch_add(1, std::memory_order_relaxed);
  disarm();
  if (problem) co_return false;
  SSL* const session = tls_->native_handle();
  peer_->tls = TlsInfo{SSL_get_version(session), SSL_CIPHER_get_name(SSL_get_current_cipher(session))};
  co_return true;
}

Awaitable<Connection::HeadOutcome> Connection::read_head(ParsedHead& parsed) {
  ReadBuffer& in = exchange_->buffer;
  const size_t bytes_max = options().head_bytes_max;
  const bool first = in.capacity == 0;
  size_t parsed_bytes = 0;  // length at the last try
  bool fresh = true;        // unparsed bytes may be a whole head
  idle_ = in.size() == 0;
  arm(idle_ && !first ? options().idle_timeout : options().head_timeout);
  for (;;) {
    if (fresh && in.size() > 0) {
      parsed_bytes = in.size();
      Result<ParsedHead, HeadProblem> result = parse_head(in.unread(), bytes_max, options().headers_max);
      if (!result) {
        co_await refuse(result.error().status);
        co_return HeadOutcome::kEnd;
      }
      if (result->bytes > 0) {
        parsed = std::move(*result);
        disarm();
        co_return HeadOutcome::kRequest;
      }
    }
    if (idle_ && io_->stopping()) co_return HeadOutcome::kEnd;
    if (in.capacity == 0) {
      in.make_room(std::min(kReadBufferBytes, bytes_max));
    } else if (in.end == in.capacity) {
      in.make_room(in.begin > 0 ? in.capacity : std::min(2 * in.capacity, bytes_max));
    }
    const size_t before = in.size();
    error_code problem;
    const asio::mutable_buffer space(in.data.get() + in.end, in.capacity - in.end);
    size_t n;
    if (tls_) {
      n = co_await tls_->async_read_some(space, asio::redirect_error(kAwait, problem));
    } else {
      n = co_await socket_.async_read_some(space, asio::redirect_error(kAwait, problem));
    }
    if (n == 0) {
      if (!aborted_ && before > 0 && timed_out_) {
        io_->shared().timeouts.fetch_add(1, std::memory_order_relaxed);
        co_await refuse(408);
      }
      co_return HeadOutcome::kEnd;
    }
    if (aborted_) co_return HeadOutcome::kEnd;
    in.end += n;
    if (std::exchange(idle_, false)) arm(options().head_timeout);
    // A head that trickles in is parsed again only once it has doubled or has its end: no more than linear work in all.
    fresh = in.size() >= 2 * parsed_bytes || in.size() >= bytes_max || end_of_head_in(in.unread(), before);
  }
}

Awaitable<void> Connection::refuse(int status) {
  idle_ = false;
  if (status != 408) io_->shared().bad_requests.fetch_add(1, std::memory_order_relaxed);
  out_.clear();
  append_refusal(out_, status, io_->date_line());
  const bool sent = co_await write(out_);
  if (sent) {
    co_await linger();
  }
}

bool Connection::must_close(const Response& response) {
  if (!exchange_->head().keep_alive || response.close || io_->stopping() || body_.given_up || body_.bad) return true;
  // Without a 100 Continue nobody knows whether the client will send its body.
  if (body_.continue_owed) return true;
  if (body_.done) return false;
  // An unread body. What has arrived of it is taken; then it must be known to end soon.
  std::string dropped;
  exchange_->buffer.begin += feed_body(exchange_->buffer.unread(), dropped);
  return !body_.done && (body_.chunked || body_.left > kDiscardBytesMax);
}

/// Sends the answer; false when the connection ends here.
Awaitable<bool> Connection::answer(Response response) {
  const Head& head = exchange_->head();
  const bool head_request = head.method == "HEAD";
  const bool is_live = !head_request && live_source_of(response) != nullptr;
  const bool close = must_close(response) || (is_live && head.http_1_0);
  const Afterwards afterwards = is_live && head.http_1_0 ? Afterwards::kUntilClosed
                                : close                  ? Afterwards::kClose
                                : head.http_1_0          ? Afterwards::kKeepOpenSaid
                                                         : Afterwards::kKeepOpen;
  out_.clear();
  append_answer_head(out_, response, head_request, afterwards, io_->date_line());
  const uint64_t body_bytes = answer_body_bytes(response, head_request);
  bool sent;
  if (is_live) {
    sent = co_await send_live(std::move(response), !head.http_1_0);
  } else if (body_bytes > 0 && response.source) {
    sent = co_await send_source(std::move(response));
  } else {
    const bool joined = body_bytes <= kJoinBytesMax;
    if (joined && body_bytes > 0) out_ += response.body;
    sent = co_await write(out_);
    if (sent && !joined) {
      sent = co_await write(response.body);
    }
  }
  if (out_.capacity() > kOutKept) out_ = std::string();
  if (!sent || aborted_) co_return false;
  if (close) {
    co_await linger();
    co_return false;
  }
  bool goes_on = true;
  if (!body_.done) {
    goes_on = co_await discard_body();
  }
  co_return goes_on;
}

Awaitable<bool> Connection::send_continue() {
  body_.continue_owed = false;
  const bool sent = co_await write("HTTP/1.1 100 Continue\r\n\r\n");
  co_return sent;
}

Awaitable<bool> Connection::write(std::string_view bytes) {
  error_code problem;
  if (!tls_) {  // the socket mostly takes all at once: no suspension then
    const size_t n = socket_.write_some(asio::const_buffer(bytes.data(), bytes.size()), problem);
    if (problem && problem != asio::error::would_block) co_return false;
    bytes.remove_prefix(n);
  }
  while (!bytes.empty()) {
    arm(options().body_timeout);
    const asio::const_buffer rest(bytes.data(), bytes.size());
    size_t n;
    if (tls_) {
      n = co_await tls_->async_write_some(rest, asio::redirect_error(kAwait, problem));
    } else {
      n = co_await socket_.async_write_some(rest, asio::redirect_error(kAwait, problem));
    }
    if (problem) {
      if (timed_out_) io_->shared().timeouts.fetch_add(1, std::memory_order_relaxed);
      disarm();
      co_return false;
    }
    bytes.remove_prefix(n);
  }
  disarm();
  co_return !aborted_;
}

Awaitable<size_t> Connection::read_some(asio::mutable_buffer into, error_code& problem) {
  size_t n;
  if (tls_) {
    n = co_await tls_->async_read_some(into, asio::redirect_error(kAwait, problem));
  } else {
    n = co_await socket_.async_read_some(into, asio::redirect_error(kAwait, problem));
  }
  co_return n;
}

/// Ends the connection so that the client gets the answer: closing with bytes unread would make the kernel send a reset,
/// which can overtake it.
Awaitable<void> Connection::linger() {
  arm(std::min(kLingerTime, options().body_timeout));
  error_code problem;
  if (tls_) {
    co_await tls_->async_shutdown(asio::redirect_error(kAwait, problem));
  }
  if (timed_out_ || aborted_) co_return;
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  for (uint64_t dropped = 0; dropped < kLingerBytesMax && !timed_out_ && !aborted_;) {
    const size_t n = co_await socket_.async_read_some(transfer_space(kTransferBytes), asio::redirect_error(kAwait, problem));
    if (n == 0) break;
    dropped += n;
  }
}

Awaitable<void> Connection::park() {
  // Every object named before the co_await expression: the shape that gcc 12.2 compiles rightly.
  Parking parking(&parked_);
  asio::use_awaitable_t<Executor> token;
  co_await asio::async_initiate<asio::use_awaitable_t<Executor>, void()>(parking, token);
}

void Connection::woken() {
  if (parked_ != nullptr) {
    std::exchange(parked_, nullptr)->resume();
  } else if (answer_ends_read_ && exchange_->answered()) {
    error_code ignored;
    socket_.cancel(ignored);
  }
}

/// Leaves the exchange to the handlers that keep it, and goes on with what was read beyond the request.
void Connection::next_request() {
  transfer_.reset();
  if (!exchange_->lent() && carry_.empty()) {
    ReadBuffer& in = exchange_->buffer;
    if (in.size() == 0) in.begin = in.end = 0;
    else in.make_room(in.capacity);
    return;
  }
  const std::string_view unread = exchange_->buffer.unread();
  const size_t wanted = std::max(kReadBufferBytes, unread.size() + carry_.size());
  std::shared_ptr<ExchangeImpl> next = exchange_->lent() ? std::make_shared<ExchangeImpl>(io_, peer_) : exchange_;
  if (next != exchange_) {
    next->buffer.make_room(wanted);
    next->buffer.append(unread);
    exchange_->connection = nullptr;
    next->connection = this;
    exchange_ = std::move(next);
  } else {
    exchange_->buffer.make_room(std::max(wanted, exchange_->buffer.capacity));
  }
  exchange_->buffer.append(carry_);
  carry_ = std::string();
}

void Connection::arm(std::chrono::milliseconds timeout) {
  timed_out_ = false;
  deadline_ = io_->deadline(timeout);
}

void Connection::disarm() {
  timed_out_ = false;
  deadline_ = kNoDeadline;
}

void Connection::check_deadline(std::chrono::nanoseconds now) {
  if (now < deadline_) return;
  deadline_ = kNoDeadline;
  timed_out_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

void Connection::stop_if_idle() {
  error_code ignored;
  if (idle_) socket_.cancel(ignored);
}

void Connection::abort() {
  aborted_ = true;
  error_code ignored;
  socket_.close(ignored);
  if (parked_ != nullptr) std::exchange(parked_, nullptr)->resume();
}

}  // namespace cairn::http
