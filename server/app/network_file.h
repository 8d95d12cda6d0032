// The network file: which addresses may connect to which listener, and whose forwarding headers are believed.
// docs/operations.md describes it. Pure but for load; any thread.
#pragma once

#include <objstore/error.h>

#include <string>
#include <string_view>
#include <vector>

#include "server/app/config.h"
#include "server/http/network_rules.h"

namespace objstore::app {

// kMalformed, with "name:line: " in front: not TOML, an unknown or missing key, no network, a listener that `listen`
// does not have.
Result<http::NetworkRules> parse_network_file(std::string_view text, std::string_view name,
                                              const std::vector<Listen>& listen);
// Also kNotFound, kIo, kTooLarge.
Result<http::NetworkRules> load_network_file(const std::string& path, const std::vector<Listen>& listen);

}  // namespace objstore::app
