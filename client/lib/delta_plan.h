// Which bytes of a body another side holds already, by the signature of what it holds. One thread at a time.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

#include "client/lib/body.h"
#include "common/wire/delta.h"

namespace objstore::client {

// The signature of an object.
struct Signature {
  std::uint64_t object_size = 0;
  std::uint64_t block_size = 0;
  std::vector<wire::BlockSum> blocks{};  // the last one may be shorter than block_size
};

// A run of the body's bytes: the same as the object's from `object_offset` on, or literal ones.
struct DeltaRun {
  bool copy = false;
  std::uint64_t object_offset = 0;  // of a copy
  std::uint64_t body_offset = 0;
  std::uint64_t length = 0;
};

// The body as runs, in order and without gaps. Finds blocks of the object at any position of the body; what is called
// the same has the same length and the same 128 bits of SHA-256. seen: given every byte of the body once, in order.
// The errors of the body, kCancelled.
Result<std::vector<DeltaRun>> plan_delta(const Body& body, const Signature& signature,
                                         const std::function<void(ByteView)>& seen, const std::stop_token& stop);

std::uint64_t literal_bytes(const std::vector<DeltaRun>& runs);

}  // namespace objstore::client
