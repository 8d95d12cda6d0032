// DeleteObjects. Any thread.
#pragma once

#include <objstore/client.h>

#include <span>
#include <vector>

#include "client/lib/s3_caller.h"

namespace objstore::client {

inline constexpr std::size_t kRemoveKeysMax = 1000;  // of one request

Status remove_object(const S3Caller& caller, const ObjectName& object, const std::stop_token& stop);
Result<std::vector<RemoveFailure>> remove_objects(const S3Caller& caller, const BucketName& bucket,
                                                  std::span<const ObjectKey> keys, const std::stop_token& stop);

}  // namespace objstore::client
