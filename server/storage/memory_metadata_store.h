// The metadata port in memory: for tests, and nothing else, since nothing survives. Same contract as the RocksDB
// adapter.
#pragma once

#include <memory>

#include "server/storage/metadata_store.h"

namespace objstore::storage {

std::unique_ptr<MetadataStore> make_memory_metadata_store();

}  // namespace objstore::storage
