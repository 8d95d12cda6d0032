#include "server/model/check.h"

#include "server/model/check_parts.h"
#include "server/model/damage.h"

namespace objstore::model {

namespace {

// What the rows take of the whole when everything is read, too: a guess.
constexpr double kShareOfRows = 0.1;

}  // namespace

Result<storage::Findings> check_store(const StoreCheckSources& sources, const storage::CheckOptions& all_options) {
  storage::Findings findings;
  storage::CheckOptions options = all_options;
  if (sources.read) options.progress = [&](double fraction) { all_options.progress(kShareOfRows * fraction); };
  OBJSTORE_ASSIGN(const CatalogWalk walk, CatalogWalk::open(sources.metadata, options.cancelled));
  OBJSTORE_TRY(check_objects(walk, findings));
  OBJSTORE_TRY(check_companions(walk, options, findings));
  OBJSTORE_TRY(check_uploads(walk, options, findings));
  const storage::LayoutWalk layouts = [&](const storage::LayoutVisitor& visit) { return walk.layouts(visit); };
  OBJSTORE_TRY(storage::check_storage(
      {.metadata = sources.metadata, .layouts = layouts, .segments = sources.segments, .chunk_now = sources.chunk_now},
      options, findings));
  if (sources.read) {
    options.progress = [&](double fraction) { all_options.progress(kShareOfRows + (1 - kShareOfRows) * fraction); };
    const auto& chunks = sources.chunks != nullptr ? *sources.chunks : sources.metadata;
    OBJSTORE_TRY(storage::check_data({.metadata = chunks, .read = sources.read, .chunk_now = sources.chunk_now},
                                     options, findings));
  }
  OBJSTORE_TRY(name_owners(sources.metadata, findings, options.cancelled));
  return findings;
}

}  // namespace objstore::model
