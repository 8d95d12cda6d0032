#include "client/lib/upload_state.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/base/bytes.h"
#include "common/wire/uri.h"

namespace objstore::client {
namespace {

constexpr std::string_view kMagic = "objstore-upload-1";
constexpr std::size_t kBytesMax = 16 * 1024;

std::optional<wire::ChecksumAlgorithm> algorithm_named(std::string_view name) {
  for (const auto algorithm : wire::kChecksumAlgorithms) {
    if (wire::checksum_name(algorithm) == name) return algorithm;
  }
  return std::nullopt;
}

std::string next_line(std::string_view& text) {
  const auto end = text.find('\n');
  std::string line(text.substr(0, end));
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

}  // namespace

std::unique_ptr<UploadStateFile> UploadStateFile::open(const std::string& path) {
  constexpr mode_t kOwnerOnly = 0600;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnerOnly);
  if (fd < 0) return nullptr;
  struct stat state{};
  // Removed by the call that had the lock before us: a file without a name remembers nothing.
  const bool ours = ::flock(fd, LOCK_EX | LOCK_NB) == 0 && ::fstat(fd, &state) == 0 && state.st_nlink > 0;
  if (!ours) {
    ::close(fd);
    return nullptr;
  }
  std::unique_ptr<UploadStateFile> file(new UploadStateFile(path, fd));
  file->written_ = state.st_size > 0;
  return file;
}

UploadStateFile::~UploadStateFile() {
  if (!written_) ::unlink(path_.c_str());
  ::close(fd_);
}

std::optional<UploadState> UploadStateFile::read() const {
  std::array<char, kBytesMax> block{};
  const auto got = ::pread(fd_, block.data(), block.size(), 0);
  if (got <= 0) return std::nullopt;
  std::string_view text(block.data(), static_cast<std::size_t>(got));
  if (next_line(text) != kMagic) return std::nullopt;
  UploadState state{.target = next_line(text), .identity = next_line(text)};
  const auto part_size = parse_u64(next_line(text));
  const auto algorithm = algorithm_named(next_line(text));
  auto id = wire::percent_decode(next_line(text));
  // The last line says that it was written whole.
  if (!part_size || *part_size == 0 || !algorithm || !id || id->empty() || next_line(text) != "end") {
    return std::nullopt;
  }
  state.part_size = *part_size;
  state.algorithm = *algorithm;
  state.upload_id = std::move(*id);
  return state;
}

Status UploadStateFile::write(const UploadState& state) {
  std::string text;
  for (const auto& line :
       {std::string(kMagic), state.target, state.identity, std::to_string(state.part_size),
        std::string(wire::checksum_name(state.algorithm)), wire::percent_encode(state.upload_id), std::string("end")}) {
    text += line + "\n";
  }
  written_ = true;
  const bool done =
      ::ftruncate(fd_, 0) == 0 && ::pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
  if (!done) return fail(Errc::kIo, "cannot write " + path_ + ": " + std::strerror(errno));
  return {};
}

void UploadStateFile::remove() {
  written_ = false;
  ::unlink(path_.c_str());
}

}  // namespace objstore::client
