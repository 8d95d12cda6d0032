// Condition: the operators of the policy language and how a block of them is judged. Values; pure; any thread.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/auth/policy_context.h"

namespace objstore::auth {

// How one value of the policy is compared with one of the request.
enum class Comparison : std::uint8_t {
  kStringEquals,
  kStringEqualsIgnoreCase,
  kStringLike,
  kNumericEquals,
  kNumericLess,
  kNumericLessOrEqual,
  kNumericGreater,
  kNumericGreaterOrEqual,
  kDateEquals,
  kDateLess,
  kDateLessOrEqual,
  kDateGreater,
  kDateGreaterOrEqual,
  kBool,
  kBinary,
  kIpAddress,
  kArn,
  kNull,
};

// Over the request's values of a key that may have many.
enum class Quantifier : std::uint8_t { kNone, kAnyValue, kAllValues };

struct ConditionOperator {
  Comparison comparison = Comparison::kStringEquals;
  bool negated = false;  // ...Not...: holds when none of the policy's values matches
  Quantifier quantifier = Quantifier::kNone;
  bool if_exists = false;
};

// "ForAnyValue:StringNotLikeIfExists"; nothing for what is no operator.
std::optional<ConditionOperator> parse_operator(std::string_view text);

struct Condition {
  ConditionOperator op;
  std::string key;                  // in lower case, but for what follows a slash
  std::vector<std::string> values;  // one of them has to match
};

// The key as PolicyContext wants it.
std::string normalized_key(std::string_view key);

// Whether `value` is one that the operator can be given: a number, a date, an address. The message names it.
Status check_value(const ConditionOperator& op, std::string_view value);

// with_variables: the policy's version has them.
bool holds(const Condition& condition, const PolicyContext& context, bool with_variables);

}  // namespace objstore::auth
