// The checksums that S3 keeps with objects. A Checksum belongs to one thread at a time; the functions may be called
// from any thread.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
#pragma once

#include <objstore/error.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/base/bytes.h"

namespace objstore::wire {

enum class ChecksumAlgorithm : std::uint8_t {
  kCrc32,
  kCrc32c,
  kCrc64Nvme,
  kSha1,
  kSha256,
  kSha512,
  kMd5,
  kXxhash64,
  kXxhash3,
  kXxhash128
};
inline constexpr ChecksumAlgorithm kChecksumAlgorithms[] = {
    ChecksumAlgorithm::kCrc32,    ChecksumAlgorithm::kCrc32c,   ChecksumAlgorithm::kCrc64Nvme,
    ChecksumAlgorithm::kSha1,     ChecksumAlgorithm::kSha256,   ChecksumAlgorithm::kSha512,
    ChecksumAlgorithm::kMd5,      ChecksumAlgorithm::kXxhash64, ChecksumAlgorithm::kXxhash3,
    ChecksumAlgorithm::kXxhash128};

// "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "MD5", "XXHASH64", "XXHASH3", "XXHASH128": as in XML and
// x-amz-checksum-algorithm.
std::string_view checksum_name(ChecksumAlgorithm algorithm) noexcept;
// "x-amz-checksum-crc32" and so on.
std::string_view checksum_header(ChecksumAlgorithm algorithm) noexcept;
// "ChecksumCRC32" and so on: the XML element.
std::string_view checksum_element(ChecksumAlgorithm algorithm) noexcept;
// Without case.
std::optional<ChecksumAlgorithm> checksum_from_name(std::string_view name) noexcept;
std::optional<ChecksumAlgorithm> checksum_from_header(std::string_view header) noexcept;
// Raw bytes: 4, 4, 8, 20, 32, 64, 16, 8, 8, 16.
std::size_t checksum_size(ChecksumAlgorithm algorithm) noexcept;
// True for the CRCs: only they can be combined into the checksum of a whole object.
bool checksum_is_crc(ChecksumAlgorithm algorithm) noexcept;
// Raw bytes of the base64 form; nothing when it is malformed or has another length.
std::optional<std::string> decode_checksum(ChecksumAlgorithm algorithm, std::string_view base64);

class Digester;

// A running checksum.
class Checksum {
 public:
  explicit Checksum(ChecksumAlgorithm algorithm);
  Checksum(Checksum&&) noexcept;
  Checksum& operator=(Checksum&&) noexcept;
  ~Checksum();
  void update(ByteView bytes);
  // Raw bytes, most significant first. The object starts anew.
  std::string finish();
  std::string finish_base64();
  ChecksumAlgorithm algorithm() const noexcept { return algorithm_; }

 private:
  ChecksumAlgorithm algorithm_;
  std::uint64_t crc_ = 0;
  std::unique_ptr<Digester> digester_;  // of what is no CRC
};

// One part of a multipart object: its raw checksum and its length.
struct PartChecksum {
  std::string raw;
  std::uint64_t length = 0;
};
// Raw checksum of the parts in a row, without reading them. kInvalidArgument when it is not a CRC or a part's checksum
// has the wrong length. No part: the checksum of nothing.
Result<std::string> combine_checksums(ChecksumAlgorithm algorithm, std::span<const PartChecksum> parts);
// "<base64>-<number of parts>": the checksum of the parts' raw checksums in a row. kInvalidArgument as above.
Result<std::string> composite_checksum(ChecksumAlgorithm algorithm, std::span<const PartChecksum> parts);

// CRC-64/NVME of `bytes` behind data whose CRC is `crc` (0 for none). Check value of "123456789": 0xAE8B14860A799888.
std::uint64_t crc64nvme(std::uint64_t crc, ByteView bytes) noexcept;
// The same by table alone: the fallback for processors without PCLMULQDQ, and what the tests compare with.
std::uint64_t crc64nvme_table(std::uint64_t crc, ByteView bytes) noexcept;

}  // namespace objstore::wire
