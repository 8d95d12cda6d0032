// Bodies on their way to the server: in one request, or in parts. Any thread; what a context refers to outlives it.
#pragma once

#include <objstore/client.h>

#include <atomic>
#include <functional>

#include "client/lib/body.h"
#include "client/lib/s3_caller.h"
#include "common/wire/checksum.h"

namespace objstore::client {

struct UploadContext {
  const S3Caller& caller;
  const ClientOptions& options;
  // CRC64NVME until the server refuses it; then CRC32, which every server with checksums knows.
  std::atomic<wire::ChecksumAlgorithm>& algorithm;
};

// The caller's headers for PutObject, CreateMultipartUpload and a copy that replaces them; without the conditions.
wire::Headers object_headers(const PutOptions& options);
void add_write_conditions(const PutOptions& options, wire::Headers& headers);

// "CRC64NVME:<base64>"
std::string checksum_text(wire::ChecksumAlgorithm algorithm, std::string_view base64);

// One PutObject, whatever the size.
Result<PutResult> put_single(const UploadContext& context, const ObjectName& to, const Body& body,
                             const PutOptions& options);

// One request below the multipart threshold, else parts. check: called when everything is sent and nothing is visible
// yet; its error ends the upload.
Result<PutResult> upload_body(const UploadContext& context, const ObjectName& to, const Body& body,
                              const PutOptions& options, const std::function<Status()>& check);
Result<PutResult> upload_stream(const UploadContext& context, const ObjectName& to, const ReadCallback& read,
                                const PutOptions& options);
// A file; also a pipe or device, which is read as a stream.
Result<PutResult> upload_file(const UploadContext& context, const ObjectName& to, const std::string& path,
                              const PutOptions& options);

}  // namespace objstore::client
