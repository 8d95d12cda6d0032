#include "server/auth/policy_document.h"

#include <algorithm>
#include <set>

#include "common/base/bytes.h"
#include "server/auth/bucket_policy_rules.h"
#include "server/auth/policy_json.h"
#include "server/auth/policy_pattern.h"

namespace objstore::auth {
namespace {

constexpr std::string_view kIamArn = "arn:aws:iam::";

std::unexpected<Error> malformed(std::string message) {
  return fail(Errc::kMalformed, std::move(message));
}

std::unexpected<Error> wrong_syntax(std::string_view element) {
  return malformed("Invalid policy syntax: " + std::string(element));
}

Status only_known(const JsonValue& object, std::initializer_list<std::string_view> known) {
  for (const JsonValue& member : object.members)
    if (std::ranges::find(known, member.name) == known.end()) return malformed("Unknown field " + member.name);
  return {};
}

// A string, or a list of at least one.
Result<std::vector<std::string>> strings(const JsonValue& value, std::string_view element) {
  if (value.kind == JsonValue::Kind::kString) return std::vector{value.text};
  if (value.kind != JsonValue::Kind::kArray || value.elements.empty()) return wrong_syntax(element);
  std::vector<std::string> out;
  for (const JsonValue& one : value.elements) {
    if (one.kind != JsonValue::Kind::kString) return wrong_syntax(element);
    out.push_back(one.text);
  }
  return out;
}

// The values of a condition may be numbers and truth values, too.
Result<std::vector<std::string>> condition_values(const JsonValue& value, std::string_view key) {
  const auto is_scalar = [](const JsonValue& v) {
    return v.kind == JsonValue::Kind::kString || v.kind == JsonValue::Kind::kNumber || v.kind == JsonValue::Kind::kBool;
  };
  if (is_scalar(value)) return std::vector{value.text};
  if (value.kind != JsonValue::Kind::kArray || !std::ranges::all_of(value.elements, is_scalar))
    return wrong_syntax(key);
  std::vector<std::string> out;
  for (const JsonValue& one : value.elements) out.push_back(one.text);
  return out;
}

// The one of two members that is there, and whether it is the second. Absent: nothing.
Result<std::optional<std::pair<const JsonValue*, bool>>> either(const JsonValue& object, std::string_view name,
                                                                std::string_view negation) {
  const JsonValue* const plain = object.find(name);
  const JsonValue* const negated = object.find(negation);
  if (plain != nullptr && negated != nullptr)
    return malformed("A statement has " + std::string(name) + " or " + std::string(negation) + ", not both");
  if (plain == nullptr && negated == nullptr) return std::optional<std::pair<const JsonValue*, bool>>();
  return std::optional(std::pair(plain != nullptr ? plain : negated, plain == nullptr));
}

bool is_account(std::string_view text) {
  constexpr std::size_t kAccountBytesMax = 64;
  return !text.empty() && text.size() <= kAccountBytesMax && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

Result<PolicyPrincipal> aws_principal(std::string_view text) {
  using Kind = PolicyPrincipal::Kind;
  if (text == "*") return PolicyPrincipal{Kind::kEveryone, {}, {}};
  if (is_account(text)) return PolicyPrincipal{Kind::kAccount, std::string(text), {}};
  const auto invalid = [] { return malformed("Invalid principal in policy"); };
  if (text.starts_with("arn:aws:sts::")) return PolicyPrincipal{};
  if (!text.starts_with(kIamArn) || !is_fixed(text)) return invalid();
  const std::string_view rest = text.substr(kIamArn.size());
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos || !is_account(rest.substr(0, colon))) return invalid();
  const std::string account(rest.substr(0, colon));
  const std::string_view name = rest.substr(colon + 1);
  if (name == "root") return PolicyPrincipal{Kind::kAccount, account, {}};
  if (name.starts_with("user/") && name.size() > 5)
    return PolicyPrincipal{Kind::kUser, account, std::string(name.substr(5))};
  if (name.starts_with("role/") && name.size() > 5) return PolicyPrincipal{};
  return invalid();
}

Result<std::vector<PolicyPrincipal>> read_principals(const JsonValue& value) {
  using Kind = PolicyPrincipal::Kind;
  std::vector<PolicyPrincipal> out;
  if (value.kind == JsonValue::Kind::kString && value.text == "*")
    return std::vector{PolicyPrincipal{Kind::kEveryone, {}, {}}};
  if (value.kind != JsonValue::Kind::kObject || value.members.empty()) return malformed("Invalid principal in policy");
  OBJSTORE_TRY(only_known(value, {"AWS", "CanonicalUser", "Federated", "Service"}));
  for (const JsonValue& names : value.members) {
    const std::string& type = names.name;
    OBJSTORE_ASSIGN(const auto list, strings(names, "Principal"));
    for (const std::string& name : list) {
      PolicyPrincipal principal;
      if (type == "AWS") {
        OBJSTORE_ASSIGN(principal, aws_principal(name));
      } else if (type == "CanonicalUser") {
        principal = {Kind::kCanonicalUser, {}, name};
      }
      out.push_back(std::move(principal));
    }
  }
  return out;
}

Result<std::vector<Condition>> read_conditions(const JsonValue& block) {
  if (block.kind != JsonValue::Kind::kObject) return wrong_syntax("Condition");
  std::vector<Condition> out;
  for (const JsonValue& keys : block.members) {
    const auto op = parse_operator(keys.name);
    if (!op) return malformed("Invalid Condition type : " + keys.name);
    if (keys.kind != JsonValue::Kind::kObject) return wrong_syntax("Condition");
    std::set<std::string> seen;
    for (const JsonValue& values : keys.members) {
      const std::string& key = values.name;
      Condition condition{.op = *op, .key = normalized_key(key), .values = {}};
      if (!seen.insert(condition.key).second) return malformed("Duplicate element: " + key);
      OBJSTORE_ASSIGN(condition.values, condition_values(values, key));
      for (const std::string& value : condition.values) OBJSTORE_TRY(check_value(*op, value));
      out.push_back(std::move(condition));
    }
  }
  return out;
}

Status read_actions(const JsonValue& object, Statement& out) {
  OBJSTORE_ASSIGN(const auto given, either(object, "Action", "NotAction"));
  if (!given) return malformed("Missing required field Action");
  out.not_action = given->second;
  OBJSTORE_ASSIGN(out.actions, strings(*given->first, "Action"));
  for (std::string& action : out.actions) {
    action = to_lower(action);
    const std::size_t colon = action.find(':');
    if (action != "*" && (colon == std::string::npos || colon == 0 || colon + 1 == action.size()))
      return malformed("Policy has invalid action");
  }
  return {};
}

Status read_resources(const JsonValue& object, Statement& out) {
  OBJSTORE_ASSIGN(const auto given, either(object, "Resource", "NotResource"));
  if (!given) return malformed("Missing required field Resource");
  out.not_resource = given->second;
  OBJSTORE_ASSIGN(out.resources, strings(*given->first, "Resource"));
  for (const std::string& resource : out.resources)
    if (resource != "*" && !resource.starts_with("arn:")) return malformed("Policy has invalid resource");
  return {};
}

Status read_effect(const JsonValue& object, Statement& out) {
  const JsonValue* const effect = object.find("Effect");
  if (effect == nullptr) return malformed("Missing required field Effect");
  if (effect->kind != JsonValue::Kind::kString || (effect->text != "Allow" && effect->text != "Deny"))
    return malformed("Invalid effect: " + effect->text);
  out.effect = effect->text == "Allow" ? Effect::kAllow : Effect::kDeny;
  return {};
}

Status read_who(const JsonValue& object, Statement& out) {
  OBJSTORE_ASSIGN(const auto given, either(object, "Principal", "NotPrincipal"));
  if (!given) return {};
  out.not_principal = given->second;
  // "Everybody but these may" includes who is not identified at all: nobody means that.
  if (out.not_principal && out.effect == Effect::kAllow) return malformed("Allow with NotPrincipal is not allowed.");
  OBJSTORE_ASSIGN(out.principals, read_principals(*given->first));
  return {};
}

Result<Statement> read_statement(const JsonValue& object) {
  if (object.kind != JsonValue::Kind::kObject) return wrong_syntax("Statement");
  OBJSTORE_TRY(only_known(object, {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
                                   "NotResource", "Condition"}));
  Statement out;
  if (const JsonValue* const sid = object.find("Sid")) {
    if (sid->kind != JsonValue::Kind::kString) return wrong_syntax("Sid");
    out.sid = sid->text;
  }
  OBJSTORE_TRY(read_effect(object, out));
  OBJSTORE_TRY(read_who(object, out));
  OBJSTORE_TRY(read_actions(object, out));
  OBJSTORE_TRY(read_resources(object, out));
  if (const JsonValue* const block = object.find("Condition")) {
    OBJSTORE_ASSIGN(out.conditions, read_conditions(*block));
  }
  return out;
}

Status read_version(const JsonValue& root, PolicyDocument& out) {
  const JsonValue* const version = root.find("Version");
  if (version == nullptr) return {};
  out.has_variables = version->text == "2012-10-17";
  if (version->kind == JsonValue::Kind::kString && (out.has_variables || version->text == "2008-10-17")) return {};
  return malformed("The policy must contain a valid version string");
}

Result<PolicyDocument> parse_policy(std::string_view text) {
  if (text.size() > kPolicyBytesMax) return malformed("Policy exceeds the maximum allowed document size.");
  OBJSTORE_ASSIGN(const JsonValue root, parse_policy_json(text));
  if (root.kind != JsonValue::Kind::kObject)
    return malformed("Policies must be valid JSON and the first byte must be '{'");
  OBJSTORE_TRY(only_known(root, {"Version", "Id", "Statement"}));
  PolicyDocument out;
  OBJSTORE_TRY(read_version(root, out));
  if (const JsonValue* const id = root.find("Id")) {
    if (id->kind != JsonValue::Kind::kString) return wrong_syntax("Id");
    out.id = id->text;
  }
  const JsonValue* const statements = root.find("Statement");
  if (statements == nullptr) return malformed("Missing required field Statement");
  if (statements->kind == JsonValue::Kind::kObject) {
    OBJSTORE_ASSIGN(auto statement, read_statement(*statements));
    out.statements.push_back(std::move(statement));
    return out;
  }
  if (statements->kind != JsonValue::Kind::kArray) return wrong_syntax("Statement");
  if (statements->elements.empty()) return malformed("Could not parse the policy: Statement is empty!");
  std::set<std::string> sids;
  for (const JsonValue& element : statements->elements) {
    OBJSTORE_ASSIGN(auto statement, read_statement(element));
    if (!statement.sid.empty() && !sids.insert(statement.sid).second)
      return malformed("Statement IDs (SID) in a single policy must be unique.");
    out.statements.push_back(std::move(statement));
  }
  return out;
}

}  // namespace

Result<PolicyDocument> parse_identity_policy(std::string_view text) {
  OBJSTORE_ASSIGN(auto policy, parse_policy(text));
  for (const Statement& statement : policy.statements)
    if (!statement.principals.empty()) return malformed("Policy document should not specify a principal.");
  return policy;
}

Result<PolicyDocument> parse_bucket_policy(std::string_view text, const BucketName& bucket) {
  if (!text.starts_with('{')) return malformed("Policies must be valid JSON and the first byte must be '{'");
  OBJSTORE_ASSIGN(auto policy, parse_policy(text));
  for (const Statement& statement : policy.statements) OBJSTORE_TRY(check_bucket_statement(statement, bucket));
  return policy;
}

PolicyDocument deny_all_policy() {
  Statement statement;
  statement.effect = Effect::kDeny;
  statement.principals = {{PolicyPrincipal::Kind::kEveryone, {}, {}}};
  statement.actions = {"*"};
  statement.resources = {"*"};
  return PolicyDocument{.has_variables = false, .id = {}, .statements = {std::move(statement)}};
}

}  // namespace objstore::auth
