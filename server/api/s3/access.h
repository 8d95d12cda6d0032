// What the authorizer is asked for a request: every action that its operation takes, under the rules of its bucket. Any
// thread.
#pragma once

#include "server/api/s3/call.h"

namespace objstore::s3 {

// Looks the request's bucket up and asks for every action. A caller who may not learns nothing of what exists.
// AccessDenied, NoSuchBucket.
Outcome<void> admit(Call& call);

// NoSuchKey and NoSuchVersion as they are told to who may list the bucket; AccessDenied to everybody else.
Failure as_told(const Call& call, std::string_view bucket, std::string_view bucket_owner, Failure failure);

}  // namespace objstore::s3
