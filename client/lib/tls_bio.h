// OpenSSL's view of a non-blocking socket, without SIGPIPE: OpenSSL's own socket BIO calls write(2), and a library may
// not change the process's signal handling to survive that. Any thread.
#pragma once

#include <openssl/bio.h>

namespace objstore::client {

// A BIO on the descriptor, which it does not own. Null when out of memory.
BIO* new_socket_bio(int fd);

}  // namespace objstore::client
