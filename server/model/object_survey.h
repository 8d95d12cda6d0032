// Every object and version of a store, counted, and those named that stand on given blobs: what a repair reports.
//
// Reads alone; any thread. Memory does not grow with the store.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <functional>
#include <set>
#include <string>

#include "server/storage/metadata_store.h"

namespace objstore::model {

struct SurveyedObject {
  std::string bucket;
  std::string key;
  std::string version_id;  // empty: the null version
  std::uint64_t size = 0;
};

struct Survey {
  std::uint64_t buckets = 0;
  std::uint64_t objects = 0;  // versions too; no delete markers
  std::uint64_t bytes = 0;
  std::uint64_t damaged = 0;  // for which `visit` was called
};

// Calls `visit` for each object or version with an extent in one of `blobs`. kCorrupt, kIo.
Result<Survey> survey_objects(const storage::MetadataReader& metadata, const std::set<std::uint64_t>& blobs,
                              const std::function<void(const SurveyedObject&)>& visit);

}  // namespace objstore::model
