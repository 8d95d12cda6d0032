// What a run of the load generator does. Values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace objstore::bench {

enum class Kind : std::uint8_t { kPut, kGet, kStat, kDelete, kList, kMultipart, kMixed };

struct Options {
  Kind kind = Kind::kPut;
  std::string endpoint = "http://127.0.0.1:9000";
  std::string access_key;
  std::string secret_key;
  std::string region = "us-east-1";
  std::string ca_file;    // PEM; empty: the system's authorities
  bool insecure = false;  // any certificate
  std::string bucket = "objbench";
  std::string prefix;  // of keys; contents follow from it too

  std::uint64_t size = 4096;      // bytes of an object
  std::uint64_t part_size = 0;    // multipart: bytes of a part
  std::uint64_t parts = 0;        // multipart: parts of an upload
  unsigned dedup_percent = 0;     // share of the content (by MiB) that every object has in common
  bool unsigned_payload = false;  // x-amz-content-sha256: UNSIGNED-PAYLOAD
  unsigned concurrency = 1;       // connections, a thread each
  double seconds = 0;             // measured time; 0: by `operations`
  double warmup_seconds = 0;      // before it
  std::uint64_t operations = 0;   // 0: by `seconds`
  std::uint64_t objects = 0;      // that get, stat, delete, list and mixed find
  bool prepared = false;          // they are there from an earlier run with the same prefix
  bool verify = false;            // compare what is read
  std::vector<int> server_pids;   // whose CPU time and memory are reported

  std::string json_file;  // "-" is standard output
  std::string csv_file;
};

}  // namespace objstore::bench
