// Profiles in AWS's shared files, written: the counterpart of load_settings().
//
// Functions without state; they read the environment and two files, and may be called from any thread as long as nobody
// changes either meanwhile.
#pragma once

#include <objstore/credentials.h>
#include <objstore/error.h>

#include <string>
#include <vector>

namespace objstore::client {

struct Profile {
  std::string name{};  // "default" or any other
  std::string endpoint{};
  std::string region{};
  std::string access_key{};
  std::string secret_key{};  // save_profile: empty keeps what is there
  std::string session_token{};
};

// The profiles of both files, by name. Secrets are left out.
Result<std::vector<Profile>> list_profiles(const SettingsQuery& query = {});

// Keys go to the credentials file, the rest to the config file; what else is in them, comments too, stays. An empty
// member leaves what is there. Each file is replaced as a whole, readable by its owner only. kInvalidArgument for a
// value that a file cannot hold or without a home directory; kIo.
Status save_profile(const Profile& profile, const SettingsQuery& query = {});

}  // namespace objstore::client
