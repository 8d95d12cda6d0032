#include "server/backup/make_backup.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <limits>
#include <map>
#include <set>

#include "common/base/digest.h"
#include "common/wire/time.h"
#include "server/storage/files.h"
#include "server/storage/segment_catalog.h"
#include "server/storage/segment_file.h"
#include "server/storage/segment_format.h"

namespace objstore::backup {
namespace {

namespace fs = std::filesystem;
using storage::SegmentInfo;

constexpr std::size_t kSealDigits = 16;

std::string hex_of(Digest& digest) {
  const std::string raw = digest.finish();
  return to_hex(as_bytes(raw));
}

Result<std::string> sha256_of(const fs::path& path) {
  Digest digest(DigestKind::kSha256);
  OBJSTORE_TRY(storage::read_through(path, [&](ByteView bytes) {
    digest.update(bytes);
    return Status();
  }));
  return hex_of(digest);
}

// What the work has come to; one object for a backup.
class Maker {
 public:
  Maker(const BackupSource& source, BackupTarget& target, const Progress& progress)
      : source_(source), target_(target), progress_(progress) {}
  Result<BackupReport> run();

 private:
  Status freeze();
  Status copy_segments();
  Status copy_segment(const SegmentInfo& segment);
  Status copy_metadata();
  Status tell(std::uint64_t more);
  Result<fs::path> path_of(std::uint64_t segment) const;

