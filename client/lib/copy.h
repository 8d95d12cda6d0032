// Objects copied by the server itself. Any thread.
#pragma once

#include <objstore/client.h>

#include "client/lib/upload.h"

namespace objstore::client {

// One CopyObject up to 5 GiB, else a multipart upload of copied ranges. A source that is replaced meanwhile gives
// kConflict, never a mixture.
Result<PutResult> copy_object(const UploadContext& context, const ObjectName& from, const ObjectName& to,
                              const CopyOptions& options);

}  // namespace objstore::client
