// An object on its way from the server: verified, and taken up again where a connection broke. Any thread.
#pragma once

#include <objstore/client.h>

#include "client/lib/s3_caller.h"

namespace objstore::client {

// What the headers of GetObject or HeadObject say.
ObjectInfo read_object_info(const HttpResponseHead& head);

Result<ObjectInfo> head_object(const S3Caller& caller, const ObjectName& object, const GetOptions& options);
Result<ObjectInfo> download(const S3Caller& caller, const ObjectName& from, const WriteCallback& write,
                            const GetOptions& options);
Result<ObjectInfo> download_file(const S3Caller& caller, const ObjectName& from, const std::string& path,
                                 const GetOptions& options);

}  // namespace objstore::client
