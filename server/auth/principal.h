// Who asks. Values.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace objstore::auth {

struct PolicyDocument;
using IdentityPolicies = std::vector<PolicyDocument>;

// An account owns buckets; its users act for it. The root user of the store's first account is made at first start.
struct Principal {
  bool anonymous = true;
  bool root = false;           // the store's root key: may also use what lies below /-/
  bool account_owner = false;  // acts as its account's root user: the account's owner, unless it carries policies
  std::string account_id;      // 12 digits, or as the bootstrap file declares it
  std::string user_id;         // what Owner/ID shows
  std::string display_name;    // what Owner/DisplayName shows
  std::string access_key;
  // What the user may do; null: everything that its account may. Shared with the credential store, immutable.
  std::shared_ptr<const IdentityPolicies> policies{};
};

// An account's public face: Owner elements of listings.
struct Account {
  std::string id;
  std::string owner_id;  // user id of the account's canonical user
  std::string display_name;
};

}  // namespace objstore::auth
