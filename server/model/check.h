// Checks a whole store: the catalogue's rows here, the storage layer's below, and the names of what is concerned. What
// `objd fsck` runs.
//
// Reads one consistent state and writes nothing, so it may run while the store is served: what is under way (uploads,
// releases) is in a state of its own that the rows tell apart. One thread.
#pragma once

#include <objstore/error.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server/storage/check.h"

namespace objstore::model {

struct StoreCheckSources {
  const storage::MetadataReader& metadata;     // one state of all tables
  std::vector<storage::SegmentInfo> segments;  // listed after that state was taken
  // See storage::CheckSources.
  std::function<Result<std::optional<std::string>>(const std::string& chunk_row_key)> chunk_now{};
  // With it every chunk is read and verified, too.
  std::function<Result<storage::StoredChunk>(const storage::Location&)> read{};
  // The metadata to take the chunks from then; reading everything is too long for one state.
  const storage::MetadataReader* chunks = nullptr;
};

// Errors are those of the reading: kCorrupt, kIo; kCancelled. What is wrong with the rows becomes findings.
Result<storage::Findings> check_store(const StoreCheckSources& sources, const storage::CheckOptions& options);

}  // namespace objstore::model
