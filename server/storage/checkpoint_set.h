// The checkpoints of the metadata that lie in one directory: `<directory>/<UTC time>/`, each a complete metadata store
// of its own (`metadata/`) beside its `manifest` (docs/formats/metadata.md). One without a manifest does not exist.
//
// Functions over files; one thread at a time for each directory. Errors: kNoSpace, kIo.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "server/storage/files.h"
#include "server/storage/metadata_store.h"
#include "server/storage/segment_store.h"

namespace objstore::storage {

struct CheckpointManifest {
  static constexpr int kFormat = 1;
  std::string store_id;
  std::string store_format;  // of the data directory, as its file says; empty in one of an early build
  UnixMillis made_ms = 0;
  std::uint64_t sequence = 0;         // a number of the store (run << kRunShift | counter): grows from one to the next
  std::vector<SegmentInfo> segments;  // that existed
  std::vector<FileFacts> files;       // of the metadata: sizes here, inode and time of the store that it was taken from
};

std::string encode(const CheckpointManifest& manifest);
// kCorrupt: no such document. kUnsupported: of another version.
Result<CheckpointManifest> decode_checkpoint_manifest(std::string_view text);

struct Checkpoint {
  std::filesystem::path path;
  CheckpointManifest manifest;
  std::filesystem::path metadata() const { return path / "metadata"; }
};

// Those that are complete (manifest, and every file of its size), the newest first. Others are logged and passed over.
// Empty when there is no such directory.
Result<std::vector<Checkpoint>> list_checkpoints(const std::filesystem::path& directory);

// Metadata says which checkpoint was begun last; none can be newer than the metadata that it was taken from.
// kCorrupt: the metadata is older than `newest` (a sequence). Success for metadata of a build that did not write it
// down.
Status check_not_older(const MetadataReader& metadata, std::uint64_t newest);
// Lets metadata pass for newer than every checkpoint up to this one. Offline.
Status mark_newer(MetadataStore& metadata, std::uint64_t newest);

// Makes one: `fill` makes the metadata directory that it is given. Fills in `manifest.files`. The name is the time.
Result<Checkpoint> make_checkpoint(const std::filesystem::path& directory, CheckpointManifest manifest,
                                   const std::function<Status(const std::filesystem::path& metadata)>& fill);
// A copy of its own in another directory. Files that an earlier copy there has already, unchanged, are linked to it.
// Gives the bytes that were copied.
Result<std::uint64_t> copy_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& directory);

// Removes all but the newest `kept`, and what interrupted calls have left.
Status prune_checkpoints(const std::filesystem::path& directory, std::size_t kept);

// The files of a metadata directory as a new directory: tables by a link where that works, the rest copied, since a
// store that is opened goes on writing there. On stable storage; its name in the parent is not.
Status clone_metadata(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace objstore::storage
