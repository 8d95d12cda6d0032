// Entity tags in conditional headers. Pure functions, any thread.
#pragma once

#include <string>
#include <string_view>

namespace objstore::wire {

// Of CreateBucket, and of HeadBucket's answer: what the ETags in that bucket are made of.
inline constexpr std::string_view kEtagKindHeader = "x-objstore-etag";
inline constexpr std::string_view kEtagKindMd5 = "md5";        // as in S3; the default
inline constexpr std::string_view kEtagKindOpaque = "opaque";  // uploads cost the server no MD5

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
