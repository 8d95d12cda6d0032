// Go's build cache in a bucket: the program that GOCACHEPROG names (Go 1.24 and later).
//
// The go command asks on standard input, one JSON object a line, and is answered on standard output. What it stores
// goes into a local directory, which it reads from, and into the bucket; what it asks for comes from the directory,
// else from the bucket. One object per action, named by its hash, the body's hash in its metadata. A server that does
// not answer makes a build slow, never wrong: it is a miss. https://pkg.go.dev/cmd/go/internal/cacheprog
#pragma once

#include <objstore/client.h>

#include <cstdint>
#include <iosfwd>
#include <string>

namespace objstore::client {

struct GoCacheOptions {
  std::string prefix = "gocache/";  // of the objects' keys
  std::string directory{};          // local, made when it is missing
  unsigned parallelism = 8;         // requests worked on at once
  bool read_only = false;           // nothing is put into the bucket
  std::stop_token stop{};
};

struct GoCacheSummary {
  std::uint64_t gets = 0;
  std::uint64_t local_hits = 0;
  std::uint64_t remote_hits = 0;
  std::uint64_t puts = 0;
  std::uint64_t failures = 0;  // requests to the server
  std::string first_failure{};
};

// Serves until "close" or the end of `in`. One thread calls it; the Client outlives it. kMalformed when what comes in
// is not the protocol, the errors of making the directory. in, out: used by nobody else meanwhile.
Result<GoCacheSummary> serve_go_cache(Client& client, const BucketName& bucket, const GoCacheOptions& options,
                                      std::istream& in, std::ostream& out);

}  // namespace objstore::client
