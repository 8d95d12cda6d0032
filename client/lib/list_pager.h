// The state of a listing. One thread at a time.
#pragma once

#include <objstore/client.h>

#include <string>
#include <utility>

#include "client/lib/s3_caller.h"

namespace objstore::client {

struct ListPager::Impl {
  const S3Caller& caller;
  const std::string bucket;
  const ListOptions options;
  std::string continuation{};
  bool finished = false;
};

}  // namespace objstore::client
