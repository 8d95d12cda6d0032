// Sends what lies below "/-/" to the administration and everything else to S3. No bucket can be called "-", so in path
// style nothing is taken away from S3; in virtual-host style "/-/x" is a key, and stays one.
//
// Any thread; the handlers outlive it.
#pragma once

#include <string>
#include <vector>

#include "server/api/handler.h"

namespace objstore::api {

class Dispatcher final : public Handler {
 public:
  // domains: as S3's front end has them.
  Dispatcher(Handler& s3, Handler& admin, std::vector<std::string> domains);
  Exchange begin(const wire::RequestHead& head) override;
  Reply refuse_head(const wire::RequestHead& head, int status, const Error& error) override;

 private:
  Handler& choose(const wire::RequestHead& head);

  Handler& s3_;
  Handler& admin_;
  const std::vector<std::string> domains_;
};

}  // namespace objstore::api
