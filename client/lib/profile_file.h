// AWS's shared configuration files: sections of name = value, with one level of indented values below an empty one.
// Pure functions; any thread.
#pragma once

#include <objstore/error.h>

#include <map>
#include <string>
#include <string_view>

namespace objstore::client {

// Values by name; an indented one has its parent's name before it: "s3.addressing_style".
using ProfileSection = std::map<std::string, std::string, std::less<>>;
// Sections by their header's text, white space made single: "default", "profile ci", "services local".
using ProfileFile = std::map<std::string, ProfileSection, std::less<>>;

inline constexpr std::size_t kProfileFileBytesMax = 1 << 20;

// kMalformed with the line's number for what is neither section, value, comment nor blank. The message never quotes the
// line: it may be a secret.
Result<ProfileFile> parse_profile_file(std::string_view text);
// kMalformed, kTooLarge, kIo; empty when there is no such file.
Result<ProfileFile> read_profile_file(const std::string& path);

}  // namespace objstore::client
