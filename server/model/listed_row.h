// An object's row as far as a listing shows it. Pure; any thread.
#pragma once

#include <objstore/error.h>

#include <string_view>

#include "server/model/types.h"

namespace objstore::model {

// As decode_object() of model_rows.h gives it, but without version, generation and parts, and of the attributes with
// the storage class alone: listings decode a thousand rows a page and show no more. kCorrupt.
Result<ObjectInfo> decode_listed(std::string_view key, std::string_view bytes);

}  // namespace objstore::model
