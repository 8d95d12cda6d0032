// Who is concerned when chunks, blobs or manifests are damaged: finds objects, versions and parts of uploads by name.
//
// One walk over blobs, manifests and the rows above. Reads one consistent state; one thread.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "server/storage/check_findings.h"
#include "server/storage/metadata_store.h"

namespace objstore::model {

// One of the three.
struct DamagedThing {
  std::optional<storage::ChunkKey> chunk{};
  std::uint64_t blob = 0;
  std::uint64_t manifest = 0;
};

struct Concerned {
  std::vector<storage::Owner> owners;  // the first of them
  std::uint64_t count = 0;             // of all
};

// As many answers as things, in their order; at most `owners_kept` names for each. An object is concerned when the
// bytes that it has of a blob lie in the damaged chunk. The caller bounds the number of things.
Result<std::vector<Concerned>> find_concerned(const storage::MetadataReader& metadata,
                                              std::span<const DamagedThing> things, std::size_t owners_kept,
                                              const std::function<bool()>& cancelled);

// Names whom the findings concern that have no owner yet.
Status name_owners(const storage::MetadataReader& metadata, storage::Findings& findings,
                   const std::function<bool()>& cancelled);

}  // namespace objstore::model
