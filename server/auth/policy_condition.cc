#include "server/auth/policy_condition.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "common/base/bytes.h"
#include "common/wire/ip_network.h"
#include "common/wire/time.h"
#include "server/auth/policy_pattern.h"

namespace objstore::auth {
namespace {

struct Named {
  std::string_view name;
  Comparison comparison;
  bool negated;
};
constexpr auto kOperators = std::to_array<Named>({
    {"StringEquals", Comparison::kStringEquals, false},
    {"StringNotEquals", Comparison::kStringEquals, true},
    {"StringEqualsIgnoreCase", Comparison::kStringEqualsIgnoreCase, false},
    {"StringNotEqualsIgnoreCase", Comparison::kStringEqualsIgnoreCase, true},
    {"StringLike", Comparison::kStringLike, false},
    {"StringNotLike", Comparison::kStringLike, true},
    {"NumericEquals", Comparison::kNumericEquals, false},
    {"NumericNotEquals", Comparison::kNumericEquals, true},
    {"NumericLessThan", Comparison::kNumericLess, false},
    {"NumericLessThanEquals", Comparison::kNumericLessOrEqual, false},
    {"NumericGreaterThan", Comparison::kNumericGreater, false},
    {"NumericGreaterThanEquals", Comparison::kNumericGreaterOrEqual, false},
    {"DateEquals", Comparison::kDateEquals, false},
    {"DateNotEquals", Comparison::kDateEquals, true},
    {"DateLessThan", Comparison::kDateLess, false},
    {"DateLessThanEquals", Comparison::kDateLessOrEqual, false},
    {"DateGreaterThan", Comparison::kDateGreater, false},
    {"DateGreaterThanEquals", Comparison::kDateGreaterOrEqual, false},
    {"Bool", Comparison::kBool, false},
    {"BinaryEquals", Comparison::kBinary, false},
    {"IpAddress", Comparison::kIpAddress, false},
    {"NotIpAddress", Comparison::kIpAddress, true},
    {"ArnEquals", Comparison::kArn, false},
    {"ArnLike", Comparison::kArn, false},
    {"ArnNotEquals", Comparison::kArn, true},
    {"ArnNotLike", Comparison::kArn, true},
    {"Null", Comparison::kNull, false},
});

constexpr std::size_t kArnParts = 6;
constexpr std::string_view kIfExists = "IfExists";

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// ISO 8601, or seconds since 1970.
std::optional<double> parse_date(std::string_view text) {
  if (const auto time = wire::parse_iso8601(text)) return static_cast<double>(*time) / 1000;
  return parse_number(text);
}

std::optional<bool> parse_bool(std::string_view text) {
  if (equals_ignore_case(text, "true")) return true;
  if (equals_ignore_case(text, "false")) return false;
  return std::nullopt;
}

enum class Order : std::uint8_t { kEquals, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

Order order_of(Comparison comparison) {
  switch (comparison) {
    case Comparison::kNumericLess:
    case Comparison::kDateLess:
      return Order::kLess;
    case Comparison::kNumericLessOrEqual:
    case Comparison::kDateLessOrEqual:
      return Order::kLessOrEqual;
    case Comparison::kNumericGreater:
    case Comparison::kDateGreater:
      return Order::kGreater;
    case Comparison::kNumericGreaterOrEqual:
    case Comparison::kDateGreaterOrEqual:
      return Order::kGreaterOrEqual;
    default:
      return Order::kEquals;
  }
}

// The request's value stands on the left: NumericLessThan holds when it is less than the policy's.
bool is_in_order(Order order, std::optional<double> request, std::optional<double> policy) {
  if (!request || !policy) return false;
  switch (order) {
    case Order::kEquals:
      return *request == *policy;
    case Order::kLess:
      return *request < *policy;
    case Order::kLessOrEqual:
      return *request <= *policy;
    case Order::kGreater:
      return *request > *policy;
    case Order::kGreaterOrEqual:
      return *request >= *policy;
  }
  return false;
}

// The six parts of an ARN are matched each by itself: a star does not reach over a colon, but in the last part.
bool matches_arn(std::string_view pattern, std::string_view arn) {
  if (pattern == std::string_view(&kAnyCharacters, 1)) return true;
  for (std::size_t part = 1; part < kArnParts; ++part) {
    const std::size_t p = pattern.find(':');
    const std::size_t a = arn.find(':');
    if (p == std::string_view::npos || a == std::string_view::npos) return false;
    if (!matches_expanded(pattern.substr(0, p), arn.substr(0, a))) return false;
    pattern.remove_prefix(p + 1);
    arn.remove_prefix(a + 1);
  }
  return matches_expanded(pattern, arn);
}

bool matches_ip(std::string_view request, std::string_view policy) {
  const auto address = wire::parse_ip_address(request);
  const auto network = wire::IpNetwork::parse(policy);
  return address && network && network->contains(*address);
}

bool matches_text(Comparison comparison, const std::string& request, const std::string& policy,
                  const PolicyContext* variables) {
  const bool wild = comparison == Comparison::kStringLike || comparison == Comparison::kArn;
  const auto expanded = expand(policy, wild ? Wildcards::kSpecial : Wildcards::kLiteral, variables);
  if (!expanded) return false;
  if (comparison == Comparison::kArn) return matches_arn(*expanded, request);
  if (comparison == Comparison::kStringLike) return matches_expanded(*expanded, request);
  if (comparison == Comparison::kStringEqualsIgnoreCase) return equals_ignore_case(*expanded, request);
  return *expanded == request;
}

bool matches(Comparison comparison, const std::string& request, const std::string& policy,
             const PolicyContext* variables) {
  switch (comparison) {
    case Comparison::kStringEquals:
    case Comparison::kStringEqualsIgnoreCase:
    case Comparison::kStringLike:
    case Comparison::kArn:
      return matches_text(comparison, request, policy, variables);
    case Comparison::kNumericEquals:
    case Comparison::kNumericLess:
    case Comparison::kNumericLessOrEqual:
    case Comparison::kNumericGreater:
    case Comparison::kNumericGreaterOrEqual:
      return is_in_order(order_of(comparison), parse_number(request), parse_number(policy));
    case Comparison::kDateEquals:
    case Comparison::kDateLess:
    case Comparison::kDateLessOrEqual:
    case Comparison::kDateGreater:
    case Comparison::kDateGreaterOrEqual:
      return is_in_order(order_of(comparison), parse_date(request), parse_date(policy));
    case Comparison::kBool:
      return parse_bool(request) && parse_bool(request) == parse_bool(policy);
    case Comparison::kBinary:
      return from_base64(request) && from_base64(request) == from_base64(policy);
    case Comparison::kIpAddress:
      return matches_ip(request, policy);
    case Comparison::kNull:
      return false;  // asks whether there is a value, and is answered before
  }
  return false;
}

// What one value of the request is worth: one of the policy's matches it, or with a negated operator none.
bool passes(const Condition& condition, const std::string& request, const PolicyContext* variables) {
  const bool found = std::ranges::any_of(condition.values, [&](const std::string& value) {
    return matches(condition.op.comparison, request, value, variables);
  });
  return found != condition.op.negated;
}

bool holds_null(const Condition& condition, bool is_absent) {
  return std::ranges::any_of(condition.values,
                             [&](const std::string& value) { return parse_bool(value) == is_absent; });
}

}  // namespace

std::optional<ConditionOperator> parse_operator(std::string_view text) {
  ConditionOperator out;
  constexpr std::string_view kAny = "ForAnyValue:";
  constexpr std::string_view kAll = "ForAllValues:";
  if (text.starts_with(kAny)) out.quantifier = Quantifier::kAnyValue;
  if (text.starts_with(kAll)) out.quantifier = Quantifier::kAllValues;
  if (out.quantifier != Quantifier::kNone) text.remove_prefix(text.find(':') + 1);
  if (text.ends_with(kIfExists)) {
    out.if_exists = true;
    text.remove_suffix(kIfExists.size());
  }
  const auto it = std::ranges::find(kOperators, text, &Named::name);
  if (it == kOperators.end() || (it->comparison == Comparison::kNull && out.if_exists)) return std::nullopt;
  out.comparison = it->comparison;
  out.negated = it->negated;
  return out;
}

std::string normalized_key(std::string_view key) {
  const std::size_t slash = key.find('/');
  std::string out = to_lower(key.substr(0, slash));
  if (slash != std::string_view::npos) out += key.substr(slash);
  return out;
}

Status check_value(const ConditionOperator& op, std::string_view value) {
  const auto is_good = [&] {
    switch (op.comparison) {
      case Comparison::kStringEquals:
      case Comparison::kStringEqualsIgnoreCase:
      case Comparison::kStringLike:
        return true;
      case Comparison::kNumericEquals:
      case Comparison::kNumericLess:
      case Comparison::kNumericLessOrEqual:
      case Comparison::kNumericGreater:
      case Comparison::kNumericGreaterOrEqual:
        return parse_number(value).has_value();
      case Comparison::kDateEquals:
      case Comparison::kDateLess:
      case Comparison::kDateLessOrEqual:
      case Comparison::kDateGreater:
      case Comparison::kDateGreaterOrEqual:
        return parse_date(value).has_value();
      case Comparison::kBool:
      case Comparison::kNull:
        return parse_bool(value).has_value();
      case Comparison::kBinary:
        return from_base64(value).has_value();
      case Comparison::kIpAddress:
        return wire::IpNetwork::parse(value).has_value();
      case Comparison::kArn:
        return value == "*" || std::ranges::count(value, ':') >= static_cast<std::ptrdiff_t>(kArnParts) - 1;
    }
    return false;
  };
  if (is_good()) return {};
  return fail(Errc::kMalformed, "Invalid value in a condition: " + std::string(value));
}

bool holds(const Condition& condition, const PolicyContext& context, bool with_variables) {
  const ConditionOperator& op = condition.op;
  const auto values = context.values(condition.key);
  const bool is_absent = !values || values->empty();
  if (op.comparison == Comparison::kNull) return holds_null(condition, is_absent);
  if (is_absent) {
    if (op.if_exists || op.quantifier == Quantifier::kAllValues) return true;
    // "None of these" holds for a key that is not there; "one that is none of these" does not.
    return op.negated && op.quantifier == Quantifier::kNone;
  }
  const PolicyContext* const variables = with_variables ? &context : nullptr;
  const auto one = [&](const std::string& value) { return passes(condition, value, variables); };
  // Without a quantifier a key has one value. If it has more, none of them may match what a negated operator excludes.
  const bool all = op.quantifier == Quantifier::kAllValues || (op.quantifier == Quantifier::kNone && op.negated);
  return all ? std::ranges::all_of(*values, one) : std::ranges::any_of(*values, one);
}

}  // namespace objstore::auth
