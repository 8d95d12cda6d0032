// How what is wrong with a signature's form becomes a refusal, with the texts that S3's clients know. Pure functions.
#pragma once

#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "common/wire/sigv4.h"
#include "server/auth/authenticator.h"

namespace objstore::auth {

using Fields = std::vector<std::pair<std::string, std::string>>;

std::unexpected<AuthError> refuse(Refusal refusal, std::string message, Fields fields = {});

// A fault of the Authorization header, and of a presigned query.
std::unexpected<AuthError> header_fault(wire::SigV4Fault fault);
std::unexpected<AuthError> query_fault(wire::SigV4Fault fault);

}  // namespace objstore::auth
