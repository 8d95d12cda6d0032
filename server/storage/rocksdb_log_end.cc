#include "server/storage/rocksdb_log_end.h"

#include <bit>
#include <boost/crc.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace objstore::storage {
namespace {

// https://github.com/facebook/rocksdb/wiki/Write-Ahead-Log-File-Format: a record is its masked CRC-32C (of type and
// payload), its length, its type, the payload.
constexpr std::size_t kLengthOffset = 4;
constexpr std::size_t kTypeOffset = 6;
constexpr std::size_t kHeadBytes = 7;
constexpr std::uint32_t kMaskDelta = 0xa282ead8;

using Crc32c = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;

std::uint32_t byte_at(ByteView bytes, std::size_t at) {
  return std::to_integer<std::uint32_t>(bytes[at]);
}

std::uint32_t masked(std::uint32_t crc) {
  return std::rotr(crc, 15) + kMaskDelta;
}

// Whether the checksum in its head is that of the record, if only it were of another length.
bool ends_early(ByteView record) {
  std::uint32_t stated = 0;
  for (std::size_t i = kLengthOffset; i-- > 0;) stated = stated << 8 | byte_at(record, i);
  Crc32c crc;
  for (std::size_t at = kTypeOffset; at < record.size(); ++at) {
    crc.process_byte(static_cast<unsigned char>(record[at]));
    if (masked(crc.checksum()) == stated) return true;
  }
  return false;
}

}  // namespace

std::optional<std::size_t> find_false_end(ByteView last_block) {
  std::size_t at = 0;
  while (last_block.size() - at >= kHeadBytes) {
    const std::size_t length = byte_at(last_block, at + kLengthOffset) | byte_at(last_block, at + kLengthOffset + 1)
                                                                             << 8;
    if (at + kHeadBytes + length > last_block.size()) {
      if (ends_early(last_block.subspan(at))) return at;
      return std::nullopt;
    }
    at += kHeadBytes + length;
  }
  return std::nullopt;
}

Status check_log_ends(const std::string& directory) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() != ".log") continue;
    const std::uint64_t size = entry->file_size(error);
    if (error) break;
    const std::uint64_t last = size / kLogBlockBytes * kLogBlockBytes;
    std::ifstream in(entry->path(), std::ios::binary);
    in.seekg(static_cast<std::streamoff>(last));
    const std::string block{std::istreambuf_iterator<char>(in), {}};
    if (block.size() != size - last) return fail(Errc::kIo, "cannot read " + entry->path().string());
    if (const auto at = find_false_end(as_bytes(block))) {
      return fail(Errc::kCorrupt, "opening the metadata: the length of the record at offset " +
                                      std::to_string(last + *at) + " of " + entry->path().string() + " is damaged");
    }
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return fail(Errc::kIo, directory + ": " + error.message());
  return {};
}

}  // namespace objstore::storage
