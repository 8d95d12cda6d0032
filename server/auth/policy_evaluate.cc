#include "server/auth/policy_evaluate.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "server/auth/policy_pattern.h"

namespace objstore::auth {
namespace {

enum class Meant : std::uint8_t { kNo, kAccount, kDirectly };

Meant is_meant(const PolicyPrincipal& entry, const Principal& who) {
  using Kind = PolicyPrincipal::Kind;
  if (entry.kind == Kind::kEveryone) return Meant::kDirectly;
  if (who.anonymous) return Meant::kNo;
  switch (entry.kind) {
    case Kind::kAccount:
      if (entry.account != who.account_id) return Meant::kNo;
      return who.account_owner ? Meant::kDirectly : Meant::kAccount;
    case Kind::kUser:
      return entry.account == who.account_id && entry.user == who.user_id ? Meant::kDirectly : Meant::kNo;
    case Kind::kCanonicalUser:
      return entry.user == who.user_id ? Meant::kDirectly : Meant::kNo;
    case Kind::kEveryone:
    case Kind::kOther:
      return Meant::kNo;
  }
  return Meant::kNo;
}

Meant best_of(const std::vector<PolicyPrincipal>& entries, const Principal& who) {
  Meant best = Meant::kNo;
  for (const PolicyPrincipal& entry : entries) best = std::max(best, is_meant(entry, who));
  return best;
}

// Whom the statement is about. A Deny for an account is one for all its users; a NotPrincipal spares those alone that
// it names themselves, not everybody of a named account.
Meant concerns(const Statement& statement, const Principal& who) {
  const Meant best = best_of(statement.principals, who);
  if (statement.not_principal) return best == Meant::kDirectly ? Meant::kNo : Meant::kDirectly;
  return best;
}

bool covers_action(const Statement& statement, const std::string& lower_action) {
  const bool named = std::ranges::any_of(
      statement.actions, [&](const std::string& pattern) { return matches_wildcards(pattern, lower_action); });
  return named != statement.not_action;
}

bool covers_resource(const Statement& statement, const PolicyQuestion& question, bool with_variables) {
  const PolicyContext* const variables = with_variables ? &question.context : nullptr;
  const bool named = std::ranges::any_of(statement.resources, [&](const std::string& pattern) {
    const auto expanded = expand(pattern, Wildcards::kSpecial, variables);
    return expanded && matches_expanded(*expanded, question.resource);
  });
  return named != statement.not_resource;
}

bool applies(const PolicyDocument& policy, const Statement& statement, const PolicyQuestion& question,
             const std::string& lower_action) {
  return covers_action(statement, lower_action) && covers_resource(statement, question, policy.has_variables) &&
         std::ranges::all_of(statement.conditions, [&](const Condition& condition) {
           return holds(condition, question.context, policy.has_variables);
         });
}

void weigh(const Statement& statement, Meant meant, PolicyFindings& findings) {
  if (statement.effect == Effect::kDeny) {
    findings.denied = true;
  } else if (meant == Meant::kDirectly) {
    findings.allowed = true;
  } else {
    findings.allowed_to_account = true;
  }
}

}  // namespace

PolicyFindings evaluate_identity_policy(const PolicyDocument& policy, const PolicyQuestion& question) {
  PolicyFindings findings;
  const std::string action = to_lower(question.action);
  for (const Statement& statement : policy.statements)
    if (applies(policy, statement, question, action)) weigh(statement, Meant::kDirectly, findings);
  return findings;
}

PolicyFindings evaluate_bucket_policy(const PolicyDocument& policy, const PolicyQuestion& question) {
  PolicyFindings findings;
  const std::string action = to_lower(question.action);
  for (const Statement& statement : policy.statements) {
    const Meant meant = concerns(statement, question.principal);
    if (meant != Meant::kNo && applies(policy, statement, question, action)) weigh(statement, meant, findings);
  }
  return findings;
}

}  // namespace objstore::auth
