// What an operator may set. A value; immutable once the server runs, but for what SIGHUP reads again.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/log.h"

namespace objstore::app {

struct Listen {
  enum class Scheme : std::uint8_t { kAsConfigured, kHttp, kHttps };
  std::string host;                       // "" for every address
  std::uint16_t port = 0;                 // 0: any that is free
  Scheme scheme = Scheme::kAsConfigured;  // TLS where a certificate is set
  bool operator==(const Listen&) const = default;
};

struct Config {
  std::string data;
  std::string config_file;
  std::string bootstrap;
  std::string network;

  std::vector<Listen> listen;
  std::vector<std::string> domains;
  std::string region = "us-east-1";
  std::string tls_cert;
  std::string tls_key;
  bool require_signed_payload = false;

  log::Options log{};
  bool access_log = true;
  std::string audit_log;  // empty: none
  std::uint64_t audit_log_bytes = std::uint64_t{64} << 20;
  std::uint64_t audit_log_files = 10;
  bool open_metrics = false;

  std::uint64_t worker_threads = 0;  // 0: by the number of processors
  std::uint64_t io_threads = 0;
  std::uint64_t connections_max = 4096;
  std::uint64_t connections_per_peer_max = 2048;
  std::chrono::seconds head_timeout{10};
  std::chrono::seconds idle_timeout{60};
  std::chrono::seconds stop_timeout{30};
  std::uint64_t body_rate_min = 1024;  // bytes a second

  std::uint64_t free_space_reserve = 0;  // 0: the larger of 1 % of the disk and 256 MiB
  std::uint64_t ballast_bytes = std::uint64_t{64} << 20;
  std::vector<std::string> segments;  // further directories for them, each on a disk of its own
  std::uint64_t copies = 1;           // of each chunk, on different disks
  bool allow_missing_segments = false;
  std::uint64_t compaction_rate = std::uint64_t{100} << 20;  // bytes a second; 0: no limit
  std::uint64_t compaction_threshold = 50;                   // percent of a segment that is not in use
  std::uint64_t verified_for_seconds = 0;                    // a chunk's verification counts so long; 0: not at all
  std::uint64_t scrub_rate = std::uint64_t{50} << 20;        // bytes a second; 0: no limit
  std::uint64_t scrub_interval_days = 7;                     // 0: on demand only
  std::uint64_t segment_bytes = std::uint64_t{256} << 20;
  std::uint64_t chunk_average = std::uint64_t{256} << 10;
  std::uint64_t metadata_cache_bytes = std::uint64_t{64} << 20;
  std::chrono::seconds checkpoint_interval{300};
};

}  // namespace objstore::app
