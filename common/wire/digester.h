// The checksums that are no CRC behind one interface: their states cannot be combined and are more than a number. What
// Checksum is made of; nobody else needs it. A Digester belongs to one thread at a time.
#pragma once

#include <memory>
#include <string>

#include "common/base/bytes.h"
#include "common/wire/checksum.h"

namespace objstore::wire {

class Digester {
 public:
  virtual ~Digester() = default;
  virtual void update(ByteView bytes) = 0;
  // Raw bytes, most significant first. The object starts anew.
  virtual std::string finish() = 0;
};

// Nothing for a CRC.
std::unique_ptr<Digester> make_digester(ChecksumAlgorithm algorithm);

}  // namespace objstore::wire
