// Checks the tables of the storage layer against each other: what docs/formats/metadata.md says that holds at every
// moment. What lies above (objects, parts of uploads) is walked by the caller.
//
// Reads one consistent state and writes nothing. Counts are recomputed in passes, each over a share of the ids, so that
// memory does not grow with the store. One thread.
#pragma once

#include <objstore/error.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server/storage/check_findings.h"
#include "server/storage/engine.h"
#include "server/storage/metadata_store.h"
#include "server/storage/segment_store.h"

namespace objstore::storage {

struct CheckOptions {
  std::size_t entries_max = 500'000;  // that one pass holds in memory: about 100 bytes each
  std::function<bool()> cancelled = [] { return false; };
  std::function<void(double fraction)> progress = [](double) {};
};

// Calls the visitor for each layout that the tables above have, with the number of bytes that it should string
// together. The owner is made only when somebody wants to name it.
using OwnerOf = std::function<Owner()>;
using LayoutVisitor = std::function<void(const Layout& layout, std::uint64_t size, const OwnerOf& owner)>;
using LayoutWalk = std::function<Status(const LayoutVisitor&)>;

struct CheckSources {
  const MetadataReader& metadata;     // one state of all tables
  const LayoutWalk& layouts;          // of the same state
  std::vector<SegmentInfo> segments;  // listed after that state was taken
  // On a store that is being served: the row of a chunk as it is now. A chunk may have moved, and its old segment may
  // be gone, since the state was taken. Empty: nobody else is there.
  std::function<Result<std::optional<std::string>>(const std::string& chunk_row_key)> chunk_now{};
};

// Errors are those of the reading: kCorrupt, kIo; kCancelled. What is wrong with the rows becomes findings.
Status check_storage(const CheckSources& sources, const CheckOptions& options, Findings& findings);

struct DataSources {
  const MetadataReader& metadata;  // need not be one state: chunks that go meanwhile are passed over
  std::function<Result<StoredChunk>(const Location&)> read;
  std::function<Result<std::optional<std::string>>(const std::string& chunk_row_key)> chunk_now{};  // as above
};

// Reads every copy of every chunk, decodes it and compares its digest with its name.
Status check_data(const DataSources& sources, const CheckOptions& options, Findings& findings);

}  // namespace objstore::storage
