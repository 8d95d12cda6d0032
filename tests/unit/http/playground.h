// A front end for the transport's tests, and a server around it on loopback. What a path does:
//
//   /hello          "hello"                            /document       the body, read as a document of at most 64 KiB
//   /sink           the body's size, read as a stream  /picky          a stream that refuses its first bytes with 403
//   /rooms          as /sink, large bodies in the sink's own memory     /picky-rooms   likewise
//   /deny           403 without wanting the body       /throw          begin() throws
//   /source?N       N bytes in pieces of 64 KiB        /broken?N       a source that fails after N bytes
//   /short?N        a source that ends N bytes early   /gate           waits on a worker until open_gate()
//   /ticket         a reply that another thread completes 20 ms later
//   /lost           a ticket whose promise is dropped  /inject         a header with CR LF in it
//   /head           a length of 1,234 for HEAD         /304, /204      those
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/base/buffer.h"
#include "common/base/executor.h"
#include "server/http/server.h"

namespace objstore::http::testing {

class Playground final : public api::Handler {
 public:
  ~Playground() override;
  api::Exchange begin(const wire::RequestHead& head) override;
  api::Reply refuse_head(const wire::RequestHead& head, int status, const Error& error) override;

  void open_gate();
  // Returns when `count` requests wait at the gate.
  void await_gate(std::size_t count);
  std::size_t requests() const { return requests_; }
  std::size_t sinks_dropped() const { return sinks_dropped_; }
  // Writes of bytes that lay in a room.
  std::size_t in_rooms() const { return in_rooms_; }
  std::size_t finished_uploads() const { return finished_uploads_; }
  wire::RequestHead last_head();

 private:
  friend class CountingSink;
  api::Exchange plain(const wire::RequestHead& head);
  Ticket<api::Reply> later();
  void wait_at_gate();

  std::atomic<std::size_t> requests_ = 0;
  std::atomic<std::size_t> sinks_dropped_ = 0;
  std::atomic<std::size_t> finished_uploads_ = 0;
  std::atomic<std::size_t> in_rooms_ = 0;
  BufferPool rooms_{std::size_t{100} << 10, 4};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = false;                 // guarded by mutex_
  std::size_t waiting_ = 0;              // guarded by mutex_
  wire::RequestHead last_head_;          // guarded by mutex_
  std::vector<std::thread> completers_;  // guarded by mutex_
};

// A running server; stops when destroyed.
struct Running {
  explicit Running(Options options = {}, std::size_t workers = 2);
  ~Running() { server.stop(std::chrono::seconds(5)); }

  Playground playground;
  SystemClock clock;
  WorkerPool pool;
  Server server;
  std::vector<Bound> bound;
  std::uint16_t port() const { return bound.at(0).endpoint.port; }
};

// Options without an access log, listening on 127.0.0.1.
Options quiet_options();

// A request with a Host header and, when there is a body, its Content-Length.
std::string request(std::string_view method, std::string_view target, std::string_view headers = {},
                    std::string_view body = {});

}  // namespace objstore::http::testing
