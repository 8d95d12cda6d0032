// Who asks. Values.
#pragma once

#include <string>

namespace objstore::auth {

// An account owns buckets; its users act for it. The root user of the store's first account is made at first start.
struct Principal {
  bool anonymous = true;
  bool root = false;         // the store's root key: may also use what lies below /-/
  std::string account_id;    // 12 digits, or as the bootstrap file declares it
  std::string user_id;       // what Owner/ID shows
  std::string display_name;  // what Owner/DisplayName shows
  std::string access_key;
};

// An account's public face: Owner elements of listings.
struct Account {
  std::string id;
  std::string owner_id;  // user id of the account's canonical user
  std::string display_name;
};

}  // namespace objstore::auth
