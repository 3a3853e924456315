#pragma once
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "http/server.h"

namespace cairn::http {

class Connection;
class IoThread;

/// Bytes off the wire: [begin, end) are unread. What lies before `begin` stays where it is while a request looks at it.
struct ReadBuffer {
  std::unique_ptr<char[]> data;
  size_t capacity = 0, begin = 0, end = 0;

  std::string_view unread() const { return {data.get() + begin, end - begin}; }
  size_t size() const { return end - begin; }
  /// Moves the unread bytes to the front, with room for `wanted` bytes in all. Kills every view into the buffer.
  void make_room(size_t wanted);
  void append(std::string_view bytes);  // make_room first
};

/// Body bytes between the socket and a reader on another thread, `bytes_max` at most.
class StreamBuffer {
 public:
  /// Any state -> fresh. Only while no reader exists.
  void open(size_t bytes_max, bool awaits_wish);

  // The reader's side: blocks. `wake` is set when the connection waits for what this call changed.
  Result<size_t, BodyFailure> read(std::span<char> out, const std::function<void()>& wake);

  // The connection's side.
  bool wished_for() const;              // a first read has happened
  size_t room();                        // 0: full; the connection is woken once half is free
  void append(std::string_view bytes);  // at most room()
  void finish();                        // the body is complete
  void fail(BodyFailure failure);       // no effect after finish

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string data_;
  size_t offset_ = 0, bytes_max_ = 0;
  bool wished_ = false, awaits_wish_ = false, awaits_room_ = false, finished_ = false;
  std::optional<BodyFailure> failure_;
};

/// One request, and the bytes its head lies in. A connection uses one over and over, as long as no handler keeps it; kept ones
/// stay whole by themselves, whatever becomes of connection and server.
class ExchangeImpl final : public Exchange, public BodyReader, public std::enable_shared_from_this<ExchangeImpl> {
 public:
  ExchangeImpl(std::shared_ptr<IoThread> io, std::shared_ptr<const Peer> peer);
  ~ExchangeImpl() override;

  // Handlers' side: any thread.
  const Head& head() const override { return head_; }
  const Peer& peer() const override { return *peer_; }
  std::string& body() override { return body_; }
  BodyReader& reader() override { return *this; }
  void respond(Response response) override;
  uint64_t body_bytes() const override { return body_bytes_.load(std::memory_order_relaxed); }
  Result<size_t, BodyFailure> read(std::span<char> out) override;

  // The connection's side: io thread.
  ReadBuffer buffer;
  StreamBuffer stream;
  Connection* connection = nullptr;  // null once it moved on or is gone
  /// Starts a request. The handle is what handlers share; when the last copy goes, an unanswered request is answered 500.
  std::shared_ptr<Exchange> lend(Head head);
  bool lent() const { return lent_.load(std::memory_order_acquire); }
  bool answered() const { return answer_.load(std::memory_order_acquire) == Answer::kGiven; }
  Response& response() { return response_; }
  void count_body(size_t bytes) { body_bytes_.fetch_add(bytes, std::memory_order_relaxed); }
  /// Takes `bytes` more of the memory that all buffered bodies share; false: there is none. Given back when the handle goes.
  bool reserve_body(size_t bytes);
  /// The server answers by itself; a later respond() is ignored. False: the handler was first.
  bool take_over();
  void notify();  // any thread: Connection::woken will run

  /// While one lives, respond() on this thread to `exchange` needs no wake-up: the caller looks right afterwards.
  class InHandler {
   public:
    explicit InHandler(const ExchangeImpl* exchange);
    ~InHandler();

   private:
    const ExchangeImpl* outer_;
  };

 private:
  enum class Answer { kNone, kBeingGiven, kGiven, kServers };
  struct Return {
    std::shared_ptr<ExchangeImpl> exchange;
    void operator()(Exchange*) const { exchange->returned(); }
  };
  void returned();
  bool give(Response&& response);

  std::shared_ptr<IoThread> io_;
  std::shared_ptr<const Peer> peer_;
  Head head_;
  std::string body_;
  size_t reserved_ = 0;
  std::atomic<uint64_t> body_bytes_{0};
  Response response_;
  std::atomic<Answer> answer_{Answer::kNone};
  std::atomic<bool> lent_{false};
};

}  // namespace cairn::http
