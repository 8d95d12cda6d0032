// Names of objects that may be patterns. One thread.
#pragma once

#include <objstore/tree.h>

#include <optional>

#include "client/cli/location.h"
#include "client/cli/session.h"
#include "client/cli/write_options.h"

namespace objstore::cli {

struct Pattern {
  RemotePath base;  // ends with '/' or is the bucket
  client::PathFilter filter;
};

// A key with '*', '?' or '[' is the object of that name if there is one: nothing. Else it is a pattern, joined with the
// exclusions. kInvalidArgument with --include, which would say the same twice.
Result<std::optional<Pattern>> pattern_of(Session& session, const RemotePath& path, const FilterArguments& filter);

}  // namespace objstore::cli
