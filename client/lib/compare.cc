#include "client/lib/compare.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "client/lib/descriptor.h"
#include "common/base/digest.h"
#include "common/wire/checksum.h"

namespace objstore::client {
namespace {

constexpr std::size_t kMd5HexLength = 32;

// The MD5 in an ETag, in lower case; empty for one of another kind ("...-3", or encrypted objects' in length only).
std::string md5_of_etag(std::string_view etag) {
  if (etag.starts_with('"') && etag.ends_with('"') && etag.size() >= 2) etag = etag.substr(1, etag.size() - 2);
  const bool hex = etag.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  return hex && etag.size() == kMd5HexLength ? to_lower(etag) : std::string();
}

template <typename Consumer>
Status read_file(const std::string& path, const std::stop_token& stop, Consumer consume) {
  constexpr std::size_t kBlockBytes = 256 * 1024;
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0) return fail(Errc::kIo, "cannot read " + path + ": " + std::strerror(errno));
  std::vector<std::byte> block(kBlockBytes);
  while (true) {
    if (stop.stop_requested()) return fail(Errc::kCancelled, "stopped");
    const auto got = ::read(file.fd, block.data(), block.size());
    if (got == 0) return {};
    if (got > 0) {
      consume(ByteView(block).first(static_cast<std::size_t>(got)));
    } else if (errno != EINTR) {
      return fail(Errc::kIo, "cannot read " + path + ": " + std::strerror(errno));
    }
  }
}

// What the bytes of one side are known by.
struct Known {
  std::string md5;       // hexadecimal
  std::string checksum;  // "CRC64NVME:<base64>"; of the whole, never of parts' checksums
};

Result<Known> known_of(Client& client, const ObjectName& object, const std::stop_token& stop) {
  OBJSTORE_ASSIGN(const ObjectInfo info, client.head(object, {.control = {.progress = {}, .stop = stop}}));
  // Base64 has no '-': that is the number of parts of a composed checksum.
  const bool composed = info.checksum.contains('-');
  return Known{.md5 = md5_of_etag(info.etag), .checksum = composed ? std::string() : info.checksum};
}

std::optional<wire::ChecksumAlgorithm> algorithm_of(std::string_view checksum) {
  const auto name = checksum.substr(0, checksum.find(':'));
  for (const auto algorithm : wire::kChecksumAlgorithms) {
    if (wire::checksum_name(algorithm) == name) return algorithm;
  }
  return std::nullopt;
}

Result<bool> file_is(const std::string& path, const Known& object, const std::stop_token& stop) {
  if (const auto algorithm = algorithm_of(object.checksum)) {
    wire::Checksum checksum(*algorithm);
    OBJSTORE_TRY(read_file(path, stop, [&](ByteView bytes) { checksum.update(bytes); }));
    return object.checksum.ends_with(":" + checksum.finish_base64());
  }
  if (object.md5.empty()) return false;  // nothing says that it is the same
  Digest md5(DigestKind::kMd5);
  OBJSTORE_TRY(read_file(path, stop, [&](ByteView bytes) { md5.update(bytes); }));
  return to_hex(as_bytes(md5.finish())) == object.md5;
}

}  // namespace

std::string file_of(const Directory& directory, const std::string& path) {
  return directory.path + (directory.path.ends_with('/') ? "" : "/") + path;
}

Result<ObjectName> object_of(const Prefix& prefix, const std::string& path) {
  OBJSTORE_ASSIGN(ObjectKey key, ObjectKey::parse(prefix.prefix + path));
  return ObjectName{prefix.bucket, std::move(key)};
}

Comparer::Comparer(Client& client, const Place& from, const Place& to, Compare compare, std::stop_token stop)
    : client_(client), from_(from), to_(to), compare_(compare), stop_(std::move(stop)) {}

bool Comparer::same_by_time(const Pair& pair) const {
  // A download gives its file the object's time. Another time means another version, also an older one: a key may have
  // been put back to what it was.
  if (std::holds_alternative<Directory>(to_)) return pair.source.modified_ms == pair.target.modified_ms;
  if (std::holds_alternative<Prefix>(from_)) {
    if (!pair.source.etag.empty() && pair.source.etag == pair.target.etag) return true;
    const bool both_md5 = !md5_of_etag(pair.source.etag).empty() && !md5_of_etag(pair.target.etag).empty();
    if (both_md5) return false;
  }
  return pair.source.modified_ms <= pair.target.modified_ms;
}

Result<bool> Comparer::same_bytes(const Pair& pair) const {
  const auto known = [&](const Place& place, const TreeEntry& entry) -> Result<Known> {
    OBJSTORE_ASSIGN(const ObjectName object, object_of(std::get<Prefix>(place), entry.path));
    return known_of(client_, object, stop_);
  };
  const auto* source_directory = std::get_if<Directory>(&from_);
  const auto* target_directory = std::get_if<Directory>(&to_);
  if (source_directory != nullptr && target_directory != nullptr) {
    wire::Checksum first(wire::ChecksumAlgorithm::kSha256);
    wire::Checksum second(wire::ChecksumAlgorithm::kSha256);
    OBJSTORE_TRY(read_file(file_of(*source_directory, pair.source.path), stop_, [&](ByteView b) { first.update(b); }));
    OBJSTORE_TRY(read_file(file_of(*target_directory, pair.target.path), stop_, [&](ByteView b) { second.update(b); }));
    return first.finish() == second.finish();
  }
  if (source_directory != nullptr) {
    OBJSTORE_ASSIGN(const Known target, known(to_, pair.target));
    return file_is(file_of(*source_directory, pair.source.path), target, stop_);
  }
  OBJSTORE_ASSIGN(const Known source, known(from_, pair.source));
  if (target_directory != nullptr) return file_is(file_of(*target_directory, pair.target.path), source, stop_);
  OBJSTORE_ASSIGN(const Known target, known(to_, pair.target));
  if (!source.checksum.empty() && algorithm_of(source.checksum) == algorithm_of(target.checksum)) {
    return source.checksum == target.checksum;
  }
  return !source.md5.empty() && source.md5 == target.md5;
}

Result<bool> Comparer::same(const Pair& pair) const {
  if (compare_ == Compare::kAlways || pair.source.size != pair.target.size) return false;
  if (compare_ == Compare::kSize) return true;
  if (compare_ == Compare::kSizeAndTime) return same_by_time(pair);
  return same_bytes(pair);
}

}  // namespace objstore::client
