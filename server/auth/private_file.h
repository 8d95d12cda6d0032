// Small files that only their owner may read: keys and credentials. Any thread; calls for one path must not overlap.
#pragma once

#include <objstore/error.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace objstore::auth {

inline constexpr std::size_t kPrivateFileBytesMax = std::size_t{64} << 10;

// Replaces the file as a whole and makes it durable: a crash leaves the old content or the new one. Mode 0600.
Status write_private_file(const std::filesystem::path& path, std::string_view content);

// Nothing when the file does not exist. kTooLarge above the limit, kIo.
Result<std::optional<std::string>> read_small_file(const std::filesystem::path& path,
                                                   std::size_t limit = kPrivateFileBytesMax);

// The same, but kAccessDenied when group or others may read the file: such a key is a key no more.
Result<std::optional<std::string>> read_private_file(const std::filesystem::path& path);

}  // namespace objstore::auth
