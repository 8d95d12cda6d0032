#include "common/wire/checksum.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/check.h"
#include "common/wire/crc_math.h"
#include "common/wire/digester.h"

namespace objstore::wire {
namespace {

constexpr std::size_t kPieceBytesMax = std::size_t{1} << 30;  // isa-l's lengths are of type int

struct Names {
  std::string_view name;
  std::string_view header;
  std::string_view element;
  std::size_t size;
};

// In the order of ChecksumAlgorithm.
constexpr std::array<Names, std::size(kChecksumAlgorithms)> kNames = {{
    {"CRC32", "x-amz-checksum-crc32", "ChecksumCRC32", 4},
    {"CRC32C", "x-amz-checksum-crc32c", "ChecksumCRC32C", 4},
    {"CRC64NVME", "x-amz-checksum-crc64nvme", "ChecksumCRC64NVME", 8},
    {"SHA1", "x-amz-checksum-sha1", "ChecksumSHA1", 20},
    {"SHA256", "x-amz-checksum-sha256", "ChecksumSHA256", 32},
    {"SHA512", "x-amz-checksum-sha512", "ChecksumSHA512", 64},
    {"MD5", "x-amz-checksum-md5", "ChecksumMD5", 16},
    {"XXHASH64", "x-amz-checksum-xxhash64", "ChecksumXXHASH64", 8},
    {"XXHASH3", "x-amz-checksum-xxhash3", "ChecksumXXHASH3", 8},
    {"XXHASH128", "x-amz-checksum-xxhash128", "ChecksumXXHASH128", 16},
}};

const Names& names_of(ChecksumAlgorithm algorithm) noexcept {
  return kNames[static_cast<std::size_t>(algorithm)];
}

CrcField field_of(ChecksumAlgorithm algorithm) {
  switch (algorithm) {
    case ChecksumAlgorithm::kCrc32:
      return {.polynomial = kCrc32Polynomial, .width = 32};
    case ChecksumAlgorithm::kCrc32c:
      return {.polynomial = kCrc32cPolynomial, .width = 32};
    default:
      return {.polynomial = kCrc64NvmePolynomial, .width = 64};
  }
}

std::uint64_t update_crc(ChecksumAlgorithm algorithm, std::uint64_t crc, ByteView bytes) {
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  switch (algorithm) {
    case ChecksumAlgorithm::kCrc32:
      return crc32_gzip_refl(static_cast<std::uint32_t>(crc), data, bytes.size());
    case ChecksumAlgorithm::kCrc32c:
      // isa-l takes and gives the state without inversions, and a pointer that it does not write through.
      return ~crc32_iscsi(const_cast<unsigned char*>(data), static_cast<int>(bytes.size()),
                          ~static_cast<std::uint32_t>(crc));
    default:
      return crc64nvme(crc, bytes);
  }
}

std::string crc_to_raw(ChecksumAlgorithm algorithm, std::uint64_t crc) {
  std::string raw;
  append_u64_be(raw, crc);
  return raw.substr(raw.size() - checksum_size(algorithm));
}

std::uint64_t crc_from_raw(std::string_view raw) {
  return read_u64_be(std::string(8 - raw.size(), '\0') + std::string(raw));
}

Status check_sizes(ChecksumAlgorithm algorithm, std::span<const PartChecksum> parts) {
  const bool fits =
      std::ranges::all_of(parts, [&](const PartChecksum& part) { return part.raw.size() == checksum_size(algorithm); });
  if (fits) return {};
  return fail(Errc::kInvalidArgument, "a part has no checksum of this algorithm");
}

}  // namespace

std::string_view checksum_name(ChecksumAlgorithm algorithm) noexcept {
  return names_of(algorithm).name;
}
std::string_view checksum_header(ChecksumAlgorithm algorithm) noexcept {
  return names_of(algorithm).header;
}
std::string_view checksum_element(ChecksumAlgorithm algorithm) noexcept {
  return names_of(algorithm).element;
}
std::size_t checksum_size(ChecksumAlgorithm algorithm) noexcept {
  return names_of(algorithm).size;
}

std::optional<ChecksumAlgorithm> checksum_from_name(std::string_view name) noexcept {
  for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms)
    if (equals_ignore_case(checksum_name(algorithm), name)) return algorithm;
  return std::nullopt;
}

std::optional<ChecksumAlgorithm> checksum_from_header(std::string_view header) noexcept {
  for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms)
    if (equals_ignore_case(checksum_header(algorithm), header)) return algorithm;
  return std::nullopt;
}

bool checksum_is_crc(ChecksumAlgorithm algorithm) noexcept {
  return algorithm == ChecksumAlgorithm::kCrc32 || algorithm == ChecksumAlgorithm::kCrc32c ||
         algorithm == ChecksumAlgorithm::kCrc64Nvme;
}

std::optional<std::string> decode_checksum(ChecksumAlgorithm algorithm, std::string_view base64) {
  auto raw = from_base64(base64);
  if (!raw || raw->size() != checksum_size(algorithm)) return std::nullopt;
  return raw;
}

Checksum::Checksum(ChecksumAlgorithm algorithm) : algorithm_(algorithm), digester_(make_digester(algorithm)) {}
Checksum::Checksum(Checksum&&) noexcept = default;
Checksum& Checksum::operator=(Checksum&&) noexcept = default;
Checksum::~Checksum() = default;

void Checksum::update(ByteView bytes) {
  if (digester_) {
    digester_->update(bytes);
    return;
  }
  while (!bytes.empty()) {
    const ByteView piece = bytes.first(std::min(bytes.size(), kPieceBytesMax));
    crc_ = update_crc(algorithm_, crc_, piece);
    bytes = bytes.subspan(piece.size());
  }
}

std::string Checksum::finish() {
  if (digester_) return digester_->finish();
  return crc_to_raw(algorithm_, std::exchange(crc_, 0));
}

std::string Checksum::finish_base64() {
  return to_base64(as_bytes(finish()));
}

Result<std::string> combine_checksums(ChecksumAlgorithm algorithm, std::span<const PartChecksum> parts) {
  if (!checksum_is_crc(algorithm)) return fail(Errc::kInvalidArgument, "only CRCs can be combined");
  OBJSTORE_TRY(check_sizes(algorithm, parts));
  const CrcField field = field_of(algorithm);
  std::uint64_t crc = 0;
  for (const PartChecksum& part : parts) crc = field.combine(crc, crc_from_raw(part.raw), part.length);
  return crc_to_raw(algorithm, crc);
}

Result<std::string> composite_checksum(ChecksumAlgorithm algorithm, std::span<const PartChecksum> parts) {
  OBJSTORE_TRY(check_sizes(algorithm, parts));
  Checksum checksum(algorithm);
  for (const PartChecksum& part : parts) checksum.update(as_bytes(part.raw));
  return checksum.finish_base64() + "-" + std::to_string(parts.size());
}

}  // namespace objstore::wire
