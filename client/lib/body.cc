#include "client/lib/body.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace objstore::client {

Result<std::size_t> MemoryBody::read_at(std::uint64_t offset, MutableBytes out) const {
  if (offset >= bytes_.size()) return 0;
  const ByteView rest = bytes_.subspan(static_cast<std::size_t>(offset));
  const std::size_t size = std::min(rest.size(), out.size());
  std::copy_n(rest.data(), size, out.data());
  return size;
}

Result<std::size_t> FileBody::read_at(std::uint64_t offset, MutableBytes out) const {
  if (offset >= size_ || out.empty()) return 0;
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size_ - offset));
  while (true) {
    const auto got = ::pread(fd_, out.data(), wanted, static_cast<off_t>(offset_ + offset));
    if (got > 0) return static_cast<std::size_t>(got);
    if (got == 0) return fail(Errc::kConflict, "the file became shorter while it was read");
    if (errno != EINTR) return fail(Errc::kIo, std::string("cannot read the file: ") + std::strerror(errno));
  }
}

Result<std::size_t> SliceBody::read_at(std::uint64_t offset, MutableBytes out) const {
  if (offset >= size_) return 0;
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size_ - offset));
  return whole_.read_at(offset_ + offset, out.first(wanted));
}

}  // namespace objstore::client
