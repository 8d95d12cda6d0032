// Delta transfers with objd: puts that send, and gets that fetch, only what differs. Any thread.
#pragma once

#include <objstore/client.h>

#include "client/lib/download.h"
#include "client/lib/upload.h"

namespace objstore::client {

Result<DeltaPutResult> put_file_delta(const UploadContext& context, const ObjectName& to, const std::string& path,
                                      const ObjectName& base, const PutOptions& options);
Result<DeltaGetResult> get_file_delta(const DownloadContext& context, const ObjectName& from, const std::string& path,
                                      const std::string& old_copy, const GetOptions& options);

}  // namespace objstore::client
