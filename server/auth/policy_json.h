// JSON as policies use it: a tree in which every member stands once. Values; pure; any thread.
//
// A library's object takes the last of two members of one name, another reader the first: a policy that two readers
// understand in two ways is refused.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace objstore::auth {

inline constexpr std::size_t kPolicyDepthMax = 10;

struct JsonValue {
  enum class Kind : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  std::string name;                 // of a member of an object
  std::string text;                 // of a string; "true", "false"; a number as it is written
  std::vector<JsonValue> elements;  // of an array
  std::vector<JsonValue> members;   // of an object, in the order of the text

  const JsonValue* find(std::string_view member) const noexcept;
};

// kMalformed: no JSON, a member that stands twice, deeper than kPolicyDepthMax, not UTF-8.
Result<JsonValue> parse_policy_json(std::string_view text);

}  // namespace objstore::auth
