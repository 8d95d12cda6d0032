// The S3 front end: route, authenticate, authorise, then the operation. Any thread; what is handed in outlives it.
#pragma once

#include <atomic>

#include "common/base/buffer.h"
#include "server/api/handler.h"
#include "server/api/s3/call.h"

namespace objstore::s3 {

class S3Front final : public api::Handler {
 public:
  S3Front(Services services, FrontOptions options);

  api::Exchange begin(const wire::RequestHead& head) override;
  api::Reply refuse_head(const wire::RequestHead& head, int status, const Error& error) override;

 private:
  const Services services_;
  const FrontOptions options_;
  const PageTokens tokens_;
  auth::PolicyCache policies_;
  BufferPool reply_buffers_{std::size_t{64} << 10, 8};  // of signatures
  std::atomic<int> delta_slots_{0};
};

}  // namespace objstore::s3
