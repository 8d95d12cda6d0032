// An object on its way from the server: verified, and taken up again where a connection broke. Any thread.
#pragma once

#include <objstore/client.h>

#include <atomic>
#include <memory>

#include "client/lib/s3_caller.h"

namespace objstore::client {

// A connection that carried this much before it broke was worth making: the count of attempts begins anew.
inline constexpr std::uint64_t kProgressBytesMin = std::uint64_t{1} << 20;
inline constexpr std::size_t kReceiveBlockBytes = 256 * 1024;

// What the downloads of one client have in common. All of it outlives them.
struct DownloadContext {
  const S3Caller& caller;
  unsigned parallelism;         // streams of one file
  std::atomic<int>& more_free;  // streams beyond the first that all files together may still have
};

// In order, as one stream.
Result<ObjectInfo> download(const S3Caller& caller, const ObjectName& from, const WriteCallback& write,
                            const GetOptions& options);
// Large ones as ranges side by side (range_download.h).
Result<ObjectInfo> download_file(const DownloadContext& context, const ObjectName& from, const std::string& path,
                                 const GetOptions& options);

// Taken up by download() and by download_file() for what is small: `opened` is the answer to the first request.
Result<ObjectInfo> download_opened(const S3Caller& caller, const ObjectName& from, const WriteCallback& write,
                                   const GetOptions& options, std::unique_ptr<Incoming> opened);

}  // namespace objstore::client
