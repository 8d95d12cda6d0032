// Asks objd for the signature of an object. Any thread.
#pragma once

#include <objstore/transfer.h>

#include <string>

#include "client/lib/delta_plan.h"
#include "client/lib/s3_caller.h"

namespace objstore::client {

inline constexpr std::uint64_t kDeltaBytesMin = std::uint64_t{1} << 20;  // below it a delta gains nothing
inline constexpr std::uint64_t kDeltaBytesMax = std::uint64_t{5} << 30;

struct FetchedSignature {
  Signature signature;
  ObjectInfo info;          // of the object
  std::uint64_t bytes = 0;  // that travelled
};

// Why a failure means that there is no delta to be had, for a person.
std::string why_no_delta(const S3Failure& failure);

// A server that does not know the request refuses it (kUnsupported, kMalformed, whatever it says): then there is no
// delta to be had. No server takes it for anything else: S3 has no POST on an object that reads or writes it.
// version_id: empty for the current one.
S3Result<FetchedSignature> fetch_signature(const S3Caller& caller, const ObjectName& object,
                                           const std::string& version_id, const std::stop_token& stop);

}  // namespace objstore::client
