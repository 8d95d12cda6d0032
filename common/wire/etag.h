// Entity tags in conditional headers. Pure functions, any thread.
#pragma once

#include <string>
#include <string_view>

namespace objstore::wire {

// "\"abc\"" for "abc".
std::string quote_etag(std::string_view etag);
// Without the quotes, if they are there: SDKs send both spellings (also in CompleteMultipartUpload).
std::string_view unquote_etag(std::string_view etag) noexcept;

// header: the value of If-Match or If-None-Match: "*" or a list of tags, quoted or not. etag: the object's, unquoted.
// An existing object matches "*"; for one that does not exist, do not ask.
// If-Match compares strongly: W/"x" never matches (RFC 9110, section 8.8.3.2).
bool if_match_holds(std::string_view header, std::string_view etag) noexcept;
// True when a tag of If-None-Match matches (weakly), so that the condition fails.
bool if_none_match_hits(std::string_view header, std::string_view etag) noexcept;

}  // namespace objstore::wire
