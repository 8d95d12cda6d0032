// What replies say about versions and delete markers. Any thread.
#pragma once

#include <string>

#include "server/api/s3/call.h"

namespace objstore::s3 {

// The id as a client names it: "null" for the null version.
std::string shown_version(const model::ObjectInfo& info);
// x-amz-version-id, unless the bucket never had versions.
void add_version_header(const Call& call, wire::Headers& headers, const model::ObjectInfo& info);
// The same for what has just been written: S3 does not name the null version there.
void add_written_version_header(wire::Headers& headers, const model::ObjectInfo& info);

// Why a version, or the current one, could not be read. A delete marker is told from nothing by headers; one that was
// asked for by its id is MethodNotAllowed.
Failure unreadable(const Call& call, const model::VersionChoice& version, const Error& error);
// The call's object without its content. What unreadable() makes of failures.
Outcome<model::ObjectInfo> read_head(const Call& call, const model::VersionChoice& version);

}  // namespace objstore::s3
