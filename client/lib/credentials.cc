#include <objstore/credentials.h>

#include <cstdlib>
#include <utility>

#include "client/lib/profile_file.h"

namespace objstore::client {
namespace {

class Loader {
 public:
  explicit Loader(const SettingsQuery& query);
  Result<Settings> load();

 private:
  std::string variable(const char* name) const;
  std::string home_file(const char* variable_name, const char* below_home) const;
  Status read_files();
  void choose_plain_settings();
  Result<bool> take_environment();
  Result<bool> take_profile(const ProfileSection* section);
  std::string services_endpoint() const;
  const ProfileSection* section_in(const ProfileFile& file, const std::string& name) const;
  std::string from_profile(std::string_view name) const;

  const SettingsQuery& query_;
  std::string profile_;
  bool profile_named_ = false;  // asked for, by flag or AWS_PROFILE: it must exist
  ProfileFile credentials_file_;
  ProfileFile config_file_;
  const ProfileSection* in_credentials_ = nullptr;
  const ProfileSection* in_config_ = nullptr;
  Settings settings_;
};

Loader::Loader(const SettingsQuery& query) : query_(query), profile_(query.profile) {
  if (profile_.empty()) profile_ = variable("AWS_PROFILE");
  profile_named_ = !profile_.empty();
  if (profile_.empty()) profile_ = "default";
}

// A variable that is set but empty counts as not set, as in the AWS tools.
std::string Loader::variable(const char* name) const {
  if (query_.environment) return query_.environment(name).value_or(std::string());
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string Loader::home_file(const char* variable_name, const char* below_home) const {
  std::string path = variable(variable_name);
  const std::string home = variable("HOME");
  if (path.empty()) return home.empty() ? std::string() : home + below_home;
  if (path.starts_with("~/") && !home.empty()) path = home + path.substr(1);
  return path;
}

const ProfileSection* Loader::section_in(const ProfileFile& file, const std::string& name) const {
  const auto found = file.find(name);
  return found == file.end() ? nullptr : &found->second;
}

Status Loader::read_files() {
  if (const auto path = home_file("AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials"); !path.empty()) {
    OBJSTORE_ASSIGN(credentials_file_, read_profile_file(path));
  }
  if (const auto path = home_file("AWS_CONFIG_FILE", "/.aws/config"); !path.empty()) {
    OBJSTORE_ASSIGN(config_file_, read_profile_file(path));
  }
  in_credentials_ = section_in(credentials_file_, profile_);
  in_config_ = section_in(config_file_, "profile " + profile_);
  if (in_config_ == nullptr && profile_ == "default") in_config_ = section_in(config_file_, "default");
  if (profile_named_ && in_credentials_ == nullptr && in_config_ == nullptr) {
    return fail(Errc::kNotFound, "profile '" + profile_ + "' is in neither of AWS's shared files");
  }
  return {};
}

std::string Loader::from_profile(std::string_view name) const {
  for (const auto* section : {in_config_, in_credentials_}) {
    if (section == nullptr) continue;
    const auto found = section->find(name);
    if (found != section->end() && !found->second.empty()) return found->second;
  }
  return {};
}

std::string Loader::services_endpoint() const {
  const std::string services = from_profile("services");
  if (services.empty()) return {};
  const auto* section = section_in(config_file_, "services " + services);
  if (section == nullptr) return {};
  const auto found = section->find(std::string_view("s3.endpoint_url"));
  return found == section->end() ? std::string() : found->second;
}

std::string first_of(std::initializer_list<std::string> candidates) {
  for (const auto& text : candidates) {
    if (!text.empty()) return text;
  }
  return {};
}

void Loader::choose_plain_settings() {
  settings_.endpoint = first_of({variable("OBJCLI_ENDPOINT"), variable("AWS_ENDPOINT_URL_S3"),
                                 variable("AWS_ENDPOINT_URL"), services_endpoint(), from_profile("endpoint_url")});
  settings_.region = first_of({variable("AWS_REGION"), variable("AWS_DEFAULT_REGION"), from_profile("region")});
  settings_.ca_bundle = first_of({variable("AWS_CA_BUNDLE"), from_profile("ca_bundle")});
  settings_.addressing = from_profile("s3.addressing_style");
}

Result<bool> Loader::take_environment() {
  Credentials found{.access_key = variable("AWS_ACCESS_KEY_ID"),
                    .secret_key = variable("AWS_SECRET_ACCESS_KEY"),
                    .session_token = variable("AWS_SESSION_TOKEN")};
  if (found.access_key.empty()) return false;
  if (found.secret_key.empty()) {
    return fail(Errc::kMalformed, "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not");
  }
  settings_.credentials = std::move(found);
  settings_.credentials_from = "the environment";
  return true;
}

Result<bool> Loader::take_profile(const ProfileSection* section) {
  if (section == nullptr) return false;
  const auto value = [&](std::string_view name) {
    const auto found = section->find(name);
    return found == section->end() ? std::string() : found->second;
  };
  Credentials found{.access_key = value("aws_access_key_id"),
                    .secret_key = value("aws_secret_access_key"),
                    .session_token = value("aws_session_token")};
  if (found.access_key.empty()) return false;
  if (found.secret_key.empty()) {
    return fail(Errc::kMalformed, "profile '" + profile_ + "' has aws_access_key_id but no aws_secret_access_key");
  }
  settings_.credentials = std::move(found);
  settings_.credentials_from = "profile '" + profile_ + "'";
  return true;
}

Result<Settings> Loader::load() {
  OBJSTORE_TRY(read_files());
  choose_plain_settings();
  bool found = false;
  // A profile on the command line is nearer than the environment; AWS_PROFILE, which is the environment, is not.
  if (query_.profile.empty()) {
    OBJSTORE_ASSIGN(found, take_environment());
  }
  if (!found) {
    OBJSTORE_ASSIGN(found, take_profile(in_credentials_));
  }
  if (!found) {
    OBJSTORE_ASSIGN(found, take_profile(in_config_));
  }
  return std::move(settings_);
}

}  // namespace

Result<Settings> load_settings(const SettingsQuery& query) {
  return Loader(query).load();
}

}  // namespace objstore::client
