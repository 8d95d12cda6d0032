// What the passes of a check have in common: walking a table, the share of ids that a pass looks at, and the progress.
// Private to the check; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "server/storage/check.h"

namespace objstore::storage {

// The share of one pass.
struct Share {
  std::uint64_t index = 0;
  std::uint64_t of = 1;
  // Ids count up, so neighbours go to different shares.
  bool has(std::uint64_t id) const noexcept { return id % of == index; }
  bool has(const ChunkKey& chunk) const noexcept;
};

class CheckPass {
 public:
  CheckPass(const MetadataReader& metadata, const CheckOptions& options) : metadata_(metadata), options_(options) {}

  using Visit = std::function<void(std::string_view key, std::string_view value)>;
  // kCancelled, and what the cursor says.
  Status walk(Table table, std::string_view prefix, const Visit& visit) const;
  // In how many shares `rows` are looked at.
  std::uint64_t shares(std::uint64_t rows) const noexcept;

 private:
  static constexpr std::uint64_t kRowsBetweenLooks = 4096;  // at whether it was cancelled
  const MetadataReader& metadata_;
  const CheckOptions& options_;
};

struct RowCounts {
  std::uint64_t blobs = 0;
  std::uint64_t manifests = 0;  // pages
  std::uint64_t chunks = 0;
  std::uint64_t counters = 0;
};

// --- The parts of check_storage(). Each is called for one share.
// Whether each row can be read at all; and how many there are.
Result<RowCounts> check_rows(const CheckPass& pass, Findings& findings);
Status check_blobs(const CheckPass& pass, const CheckSources& sources, Share share, Findings& findings);
Status check_manifests(const CheckPass& pass, const CheckSources& sources, Share share, Findings& findings);

class SegmentTally;
Status check_chunks(const CheckPass& pass, const CheckSources& sources, Share share, SegmentTally& segments,
                    Findings& findings);
Status check_segments(const CheckPass& pass, const SegmentTally& segments, Findings& findings);

// "0x00000a0000000001": how ids are written in messages.
std::string id_text(std::uint64_t id);
std::string id_text(const ChunkKey& chunk);

inline constexpr std::size_t kChunkKeyBytes = 36;
// Of a row's key, which has so many bytes.
ChunkKey chunk_of_key(std::string_view key);

}  // namespace objstore::storage
