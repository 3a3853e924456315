#include "http/io_thread.h"

#include "base/check.h"
#include "base/log.h"
#include "base/time.h"
#include "http/connection.h"
#include "http/exchange.h"

namespace cairn::http {
namespace {

/// Often enough that the shortest timeout is kept to a quarter, seldom enough to cost nothing.
std::chrono::nanoseconds sweep_interval(const Options& options) {
  const auto shortest = std::min({options.head_timeout, options.idle_timeout, options.body_timeout});
  return std::clamp<std::chrono::nanoseconds>(shortest / 4, std::chrono::milliseconds(5), std::chrono::seconds(1));
}

}  // namespace

IoThread::IoThread(std::shared_ptr<Shared> shared) : shared_(std::move(shared)), sweep_every_(sweep_interval(shared_->options)) {}
IoThread::~IoThread() = default;

void IoThread::run() {
  context_.run();
  // From here on nobody waits for wakes; keeping them would tie this object and the exchanges to each other.
  std::vector<std::shared_ptr<ExchangeImpl>> rest;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    rest.swap(woken_);
  }
}

void IoThread::wake(std::shared_ptr<ExchangeImpl> exchange) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    woken_.push_back(std::move(exchange));
    if (woken_.size() > 1) return;
  }
  asio::post(context_, [this] { drain(); });
}

void IoThread::drain() {
  {
    const std::lock_guard lock(mutex_);
    draining_.swap(woken_);
  }
  for (const std::shared_ptr<ExchangeImpl>& exchange : draining_) {
    if (exchange->connection != nullptr) exchange->connection->woken();
  }
  draining_.clear();
}

void IoThread::serve(Socket socket, Peer peer) {
  auto connection = std::make_shared<Connection>(shared_from_this(), std::move(socket), std::move(peer));
  asio::co_spawn(context_, connection->run(connection), [](std::exception_ptr problem) {
    try {
      if (problem) std::rethrow_exception(problem);
    } catch (const std::exception& e) {
      log::error("a connection failed", {{"error", e.what()}});
    }
  });
}

void IoThread::add(Connection* connection) {
  now_ = shared_->clock->steady();
  connection->slot = connections_.size();
  connections_.push_back(connection);
  if (!sweeping_) arm_sweep();
}

void IoThread::remove(Connection* connection) {
  CHECK(connections_[connection->slot] == connection);
  connections_[connection->slot] = connections_.back();
  connections_[connection->slot]->slot = connection->slot;
  connections_.pop_back();
  if (connections_.empty()) sweep_timer_.cancel();
  const std::lock_guard lock(shared_->mutex);
  if (shared_->open_connections.fetch_sub(1) == 1) shared_->all_closed.notify_all();
}

void IoThread::arm_sweep() {
  sweeping_ = true;
  sweep_timer_.expires_after(sweep_every_);
  sweep_timer_.async_wait([this](const error_code&) {
    sweeping_ = false;
    if (connections_.empty()) return;
    sweep();
    arm_sweep();
  });
}

void IoThread::sweep() {
  now_ = shared_->clock->steady();
  for (Connection* connection : connections_) connection->check_deadline(now_);
}

std::string_view IoThread::date_line() {
  const auto now = std::chrono::floor<std::chrono::seconds>(shared_->clock->now());
  if (now != date_ || date_line_.empty()) {
    date_ = now;
    date_line_ = "Date: " + timestamps::http_date(now) + "\r\n";
  }
  return date_line_;
}

void IoThread::stop_gently() {
  stopping_ = true;
  for (Connection* connection : connections_) connection->stop_if_idle();
}

void IoThread::abort_all() {
  stopping_ = true;
  const std::vector<Connection*> all = connections_;
  // A connection that is resumed here may end and free itself, never another.
  for (Connection* connection : all) connection->abort();
}

}  // namespace cairn::http
