// Everything below a prefix, removed page by page. One thread at a time.
#pragma once

#include <objstore/names.h>
#include <objstore/tree.h>

#include <string>

#include "client/cli/exit_code.h"
#include "client/cli/session.h"

namespace objstore::cli {

struct RemovalOptions {
  bool dry_run = false;
  bool versions = false;  // also what is kept of what was overwritten and removed
  client::PathFilter filter{};
};

// Counts each key in `tally`, and reports those that stay. An error is of the listing or of a whole request.
Status remove_below(Session& session, const BucketName& bucket, const std::string& prefix,
                    const RemovalOptions& options, Tally& tally);

}  // namespace objstore::cli
