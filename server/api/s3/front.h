// The S3 front end: route, authenticate, authorise, then the operation. Any thread; what is handed in outlives it.
#pragma once

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
};

}  // namespace objstore::s3
