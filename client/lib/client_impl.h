// What a Client owns. Any thread; see client.h.
#pragma once

#include <objstore/client.h>

#include <atomic>
#include <optional>

#include "client/lib/download.h"
#include "client/lib/endpoint.h"
#include "client/lib/rate_limiter.h"
#include "client/lib/s3_caller.h"
#include "client/lib/transport.h"
#include "client/lib/upload.h"
#include "common/base/clock.h"

namespace objstore::client {

// Streams of downloads beyond one for each file, of a client's all together.
inline constexpr int kMoreStreamsMax = 16;

struct Client::Impl {
  Impl(ClientOptions o, Endpoint endpoint, std::optional<TlsContext> tls);
  UploadContext upload() { return {caller, options, algorithm}; }
  DownloadContext downloads() { return {caller, options.parallelism, more_streams}; }

  const ClientOptions options;
  SystemClock clock;
  RateLimiter rate;
  HttpTransport transport;
  S3Caller caller;
  std::atomic<int> more_streams = kMoreStreamsMax;
  std::atomic<wire::ChecksumAlgorithm> algorithm = wire::ChecksumAlgorithm::kCrc64Nvme;
};

}  // namespace objstore::client
