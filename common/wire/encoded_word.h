// Text beyond ASCII in a header's value: RFC 2047's encoded words, in which S3 gives back what it was sent as UTF-8.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace objstore::wire {

// "=?UTF-8?B?...?=" words with spaces between for UTF-8 beyond ASCII. ASCII, and bytes that are no UTF-8, as they are.
std::string encode_words(std::string_view text);

}  // namespace objstore::wire
