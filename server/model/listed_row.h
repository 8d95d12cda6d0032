// An object's row as far as a listing shows it: read field by field, since a listing reads a thousand of them and shows
// a third of each. Pure; any thread.
#pragma once

#include <objstore/error.h>

#include <memory_resource>
#include <string_view>

#include "server/model/types.h"

namespace objstore::model {

// Its texts are put into `texts`. kCorrupt.
Result<ListedObject> decode_listed(std::string_view key, std::string_view bytes, std::pmr::memory_resource& texts);

}  // namespace objstore::model
