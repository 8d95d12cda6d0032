// Where a client's credentials and settings come from: environment variables and AWS's shared files, in AWS's order.
//
// Plain values. load_settings() reads the environment and two files once; it may be called from any thread as long as
// nobody changes the environment meanwhile.
#pragma once

#include <objstore/error.h>

#include <functional>
#include <optional>
#include <string>

namespace objstore::client {

struct Credentials {
  std::string access_key{};
  std::string secret_key{};
  std::string session_token{};  // empty: long-term credentials
};

// What the surroundings say; empty or absent where they say nothing.
struct Settings {
  std::optional<Credentials> credentials{};
  std::string credentials_from{};  // for messages: "the environment", "profile 'ci'"
  std::string endpoint{};
  std::string region{};
  std::string ca_bundle{};
  std::string addressing{};  // "path", "virtual", "auto"
};

struct SettingsQuery {
  // Named by the user; it then wins over credentials in the environment, as in the AWS tools. Empty: AWS_PROFILE, else
  // "default".
  std::string profile{};
  // Reads one variable; a default-constructed one means the process's environment. For tests.
  std::function<std::optional<std::string>(const char* name)> environment{};
};

// Credentials: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; then the profile in
// AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials), then in AWS_CONFIG_FILE (~/.aws/config).
// Endpoint: OBJCLI_ENDPOINT, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, then the profile's `services` section and its
// endpoint_url. Region: AWS_REGION, AWS_DEFAULT_REGION, the profile. CA bundle: AWS_CA_BUNDLE, the profile.
// kNotFound when a profile that was asked for by name is in neither file; kMalformed when a file cannot be parsed or
// credentials are incomplete. A file that does not exist is an empty one.
// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
Result<Settings> load_settings(const SettingsQuery& query);

}  // namespace objstore::client
