// Text from a server, or a key, such that a terminal only shows it. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace objstore::client {

// Control characters (C0, DEL, C1), those that turn the direction of writing, and what is not UTF-8: each byte as \xNN.
// The rest as it is.
std::string printable(std::string_view text);

}  // namespace objstore::client
