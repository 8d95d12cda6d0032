// Query parameters and headers that several operations read, with the limits that S3 gives them. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/api/s3/call.h"

namespace objstore::s3 {

std::unexpected<Failure> invalid_argument(std::string message, std::string_view name, std::string_view value);

// max-keys and its like: absent or empty gives `most`; 0 to 2^31-1 is cut to `most`. InvalidArgument for the rest.
Outcome<std::size_t> read_page_size(const Call& call, std::string_view name, std::size_t most);
// True for encoding-type=url. InvalidArgument for another value.
Outcome<bool> read_url_encoding(const Call& call);
// partNumber, 1 to 10,000. InvalidArgument.
Outcome<std::uint32_t> read_part_number(const Call& call);
// versionId; nothing when it is absent. InvalidArgument.
Outcome<model::VersionChoice> read_version(const Call& call);
// "true" or "false", or absent for false. InvalidArgument.
Outcome<bool> read_flag(const Call& call, std::string_view header);

// How a listing writes keys, prefixes, delimiters and markers.
std::string listed(std::string_view text, bool url_encoding);

}  // namespace objstore::s3
