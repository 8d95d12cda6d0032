// Request headers that ask for features which are not provided: refused before anything is done, since to pass over one
// would store an object that is not protected, or not shared, as its owner was told. Any thread.
#pragma once

#include "server/api/s3/call.h"

namespace objstore::s3 {

// NotImplemented for encryption, grants, ACLs that say more than "the owner's", object lock and appending.
Outcome<void> refuse_unsupported(const Call& call);

// AccessDenied when x-amz-expected-bucket-owner names somebody else.
Outcome<void> check_bucket_owner(const Call& call);

}  // namespace objstore::s3
