// Which bucket a Host header names, for requests in virtual-host style. Pure; any thread. Used by the S3 front end and
// by the dispatcher: in `https://bucket.example.com/-/x` the path is a key and not an internal route.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace objstore::api {

// The part of `host` (a Host header's value, with or without a port) that stands before one of `domains`, without the
// dot: "a.b" for "A.B.s3.example:9000" and "s3.example". Nothing when no domain fits or nothing stands before it.
std::optional<std::string> virtual_bucket(std::string_view host, const std::vector<std::string>& domains);

}  // namespace objstore::api
