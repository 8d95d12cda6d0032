// The HTTP/1.1 transport: listens, reads requests with a strict eye, hands them to a Handler on a worker pool and sends
// what it answers. Plain TCP and TLS, IPv4 and IPv6, keep-alive and pipelining.
//
// The server refuses heads itself (Handler::refuse_head): 400 kMalformed, 414 kTooLarge (target), 431 kTooLarge
// (header section), 417, 501 and 505 kUnsupported; it then closes. An error that a Ticket yields, or that a Source
// yields before its first byte, becomes 503 or 500 the same way; a Source's later error resets the connection.
//
// start() and stop() are called once each, by one thread; the others by any. handler, pool and clock outlive the
// server. stop() waits for handlers that run, so the pool must still work then.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/executor.h"
#include "common/base/rotating_file.h"
#include "server/api/handler.h"
#include "server/http/limits.h"
#include "server/http/network_rules.h"

namespace objstore::http {

struct Listener {
  std::string host;        // numeric address or a name; "::" takes IPv4 too
  std::uint16_t port = 0;  // 0: any that is free
  bool tls = false;
};

struct Options {
  std::vector<Listener> listeners;
  std::string certificate_file;  // PEM, with its chain; needed by TLS listeners
  std::string private_key_file;  // PEM
  std::size_t io_threads = 1;
  Limits limits;
  Timeouts timeouts;
  bool access_log = true;  // a line at kInfo for each request
  std::optional<RotatingFileOptions> audit_log;
  NetworkRules network;
};

struct Bound {
  wire::Endpoint endpoint;
  bool tls = false;
};

// Counted since start(), but for connections_open. A snapshot: its fields were not read in one instant.
struct Stats {
  std::uint64_t connections_open = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;  // over a limit, or by the network's rules
  std::uint64_t handshakes_failed = 0;
  std::array<std::uint64_t, 6> requests_by_class{};  // [2]: replies with status 2xx
  std::uint64_t requests_in_progress = 0;
  std::uint64_t heads_refused = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t replies_cut = 0;  // connections reset because a reply could not be completed
  std::uint64_t bytes_in = 0;     // bodies
  std::uint64_t bytes_out = 0;
  std::uint64_t file_bytes_out = 0;  // those of bytes_out that went from file to socket, not looked at again
};

class Server {
 public:
  Server(const Options& options, api::Handler& handler, Executor& pool, const Clock& clock);
  ~Server();  // stops without grace
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // What is bound, in the order of the listeners. kInvalidArgument for a certificate or an address that cannot be used,
  // kIo when the system refuses; nothing runs then.
  Result<std::vector<Bound>> start();
  // Refuses new connections, closes idle ones, lets requests that run end within `grace`, then cuts them. Returns when
  // every thread has ended.
  void stop(std::chrono::milliseconds grace);
  // New connections are judged by these from now on; those that they would not have let in are cut.
  void set_network(NetworkRules rules);
  // Opens the audit log's file anew.
  Status reopen_audit_log();
  // Reads certificate and key again, for new connections. Keeps the old ones when that fails.
  Status reload_certificates();
  Stats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace objstore::http
