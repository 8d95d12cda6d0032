// One signed request to a running server, for the sub-commands. Blocking; any thread.
//
// Small on purpose: no pooling, no retries, replies of at most 1 MiB. The client library is another program's.
#pragma once

#include <objstore/error.h>

#include <string>
#include <string_view>

#include "server/auth/root_key.h"

namespace objstore::app {

struct AdminTarget {
  std::string url;  // http://HOST:PORT or https://HOST:PORT
  std::string region;
  std::string certificate;  // with https: trust exactly this file's certificate; empty: what the system trusts
};

struct AdminReply {
  int status = 0;
  std::string body;
};

// kInvalidArgument: the URL. kUnreachable: no connection. kTimeout, kIo, kMalformed.
Result<AdminReply> admin_request(const AdminTarget& target, const auth::AccessKey& key, std::string_view method,
                                 std::string_view path, std::string_view query = {});

}  // namespace objstore::app
