#include "server/backup/read_backup.h"

#include <algorithm>
#include <memory>

#include "common/base/digest.h"
#include "server/storage/files.h"
#include "server/storage/local_segment_store.h"
#include "server/storage/rocksdb_metadata_store.h"
#include "server/storage/rows.h"
#include "server/storage/segment_catalog.h"
#include "server/storage/segment_file.h"

namespace objstore::backup {
namespace {

namespace fs = std::filesystem;
using storage::Table;

struct Expected {
  std::string name;
  std::uint64_t bytes = 0;
  std::string sha256;
};

// A file of the backup as a local one. kCorrupt, kNotFound: it is not what the manifest says; nothing is left then.
Status fetch(BackupTarget& target, const Expected& expected, const fs::path& to) {
  OBJSTORE_ASSIGN(auto file, storage::NewFile::create(to));
  Digest digest(DigestKind::kSha256);
  std::uint64_t bytes = 0;
  OBJSTORE_TRY(target.get(expected.name, [&](ByteView piece) {
    digest.update(piece);
    bytes += piece.size();
    return file.write(piece);
  }));
  const std::string raw = digest.finish();
  if (bytes != expected.bytes)
    return fail(Errc::kCorrupt, expected.name + ": has " + std::to_string(bytes) + " bytes, and should have " +
                                    std::to_string(expected.bytes));
  if (to_hex(as_bytes(raw)) != expected.sha256)
    return fail(Errc::kCorrupt, expected.name + ": its bytes are not those that were backed up");
  return file.finish();
}

std::uint64_t total_of(const BackupManifest& manifest) {
  std::uint64_t total = 0;
  for (const auto& one : manifest.segments) total += one.bytes;
  for (const auto& one : manifest.metadata) total += one.bytes;
  return total;
}

class Verifier {
 public:
  Verifier(BackupTarget& target, const BackupManifest& manifest, const fs::path& scratch, const Progress& progress)
      : target_(target), manifest_(manifest), scratch_(scratch), progress_(progress), total_(total_of(manifest)) {}
  Result<VerifyReport> run();

 private:
  Result<bool> take(const Expected& expected, const fs::path& to);
  Status take_metadata();
  Status take_segment(const BackedSegment& segment);
  Status check_record(const storage::SegmentStore::Visited& visited);
  Status count_places();
  void find(std::string text);

