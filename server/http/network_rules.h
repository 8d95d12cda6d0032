// Which addresses may connect, and whom a proxy speaks for. Values: a server replaces its rules as a whole while it
// runs. Pure; any thread.
#pragma once

#include <span>
#include <vector>

#include "common/wire/http.h"
#include "common/wire/ip_network.h"

namespace objstore::http {

// Like a security group: `deny` goes first; an empty `allow` lets everybody else in.
struct AddressRules {
  std::vector<wire::IpNetwork> allow;
  std::vector<wire::IpNetwork> deny;
  bool admits(const wire::IpAddress& address) const noexcept;
};

struct NetworkRules {
  AddressRules every;                     // of every listener
  std::vector<AddressRules> of_listener;  // beside these, in the order of Options::listeners; may be shorter
  std::vector<wire::IpNetwork> proxies;   // whose X-Forwarded-For and X-Forwarded-Proto are believed

  // address: as endpoint_of() writes it.
  bool admits(std::size_t listener, std::string_view address) const;
};

// Who sent a request that came from `peer`: the right-most hop of X-Forwarded-For that is no trusted proxy. Nothing
// when the peer is none itself, or names nobody.
struct Client {
  std::string address;
  bool secure = false;  // X-Forwarded-Proto, or what the connection to the proxy is
};
Client client_of(const NetworkRules& rules, const wire::Endpoint& peer, bool secure, const wire::Headers& headers);

}  // namespace objstore::http
