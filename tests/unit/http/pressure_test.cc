// Slow, many, too many, and the end.
#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <ctime>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/http/playground.h"
#include "tests/unit/http/socket_client.h"

namespace objstore::http::testing {
namespace {

using std::chrono::milliseconds;

Options impatient_options() {
  Options options = quiet_options();
  options.timeouts.head = milliseconds(200);
  options.timeouts.idle = milliseconds(200);
  options.timeouts.body_grace = milliseconds(200);
  options.timeouts.stall = milliseconds(300);
  options.timeouts.linger = milliseconds(200);
  return options;
}

TEST_CASE("I1: a head that drips in is not waited for") {
  Running running(impatient_options());
  SocketClient client(running.port());
  CHECK_FALSE(client.send_slowly("GET /hello HTTP/1.1\r\nHost: " + std::string(1'000, 'a'), milliseconds(20)));
  CHECK(client.is_closed());
  CHECK(running.playground.requests() == 0);
  CHECK(running.server.stats().timeouts == 1);
}

TEST_CASE("I1: a connection without a request is closed, before the first and after it") {
  Running running(impatient_options());
  SocketClient fresh(running.port());
  CHECK(fresh.is_closed());
  SocketClient used(running.port());
  used.send(request("GET", "/hello"));
  REQUIRE(used.read_answer());
  CHECK(used.is_closed());
}

TEST_CASE("I1: a body below the minimum rate gets its refusal") {
  Running running(impatient_options());
  SocketClient client(running.port());
  client.send("PUT /sink HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n");
  client.send_slowly(std::string(30, 'x'), milliseconds(20));
  const auto answer = client.read_answer();
  REQUIRE(answer);
  CHECK(answer->body == "Timeout");
  CHECK(client.is_closed());
  CHECK(running.playground.finished_uploads() == 0);
}

TEST_CASE("a body above the minimum rate may take its time") {
  Options options = impatient_options();
  options.timeouts.rate_bytes_per_second_min = 10;
  Running running(options);
  SocketClient client(running.port());
  client.send("PUT /sink HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40\r\n\r\n");
  CHECK(client.send_slowly(std::string(40, 'x'), milliseconds(15)));
  CHECK(client.read_answer()->status == 200);
}

TEST_CASE("I1: a reader that stalls is cut") {
  Running running(impatient_options());
  SocketClient client(running.port(), 4'096);
  client.send(request("GET", "/source?50000000"));
  client.read_bytes(1'000);
  while (running.server.stats().connections_open > 0) std::this_thread::sleep_for(milliseconds(10));
  CHECK(running.server.stats().replies_cut == 1);
}

TEST_CASE("I1: slow readers and slow writers hold no worker") {
  Running running({}, 1);
  std::vector<std::unique_ptr<SocketClient>> slow;
  for (int i = 0; i < 20; ++i) {
    slow.push_back(std::make_unique<SocketClient>(running.port(), 4'096));
    slow.back()->send(i % 2 == 0 ? request("GET", "/source?50000000")
                                 : "PUT /sink HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf");
  }
  SocketClient client(running.port());
  for (int i = 0; i < 100; ++i) {
    client.send(request("GET", "/hello"));
    REQUIRE(client.read_answer());
  }
}

TEST_CASE("I1: slow readers cannot hold more memory than replies may have") {
  Options options = quiet_options();
  options.limits.reply_bytes_max = 1024 * 1024;  // 16 pieces of /source
  options.timeouts.pressed_stall = milliseconds(200);
  Running running(options);
  std::vector<std::unique_ptr<SocketClient>> slow;
  for (int i = 0; i < 40; ++i) {
    slow.push_back(std::make_unique<SocketClient>(running.port(), 4'096));
    slow.back()->send(request("GET", "/source?50000000"));
  }
  for (int i = 0; i < 5; ++i) {
    SocketClient client(running.port());
    client.send(request("GET", "/source?3000000"));
    const auto answer = client.read_answer();
    REQUIRE(answer);
    CHECK(answer->body.size() == 3'000'000);
  }
  while (running.server.stats().replies_cut < 30) std::this_thread::sleep_for(milliseconds(10));
}

TEST_CASE("I1: small replies do not wait for slow readers") {
  Options options = quiet_options();
  options.limits.reply_bytes_max = 1024 * 1024;  // 16 pieces of /source; nobody is cut while the test runs
  options.timeouts.pressed_stall = options.timeouts.stall;
  Running running(options);
  std::vector<std::unique_ptr<SocketClient>> slow;
  for (int i = 0; i < 17; ++i) {
    slow.push_back(std::make_unique<SocketClient>(running.port(), 4'096));
    slow.back()->send(request("GET", "/source?50000000"));
  }
  while (running.server.stats().requests_in_progress < 17) std::this_thread::sleep_for(milliseconds(10));
  std::this_thread::sleep_for(milliseconds(200));  // they have filled their sockets
  const auto started = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i) {
    SocketClient client(running.port());
    client.send(request("GET", "/source?4096"));
    const auto answer = client.read_answer();
    REQUIRE(answer);
    CHECK(answer->body.size() == 4096);
  }
  CHECK(std::chrono::steady_clock::now() - started < options.timeouts.stall / 10);
}

TEST_CASE("five hundred connections are served at once") {
  Options options = quiet_options();
  options.io_threads = 2;
  Running running(options, 4);
  std::vector<std::unique_ptr<SocketClient>> clients;
  for (int i = 0; i < 500; ++i) clients.push_back(std::make_unique<SocketClient>(running.port()));
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
      clients[i]->send(i % 2 == 0 ? request("GET", "/source?100000")
                                  : request("PUT", "/sink", {}, std::string(100'000, 'x')));
    }
    for (const auto& client : clients) {
      const auto answer = client->read_answer();
      REQUIRE(answer);
      REQUIRE(answer->status == 200);
    }
  }
  CHECK(running.server.stats().connections_open == 500);
  clients.clear();
  while (running.server.stats().connections_open > 0) std::this_thread::sleep_for(milliseconds(10));
}

TEST_CASE("connections over the limit are closed and the others stay") {
  Options options = quiet_options();
  options.limits.connections_max = 3;
  Running running(options);
  std::vector<std::unique_ptr<SocketClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<SocketClient>(running.port()));
    clients.back()->send(request("GET", "/hello"));
    REQUIRE(clients.back()->read_answer());
  }
  SocketClient fourth(running.port());
  CHECK(fourth.is_closed());
  clients.front()->send(request("GET", "/hello"));
  CHECK(clients.front()->read_answer());
  CHECK(running.server.stats().connections_refused == 1);
}

TEST_CASE("I12: one address has a limit of its own") {
  Options options = quiet_options();
  options.limits.connections_per_peer_max = 1;
  Running running(options);
  SocketClient first(running.port());
  first.send(request("GET", "/hello"));
  REQUIRE(first.read_answer());
  SocketClient second(running.port());
  CHECK(second.is_closed());
}

double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Takes every file descriptor that this process may have, but for one.
class DescriptorShortage {
 public:
  DescriptorShortage() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit low{kLimit, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &low);
    for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) taken_.push_back(fd);
  }
  ~DescriptorShortage() {
    for (const int fd : taken_) ::close(fd);
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }
  DescriptorShortage(const DescriptorShortage&) = delete;
  DescriptorShortage& operator=(const DescriptorShortage&) = delete;

 private:
  static constexpr rlim_t kLimit = 300;
  rlimit before_{};
  std::vector<int> taken_;
};

TEST_CASE("without file descriptors the server waits instead of spinning, and recovers") {
  Running running;
  const UnconnectedSocket socket;
  auto shortage = std::make_unique<DescriptorShortage>();
  SocketClient client(running.port(), 0, socket);
  client.send(request("GET", "/hello"));
  client.set_patience(milliseconds(500));
  const double before = cpu_seconds();
  const bool is_answered = client.read_answer().has_value();
  const double spent = cpu_seconds() - before;
  shortage.reset();  // before any check: the sanitizers' own need a descriptor
  CHECK_FALSE(is_answered);
  CHECK(spent < 0.25);
  client.set_patience(milliseconds(20'000));
  const auto answer = client.read_answer();
  REQUIRE(answer);
  CHECK(answer->body == "hello");
}

TEST_CASE("a graceful stop closes idle connections and finishes requests that run") {
  Running running;
  SocketClient idle(running.port());
  idle.send(request("GET", "/hello"));
  REQUIRE(idle.read_answer());
  SocketClient busy(running.port());
  busy.send(request("GET", "/gate"));
  running.playground.await_gate(1);
  std::thread stopping([&] { running.server.stop(std::chrono::seconds(20)); });
  CHECK(idle.is_closed());
  running.playground.open_gate();
  const auto answer = busy.read_answer();
  REQUIRE(answer);
  CHECK(answer->body == "hello");
  CHECK(answer->has("Connection: close\r\n"));
  stopping.join();
  CHECK(running.server.stats().connections_open == 0);
}

TEST_CASE("a stop without grace cuts what is under way") {
  Running running;
  SocketClient download(running.port(), 4'096);
  download.send(request("GET", "/source?50000000"));
  download.read_bytes(1'000);
  SocketClient upload(running.port());
  upload.send("PUT /sink HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf");
  while (running.playground.requests() < 2) std::this_thread::sleep_for(milliseconds(5));
  running.server.stop(milliseconds(0));
  CHECK(running.playground.finished_uploads() == 0);
  CHECK(running.playground.sinks_dropped() == 1);
}

TEST_CASE("IPv6 and several listeners are served") {
  Options options = quiet_options();
  options.listeners.push_back(Listener{.host = "::1"});
  Playground playground;
  SystemClock clock;
  WorkerPool pool(1);
  Server server(options, playground, pool, clock);
  const auto bound = server.start();
  REQUIRE(bound);
  REQUIRE(bound->size() == 2);
  CHECK((*bound)[0].endpoint.address == "127.0.0.1");
  CHECK((*bound)[1].endpoint.address == "::1");
  server.stop(milliseconds(0));
}

TEST_CASE("a port in use and an unknown host are errors of start") {
  Running running;
  Playground playground;
  SystemClock clock;
  WorkerPool pool(1);
  for (const Listener& listener :
       {Listener{.host = "127.0.0.1", .port = running.port()}, Listener{.host = "not a host"}}) {
    Options options = quiet_options();
    options.listeners = {listener};
    Server server(options, playground, pool, clock);
    CHECK_FALSE(server.start());
  }
}

}  // namespace
}  // namespace objstore::http::testing