  const BackupSource& source_;
  BackupTarget& target_;
  const Progress& progress_;
  std::vector<SegmentInfo> segments_;
  std::map<std::string, std::uint64_t> present_;  // in the target, with sizes
  std::map<std::string, BackedSegment> earlier_;  // of the last backup, by name
  BackupManifest manifest_;
  BackupReport report_;
  std::uint64_t total_ = 0;
};

// The metadata first, then the lanes: every segment that it names is sealed then, and stays as it is.
Status Maker::freeze() {
  OBJSTORE_TRY(storage::remove_tree(source_.scratch));
  OBJSTORE_TRY(storage::make_directories(source_.scratch));
  const std::vector<SegmentInfo> before = source_.segments.list();
  OBJSTORE_TRY(source_.metadata.checkpoint((source_.scratch / "metadata").string()));
  for (std::uint8_t lane = 0; lane < storage::kLaneCount; ++lane)
    OBJSTORE_TRY(source_.segments.seal(static_cast<storage::Lane>(lane)));
  for (const SegmentInfo& segment : source_.segments.list()) {
    const bool known = std::ranges::any_of(before, [&](const SegmentInfo& one) { return one.id == segment.id; });
    if (known || segment.sealed) segments_.push_back(segment);
  }
  for (const SegmentInfo& segment : segments_) total_ += segment.written_bytes;
  return {};
}

Result<fs::path> Maker::path_of(std::uint64_t segment) const {
  std::error_code ignored;
  for (const fs::path& directory : source_.segment_directories) {
    fs::path path = directory / storage::segment_file_name(segment);
    if (fs::exists(path, ignored)) return path;
  }
  return fail(Errc::kNotFound, storage::segment_file_name(segment) + ": the segment is gone");
}

Status Maker::tell(std::uint64_t more) {
  report_.bytes += more;
  return progress_ ? progress_(report_.bytes, std::max(total_, report_.bytes)) : Status();
}

// A name that says which segment it is: ids come again when a restored store goes on beside the original, and what
// header and footer hold beside the id is random.
Result<std::string> name_of(const fs::path& path, const SegmentInfo& segment) {
  OBJSTORE_ASSIGN(const auto file, storage::SegmentFile::open_for_reading(path.string()));
  OBJSTORE_ASSIGN(const std::uint64_t size, file->size());
  std::array<std::byte, storage::kBlockBytes> block{};
  Digest digest(DigestKind::kSha256);
  for (const std::uint64_t at : {std::uint64_t{0}, size - std::min<std::uint64_t>(size, block.size())}) {
    OBJSTORE_ASSIGN(const std::size_t got, file->read_at(at, block));
    digest.update(ByteView(block).first(got));
  }
  const std::string id = storage::segment_file_name(segment.id).substr(0, kSealDigits);
  return "segments/" + id + "-" + hex_of(digest).substr(0, kSealDigits);
}

Status Maker::copy_segment(const SegmentInfo& segment) {
  OBJSTORE_ASSIGN(const fs::path path, path_of(segment.id));
  OBJSTORE_ASSIGN(std::string name, name_of(path, segment));
  std::error_code error;
  BackedSegment backed{segment.id, name, fs::file_size(path, error), {}};
  if (error) return fail(Errc::kIo, path.string() + ": " + error.message());
  const auto there = present_.find(name);
  const bool is_there = segment.sealed && there != present_.end() && there->second == backed.bytes;
  if (const auto known = earlier_.find(name);
      is_there && known != earlier_.end() && known->second.bytes == backed.bytes) {
    backed.sha256 = known->second.sha256;
  } else {
    OBJSTORE_ASSIGN(backed.sha256, sha256_of(path));
  }
  // One that could not be sealed takes nothing any more, but has no footer to know it by.
  if (!segment.sealed) backed.name += "-" + backed.sha256.substr(0, kSealDigits);
  if (!is_there) {
    OBJSTORE_TRY(target_.put_file(backed.name, path));
    report_.copied_bytes += backed.bytes;
  }
  const std::uint64_t bytes = backed.bytes;
  manifest_.segments.push_back(std::move(backed));
  return tell(bytes);
}

Status Maker::copy_segments() {
  OBJSTORE_ASSIGN(present_, target_.list("segments"));
  OBJSTORE_ASSIGN(const auto ids, list_backups(target_));
  if (!ids.empty()) {
    // An earlier manifest that cannot be read costs time, no more.
    if (const auto last = load_backup(target_, ids.back()))
      for (const auto& one : last->segments) earlier_.emplace(one.name, one);
  }
  for (const SegmentInfo& segment : segments_) OBJSTORE_TRY(copy_segment(segment));
  report_.segments = segments_.size();
  return {};
}

Status Maker::copy_metadata() {
  const fs::path directory = source_.scratch / "metadata";
  OBJSTORE_ASSIGN(const auto files, storage::list_files(directory));
  OBJSTORE_ASSIGN(const auto present, target_.list("metadata"));
  for (const auto& file : files) {
    BackedFile backed{file.name, {}, file.size, {}};
    OBJSTORE_ASSIGN(backed.sha256, sha256_of(directory / file.name));
    backed.name = "metadata/" + backed.sha256;
    const auto there = present.find(backed.name);
    if (there == present.end() || there->second != backed.bytes) {
      OBJSTORE_TRY(target_.put_file(backed.name, directory / file.name));
      report_.copied_bytes += backed.bytes;
    }
    OBJSTORE_TRY(tell(backed.bytes));
    manifest_.metadata.push_back(std::move(backed));
  }
  return {};
}

// "20261122T203000.123Z"
std::string id_of(UnixMillis time) {
  std::string text = wire::format_iso8601(time);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

Result<BackupReport> Maker::run() {
  storage::RemovalGate::Hold hold;
  if (source_.gate != nullptr) hold = source_.gate->hold(std::numeric_limits<std::uint64_t>::max());
  OBJSTORE_TRY(freeze());
  OBJSTORE_TRY(copy_segments());
  OBJSTORE_TRY(copy_metadata());
  OBJSTORE_TRY(storage::remove_tree(source_.scratch));
  manifest_.id = id_of(source_.now_ms);
  manifest_.store_id = source_.store_id;
  manifest_.store_format = source_.store_format;
  manifest_.made_ms = source_.now_ms;
  OBJSTORE_TRY(target_.put_bytes(manifest_name(manifest_.id), encode(manifest_)));
  report_.id = manifest_.id;
  return report_;
}

}  // namespace

Result<BackupReport> make_backup(const BackupSource& source, BackupTarget& target, const Progress& progress) {
  return Maker(source, target, progress).run();
}

// Manifests go first: a backup that lacks something must not be found. Nothing is removed while a manifest that stays
// cannot be read, since what it needs is unknown then.
Result<std::uint64_t> prune_backups(BackupTarget& target, std::size_t kept) {
  OBJSTORE_ASSIGN(const auto ids, list_backups(target));
  const std::size_t going = ids.size() - std::min(kept, ids.size());
  std::set<std::string> needed;
  for (std::size_t i = going; i < ids.size(); ++i) {
    OBJSTORE_ASSIGN(const BackupManifest manifest, load_backup(target, ids[i]));
    for (const auto& one : manifest.segments) needed.insert(one.name);
    for (const auto& one : manifest.metadata) needed.insert(one.name);
  }
  for (std::size_t i = 0; i < going; ++i) OBJSTORE_TRY(target.remove(manifest_name(ids[i])));
  for (const char* folder : {"segments", "metadata"}) {
    OBJSTORE_ASSIGN(const auto present, target.list(folder));
    for (const auto& [name, bytes] : present)
      if (!needed.contains(name)) OBJSTORE_TRY(target.remove(name));
  }
  return going;
}

}  // namespace objstore::backup