  BackupTarget& target_;
  const BackupManifest& manifest_;
  const fs::path& scratch_;
  const Progress& progress_;
  const std::uint64_t total_;
  VerifyReport report_;
  std::unique_ptr<storage::MetadataStore> metadata_;
  std::uint64_t places_found_ = 0;  // records that a row of the index names
};

void Verifier::find(std::string text) {
  if (report_.findings.size() < VerifyReport::kFindingsMax) {
    report_.findings.push_back(std::move(text));
  } else {
    ++report_.findings_left_out;
  }
}

// False when the file is not what it should be, which is a finding; an error when that cannot be said.
Result<bool> Verifier::take(const Expected& expected, const fs::path& to) {
  const Status fetched = fetch(target_, expected, to);
  if (!fetched && fetched.error().code != Errc::kCorrupt && fetched.error().code != Errc::kNotFound)
    return std::unexpected(fetched.error());
  if (!fetched) find(fetched.error().message);
  ++report_.files;
  report_.bytes += expected.bytes;
  if (progress_) OBJSTORE_TRY(progress_(report_.bytes, total_));
  return fetched.has_value();
}

Status Verifier::take_metadata() {
  const fs::path directory = scratch_ / "metadata";
  OBJSTORE_TRY(storage::make_directories(directory));
  bool whole = true;
  for (const auto& one : manifest_.metadata) {
    OBJSTORE_ASSIGN(const bool good, take({one.name, one.bytes, one.sha256}, directory / one.file));
    whole = whole && good;
  }
  if (!whole) return {};
  auto opened = storage::open_rocksdb_metadata_store({.directory = directory.string()});
  if (!opened && opened.error().code == Errc::kNoSpace) return std::unexpected(opened.error());
  if (!opened) {
    find("the metadata cannot be opened: " + opened.error().message);
    return {};
  }
  metadata_ = std::move(*opened);
  for (std::size_t i = 0; i < storage::kTableCount; ++i) {
    const auto cursor = metadata_->scan(static_cast<Table>(i), {});
    while (cursor->valid()) cursor->next();
    if (const Status read = cursor->status(); !read)
      find("table " + std::string(storage::to_string(static_cast<Table>(i))) + ": " + read.error().message);
  }
  return {};
}

Status Verifier::check_record(const storage::SegmentStore::Visited& visited) {
  ++report_.records;
  if (!metadata_) return {};
  const storage::ChunkKey key{visited.chunk.domain, visited.chunk.id};
  OBJSTORE_ASSIGN(const auto stored, metadata_->get(Table::kChunks, storage::chunk_key(key)));
  if (!stored) return {};
  OBJSTORE_ASSIGN(const auto row, storage::decode_chunk(*stored));
  for (const auto& placement : row.placements)
    if (placement.location == visited.location && !placement.quarantined) ++places_found_;
  return {};
}

// In a directory of its own: opening seals a segment that was backed up without a footer.
Status Verifier::take_segment(const BackedSegment& segment) {
  const fs::path directory = scratch_ / "segments";
  OBJSTORE_TRY(storage::remove_tree(directory));
  OBJSTORE_TRY(storage::make_directories(directory));
  OBJSTORE_ASSIGN(const bool good, take({segment.name, segment.bytes, segment.sha256},
                                        directory / storage::segment_file_name(segment.id)));
  if (!good) return {};
  OBJSTORE_ASSIGN(const auto store,
                  storage::open_local_segment_store({.directory = directory.string(), .direct_writes = false}));
  Status outcome = {};
  const Status scanned = store->scan(segment.id, [&](const storage::SegmentStore::Visited& visited) {
    outcome = check_record(visited);
    return outcome.has_value();
  });
  OBJSTORE_TRY(outcome);
  if (!scanned && scanned.error().code != Errc::kNotFound) find(segment.name + ": " + scanned.error().message);
  return {};
}

Status Verifier::count_places() {
  if (!metadata_) return {};
  std::uint64_t places = 0;
  const auto cursor = metadata_->scan(Table::kChunks, {});
  for (; cursor->valid(); cursor->next()) {
    const auto row = storage::decode_chunk(cursor->value());
    if (!row) {
      find("a row of the chunk index cannot be read");
      continue;
    }
    ++report_.chunks;
    places += static_cast<std::uint64_t>(
        std::ranges::count_if(row->placements, [](const auto& placement) { return !placement.quarantined; }));
  }
  if (places_found_ < places)
    find(std::to_string(places - places_found_) + " of " + std::to_string(places) +
         " places of chunks are in no segment of this backup");
  return {};
}

Result<VerifyReport> Verifier::run() {
  OBJSTORE_TRY(storage::remove_tree(scratch_));
  OBJSTORE_TRY(storage::make_directories(scratch_));
  OBJSTORE_TRY(take_metadata());
  for (const auto& segment : manifest_.segments) OBJSTORE_TRY(take_segment(segment));
  OBJSTORE_TRY(count_places());
  metadata_.reset();
  OBJSTORE_TRY(storage::remove_tree(scratch_));
  return std::move(report_);
}

}  // namespace

Result<VerifyReport> verify_backup(BackupTarget& target, const BackupManifest& manifest, const fs::path& scratch,
                                   const Progress& progress) {
  return Verifier(target, manifest, scratch, progress).run();
}

Status unpack_backup(BackupTarget& target, const BackupManifest& manifest, const fs::path& metadata,
                     const fs::path& segments, const Progress& progress) {
  const std::uint64_t total = total_of(manifest);
  std::uint64_t done = 0;
  const auto unpack = [&](const Expected& expected, const fs::path& to) -> Status {
    OBJSTORE_TRY(fetch(target, expected, to));
    done += expected.bytes;
    return progress ? progress(done, total) : Status();
  };
  for (const auto& directory : {metadata, segments}) {
    OBJSTORE_TRY(storage::remove_tree(directory));
    OBJSTORE_TRY(storage::make_directories(directory));
  }
  for (const auto& one : manifest.metadata)
    OBJSTORE_TRY(unpack({one.name, one.bytes, one.sha256}, metadata / one.file));
  for (const auto& one : manifest.segments)
    OBJSTORE_TRY(unpack({one.name, one.bytes, one.sha256}, segments / storage::segment_file_name(one.id)));
  OBJSTORE_TRY(storage::sync_directory(metadata.string()));
  return storage::sync_directory(segments.string());
}

}  // namespace objstore::backup
