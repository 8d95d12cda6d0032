// What the authorizer is asked for a request: every action that its operation takes, under the rules of its bucket. Any
// thread.
#pragma once

#include "server/api/s3/call.h"

namespace objstore::s3 {

// Looks the request's bucket up and asks for every action. A caller who may not learns nothing of what exists.
// AccessDenied, NoSuchBucket.
Outcome<void> admit(Call& call);

// What a body says that policies ask about: s3:RequestObjectTag/..., s3:RequestObjectTagKeys, s3:LocationConstraint.
struct BodyFacts {
  const model::NameValues* tags = nullptr;  // of PutObjectTagging
  std::string_view location = {};           // of CreateBucket; empty: none is asked for
};

// Where admit() met a policy that asks for what the body says, nothing has been decided yet: the decision falls here,
// once the body is read. Everywhere else it has fallen, and this is success. AccessDenied.
Outcome<void> admit_body(const Call& call, const BodyFacts& facts);

// NoSuchKey and NoSuchVersion as they are told to who may list the bucket; AccessDenied to everybody else.
// Who may list some prefixes alone may list the key's own.
Failure as_told(const Call& call, std::string_view bucket, std::string_view key, std::string_view bucket_owner,
                Failure failure);

}  // namespace objstore::s3
