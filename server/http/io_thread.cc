#include "server/http/io_thread.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "common/base/log.h"
#include "server/http/connection.h"

namespace objstore::http {
namespace {

constexpr std::chrono::milliseconds kSweepIntervalMin{10};
constexpr std::chrono::milliseconds kSweepIntervalMax{250};

// Often enough that no timeout is late by more than a quarter.
std::chrono::milliseconds sweep_interval(const Timeouts& timeouts) {
  const auto shortest =
      std::min({timeouts.head, timeouts.idle, timeouts.handshake, timeouts.body_grace, timeouts.stall});
  return std::clamp(shortest / 4, kSweepIntervalMin, kSweepIntervalMax);
}

void log_escaped(std::exception_ptr exception) {
  try {
    std::rethrow_exception(std::move(exception));
  } catch (const std::exception& e) {
    log::error("a connection ended with an exception", {{"what", e.what()}});
  } catch (...) {
    log::error("a connection ended with an exception");
  }
}

}  // namespace

struct IoThread::Resident {
  Resident(Shared& shared, const IoExecutor& io, Socket socket, std::shared_ptr<TlsContext> tls, Origin origin,
           std::move_only_function<void()> e)
      : ended(std::move(e)), connection(shared, io, std::move(socket), std::move(tls), std::move(origin)) {}
  std::move_only_function<void()> ended;
  Connection connection;
};

IoThread::IoThread(Shared& shared)
    : shared_(shared),
      context_(1),
      work_(context_.get_executor()),
      timer_(context_),
      sweep_interval_(sweep_interval(shared.options.timeouts)) {}

IoThread::~IoThread() {
  CHECK(!thread_.joinable());
}

void IoThread::start() {
  sweep();
  thread_ = std::thread([this] { context_.run(); });
}

void IoThread::join() {
  asio::post(context_, [this] {
    is_ending_ = true;
    timer_.cancel();
    work_.reset();
  });
  if (thread_.joinable()) thread_.join();
}

void IoThread::adopt(Socket socket, std::shared_ptr<TlsContext> tls, Origin origin,
                     std::move_only_function<void()> ended) {
  auto resident = std::make_unique<Resident>(shared_, context_.get_executor(), std::move(socket), std::move(tls),
                                             std::move(origin), std::move(ended));
  asio::post(context_, [this, r = std::move(resident)]() mutable { serve(std::move(r)); });
}

void IoThread::serve(std::unique_ptr<Resident> resident) {
  residents_.push_front(std::move(resident));
  const auto place = residents_.begin();
  Connection& connection = (*place)->connection;
  // The rules may have changed since it was accepted.
  if (is_aborting_ || !connection.is_admitted()) connection.abort();
  asio::co_spawn(context_.get_executor(), connection.run(), [this, place](std::exception_ptr exception) {
    if (exception) log_escaped(std::move(exception));
    auto ended = std::move((*place)->ended);
    residents_.erase(place);
    ended();
  });
}

void IoThread::stop_soon() {
  asio::post(context_, [this] {
    for (const auto& resident : residents_) resident->connection.stop_soon();
  });
}

void IoThread::review() {
  asio::post(context_, [this] {
    for (const auto& resident : residents_)
      if (!resident->connection.is_admitted()) resident->connection.abort();
  });
}

void IoThread::abort() {
  asio::post(context_, [this] {
    is_aborting_ = true;
    for (const auto& resident : residents_) resident->connection.abort();
  });
}

void IoThread::sweep() {
  timer_.expires_after(sweep_interval_);
  timer_.async_wait([this](error_code error) {
    // A wait that has ended just before it is cancelled comes without an error, and would begin the next one for ever.
    if (error || is_ending_) return;
    const auto now = shared_.clock.steady_now();
    const bool is_pressed = shared_.replies.is_pressed();
    for (const auto& resident : residents_) resident->connection.expire(now, is_pressed);
    sweep();
  });
}

}  // namespace objstore::http
