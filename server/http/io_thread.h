// One I/O thread: an io_context, the connections that live on it, and the sweep that ends what is late. The server owns
// a few of them. Functions are for the server's thread unless they say otherwise.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <list>
#include <memory>
#include <thread>

#include "server/http/asio.h"
#include "server/http/shared.h"

namespace objstore::http {

class Connection;
class TlsContext;

class IoThread {
 public:
  explicit IoThread(Shared& shared);
  ~IoThread();  // after join()
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  asio::io_context& context() noexcept { return context_; }
  void start();
  // Any thread. Serves the connection here; `ended` is called on this thread when it is over.
  void adopt(Socket socket, std::shared_ptr<TlsContext> tls, Origin origin, std::move_only_function<void()> ended);
  // Cuts the connections that the network's rules do not admit now.
  void review();
  // Ends idle connections, and the others after their request.
  void stop_soon();
  // Ends all connections as soon as their handlers return.
  void abort();
  // After the last connection and acceptor on this thread has ended.
  void join();

 private:
  struct Resident;
  void serve(std::unique_ptr<Resident> resident);
  void sweep();

  Shared& shared_;
  asio::io_context context_;
  asio::executor_work_guard<IoExecutor> work_;
  asio::steady_timer timer_;
  std::chrono::milliseconds sweep_interval_;
  std::list<std::unique_ptr<Resident>> residents_;  // of the I/O thread
  bool is_aborting_ = false;                        // of the I/O thread
  bool is_ending_ = false;                          // of the I/O thread: no sweep follows
  std::thread thread_;
};

}  // namespace objstore::http
