// The server's address, and how a bucket and a key become a host and a path. Values; any thread.
#pragma once

#include <objstore/client.h>
#include <objstore/error.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace objstore::client {

struct Endpoint {
  bool secure = false;
  std::string host;  // a name, an IPv4 address or an IPv6 address without brackets
  std::uint16_t port = 0;
  bool port_given = false;  // differs from the scheme's: it is part of the Host header

  // "http://host[:port][/]", "https://..."; without a scheme http is meant for loopback addresses and https else.
  // kInvalidArgument for anything else: user names, paths and queries have no place here.
  static Result<Endpoint> parse(std::string_view text);

  // The Host header's value: brackets around IPv6, the port when it is not the scheme's own.
  std::string authority() const;
  // "http://host:port", as Endpoint::parse would take it.
  std::string url() const;
};

// Where a request goes.
struct Location {
  Endpoint endpoint;  // host as it is connected to
  std::string path;   // percent-encoded, starts with '/'
};

// Path style: /bucket/key. Virtual-host style: bucket.host/key; an endpoint that is an IP address always gets path
// style, as no name can go before it.
Location locate(const Endpoint& endpoint, Addressing addressing, std::string_view bucket, std::string_view key);

}  // namespace objstore::client
