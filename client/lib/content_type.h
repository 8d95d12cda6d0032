// A media type by a file name's ending. Pure; any thread.
#pragma once

#include <string_view>

namespace objstore::client {

// "application/octet-stream" for what is not known. Endings compare without case.
std::string_view guess_content_type(std::string_view file_name) noexcept;

}  // namespace objstore::client
