// The parts of check_store(), one for each family of tables. Private to the check.
#pragma once

#include "server/model/catalog_walk.h"
#include "server/storage/check.h"

namespace objstore::model {

// Buckets with their documents and counters, and the rows of objects and versions by themselves.
Status check_objects(const CatalogWalk& walk, storage::Findings& findings);
// Bodies in table inline and part lists against the objects that should have them.
Status check_companions(const CatalogWalk& walk, const storage::CheckOptions& options, storage::Findings& findings);
// Uploads, their parts, and the notes of completed ones.
Status check_uploads(const CatalogWalk& walk, const storage::CheckOptions& options, storage::Findings& findings);

}  // namespace objstore::model
