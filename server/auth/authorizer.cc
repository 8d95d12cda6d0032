#include "server/auth/authorizer.h"

namespace objstore::auth {

Status Authorizer::authorize(const Principal& principal, const Access& access) const {
  if (principal.anonymous) return fail(Errc::kAccessDenied, "Access Denied");
  // A bucket without an owner does not exist: whoever is known here may be told so.
  if (access.bucket_owner.empty() || access.bucket_owner == principal.account_id) return {};
  return fail(Errc::kAccessDenied, "Access Denied");
}

}  // namespace objstore::auth
