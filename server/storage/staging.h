// Markers of staged blobs: bodies too large for one batch, whose upload has not been published. A start releases those
// that it finds; nobody has to scan the blobs. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/storage/metadata_store.h"
#include "server/storage/rows.h"

namespace objstore::storage {

inline constexpr std::string_view kStagedPrefix = "staged/";  // table kStore; the blob's id behind it

inline std::string staged_key(std::uint64_t blob) {
  return std::string(kStagedPrefix) + id_key(blob);
}

inline void mark_staged(Batch& batch, std::uint64_t blob) {
  batch.put(Table::kStore, staged_key(blob), "1");
}
inline void unmark_staged(Batch& batch, std::uint64_t blob) {
  batch.erase(Table::kStore, staged_key(blob));
}

// Hands the blob to the collector, with a queue row of the given number.
inline void release_staged(Batch& batch, std::uint64_t blob, std::uint64_t queue_id) {
  Release release;
  release.blobs.push_back(blob);
  batch.expect(Table::kStore, staged_key(blob), "1");
  unmark_staged(batch, blob);
  batch.put(Table::kQueue, id_key(queue_id), encode(release));
}

}  // namespace objstore::storage
