// How a command finds the server that has a data directory, and asks it. One thread; each call blocks.
#pragma once

#include <objstore/error.h>

#include <string>
#include <string_view>

#include "server/app/admin_client.h"
#include "server/app/commands.h"
#include "server/app/config.h"

namespace objstore::app {

struct Connection {
  AdminTarget target;
  auth::AccessKey key;
};

// The configuration of a command; --data must be there. kInvalidArgument.
Result<Config> config_with_data(const CommandLine& line);

// Where the server of this data directory is, and the key to ask it with. `endpoint`: instead of what the directory
// says. kNotFound, kUnreachable.
Result<Connection> find_server(const Config& config, const std::string& endpoint);

// A JSON object as text. kAccessDenied, kConflict, kNotFound, kInternal: what the server says; kMalformed.
Result<std::string> ask_server(const Connection& connection, std::string_view method, std::string_view path,
                               std::string_view query = {});

// One line on standard error; gives kExitFailure.
int failed(const Error& error);

}  // namespace objstore::app
