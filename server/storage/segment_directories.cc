#include "server/storage/segment_directories.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>

#include "common/base/digest.h"
#include "common/base/log.h"

namespace objstore::storage {
namespace {

// 0 when the disk does not answer.
std::uint64_t free_bytes(const std::string& path) {
  struct statvfs room{};
  if (::statvfs(path.c_str(), &room) != 0) return 0;
  return std::uint64_t{room.f_bavail} * room.f_frsize;
}

}  // namespace

Result<WriteMode> SegmentDirectories::prepare(const std::string& path, bool direct_writes) {
  std::error_code error;
  std::filesystem::create_directory(path, error);
  if (error) return fail(Errc::kIo, "cannot create the segment directory " + path + ": " + error.message());
  if (!direct_writes) return WriteMode::kBuffered;
  return probe_write_mode(path);
}

Result<SegmentDirectories> SegmentDirectories::open(const std::vector<std::string>& paths,
                                                    const std::vector<std::string>& missing, const Options& options) {
  if (paths.empty()) return fail(Errc::kInvalidArgument, "no segment directory");
  std::vector<Directory> directories;
  for (const std::string& path : paths) {
    const auto mode = prepare(path, options.direct_writes);
    const bool may_be_missing = !directories.empty() && options.go_on_without_missing;
    if (!mode && !may_be_missing) return std::unexpected(mode.error());
    if (mode) {
      log::info("segments are written",
                {{"directory", path}, {"mode", *mode == WriteMode::kDirect ? "O_DIRECT" : "buffered"}});
      directories.push_back({path, *mode, {}});
    } else {
      log::error("going on without a segment directory", {{"directory", path}, {"error", mode.error().message}});
      directories.push_back({path, WriteMode::kBuffered, mode.error().message});
    }
  }
  for (const std::string& path : missing) directories.push_back({path, WriteMode::kBuffered, "missing"});
  return SegmentDirectories(std::move(directories));
}

std::optional<DirectoryIndex> SegmentDirectories::choose(std::span<const DirectoryIndex> avoid,
                                                         std::optional<DirectoryIndex> preferred) const {
  std::vector<DirectoryIndex> good;
  for (DirectoryIndex i = 0; i < directories_.size(); ++i) {
    if (!failed(i) && std::ranges::find(avoid, i) == avoid.end()) good.push_back(i);
  }
  if (good.empty()) return std::nullopt;
  if (good.size() == 1) return good.front();
  std::vector<std::uint64_t> weights;
  std::uint64_t sum = 0;
  for (const DirectoryIndex i : good) {
    const std::uint64_t free = free_bytes(directories_[i].path);
    weights.push_back(free < kFreeBytesMin ? 0 : free / kFreeBytesMin);
    sum += weights.back();
    if (preferred == i && weights.back() > 0) return i;
  }
  if (sum == 0) return good.front();
  std::uint64_t at = random_u64() % sum;
  std::size_t chosen = 0;
  while (at >= weights[chosen]) at -= weights[chosen++];
  return good[chosen];
}

bool SegmentDirectories::mark_failed(DirectoryIndex index, const std::string& error) {
  std::lock_guard lock(mutex_);
  const bool others_go_on = index != 0;
  std::string& known = others_go_on ? directories_[index].error : first_error_;
  if (!known.empty()) return others_go_on;
  known = error;
  log::error(
      others_go_on ? "a segment directory has failed; going on without it" : "the first segment directory has failed",
      {{"directory", directories_[index].path}, {"error", error}});
  return others_go_on;
}

bool SegmentDirectories::failed(DirectoryIndex index) const {
  std::lock_guard lock(mutex_);
  return !directories_[index].error.empty();
}

std::string SegmentDirectories::first_error() const {
  std::lock_guard lock(mutex_);
  return first_error_;
}

bool SegmentDirectories::all_present() const {
  std::lock_guard lock(mutex_);
  return std::ranges::all_of(directories_, [](const Directory& d) { return d.error.empty(); });
}

std::vector<DirectoryStatus> SegmentDirectories::status() const {
  std::lock_guard lock(mutex_);
  std::vector<DirectoryStatus> out;
  for (const Directory& directory : directories_) out.push_back({directory.path, directory.error, 0, 0});
  if (!out.empty()) out.front().error = first_error_;
  return out;
}

}  // namespace objstore::storage
