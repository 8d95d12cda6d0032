// Texts of policies with wildcards and policy variables. Pure; any thread.
//
// `*` stands for any characters, '/' and ':' among them, `?` for one character. "${aws:username}" is replaced by what
// the request has for that key, taken as it is: a `*` in it is a star. "${*}", "${?}" and "${$}" are the characters
// themselves, "${key, 'text'}" is 'text' where the request has no such key.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/auth/policy_context.h"

namespace objstore::auth {

// Two bytes that UTF-8 text never has stand for the wildcards in an expanded pattern.
inline constexpr char kAnyCharacters = '\xff';
inline constexpr char kOneCharacter = '\xfe';

enum class Wildcards : bool { kLiteral, kSpecial };

// variables: null where the policy's version has none. Nothing when a variable has no value, or several: then the text
// matches nothing.
std::optional<std::string> expand(std::string_view text, Wildcards wildcards, const PolicyContext* variables);

// `pattern` as expand() gave it.
bool matches_expanded(std::string_view pattern, std::string_view text) noexcept;

// For texts in which variables are not replaced, such as actions and principals.
bool matches_wildcards(std::string_view pattern, std::string_view text);

// Whether `text` has a wildcard or a variable: it stands for more than one value.
bool is_fixed(std::string_view text) noexcept;

}  // namespace objstore::auth
