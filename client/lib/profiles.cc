#include <objstore/profiles.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include "client/lib/file_sink.h"
#include "client/lib/profile_file.h"
#include "common/base/bytes.h"

namespace objstore::client {
namespace {

struct Files {
  std::string credentials;
  std::string config;
};

Result<Files> files_of(const SettingsQuery& query) {
  const auto variable = [&](const char* name) {
    if (query.environment) return query.environment(name).value_or(std::string());
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  const std::string home = variable("HOME");
  Files files{.credentials = variable("AWS_SHARED_CREDENTIALS_FILE"), .config = variable("AWS_CONFIG_FILE")};
  if ((files.credentials.empty() || files.config.empty()) && home.empty()) {
    return fail(Errc::kInvalidArgument, "there is no home directory to keep profiles in: HOME is not set");
  }
  if (files.credentials.empty()) files.credentials = home + "/.aws/credentials";
  if (files.config.empty()) files.config = home + "/.aws/config";
  return files;
}

std::string config_section(const std::string& name) {
  return name == "default" ? name : "profile " + name;
}

std::string header_of(std::string_view line) {
  const std::string_view text = trim(line);
  if (line.starts_with(' ') || !text.starts_with('[')) return {};
  const auto end = text.find(']');
  return end == std::string_view::npos ? std::string() : std::string(trim(text.substr(1, end - 1)));
}

std::string name_of_value(std::string_view line) {
  if (line.starts_with(' ') || line.starts_with('\t')) return {};
  const auto equals = line.find('=');
  return equals == std::string_view::npos ? std::string() : to_lower(trim(line.substr(0, equals)));
}

using Values = std::vector<std::pair<std::string, std::string>>;

// The text with these values in this section, and nothing else changed.
std::string with_values(std::string_view text, const std::string& section, Values values) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  auto at = std::ranges::find(lines, section, header_of);
  if (at == lines.end()) {
    if (!lines.empty() && !trim(lines.back()).empty()) lines.emplace_back();
    lines.push_back("[" + section + "]");
    at = lines.end() - 1;
  }
  auto end = std::find_if(at + 1, lines.end(), [](const std::string& line) { return !header_of(line).empty(); });
  for (auto line = at + 1; line != end; ++line) {
    const auto found = std::ranges::find(values, name_of_value(*line), &Values::value_type::first);
    if (found == values.end()) continue;
    *line = found->first + " = " + found->second;
    values.erase(found);
  }
  std::vector<std::string> added;
  for (const auto& [name, value] : values) added.push_back(name + " = " + value);
  lines.insert(at + 1, added.begin(), added.end());
  std::string out;
  for (const auto& line : lines) out += line + "\n";
  return out;
}

Status write_values(const std::string& path, const std::string& section, Values values) {
  std::erase_if(values, [](const auto& entry) { return entry.second.empty(); });
  if (values.empty()) return {};
  // Whatever cannot be read must not be written over.
  OBJSTORE_TRY(read_profile_file(path));
  std::ifstream in(path, std::ios::binary);
  const std::string before{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const std::string after = with_values(before, section, std::move(values));
  OBJSTORE_TRY(parse_profile_file(after));
  std::error_code ec;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ec);
  OBJSTORE_ASSIGN(const auto sink, FileSink::open(path));
  OBJSTORE_TRY(sink->restrict_to_owner());
  OBJSTORE_TRY(sink->write(as_bytes(after)));
  return sink->commit(true);
}

bool fits_a_line(const std::string& text) {
  return text.find_first_of("\r\n") == std::string::npos && trim(text) == text && !text.contains(" #") &&
         !text.contains(" ;");
}

void add_section(std::map<std::string, Profile>& out, const std::string& name, const ProfileSection& section) {
  Profile& profile = out[name];
  profile.name = name;
  const auto take = [&](const char* key, std::string& to) {
    const auto found = section.find(std::string_view(key));
    if (found != section.end() && !found->second.empty()) to = found->second;
  };
  take("aws_access_key_id", profile.access_key);
  take("endpoint_url", profile.endpoint);
  take("region", profile.region);
}

}  // namespace

Result<std::vector<Profile>> list_profiles(const SettingsQuery& query) {
  OBJSTORE_ASSIGN(const Files files, files_of(query));
  OBJSTORE_ASSIGN(const ProfileFile config, read_profile_file(files.config));
  OBJSTORE_ASSIGN(const ProfileFile credentials, read_profile_file(files.credentials));
  std::map<std::string, Profile> found;
  constexpr std::string_view kProfile = "profile ";
  for (const auto& [header, section] : config) {
    if (header == "default") add_section(found, header, section);
    if (header.starts_with(kProfile)) add_section(found, header.substr(kProfile.size()), section);
  }
  for (const auto& [header, section] : credentials) add_section(found, header, section);
  std::vector<Profile> out;
  for (auto& [name, profile] : found) out.push_back(std::move(profile));
  return out;
}

Status save_profile(const Profile& profile, const SettingsQuery& query) {
  for (const auto* text : {&profile.name, &profile.endpoint, &profile.region, &profile.access_key, &profile.secret_key,
                           &profile.session_token}) {
    if (!fits_a_line(*text)) return fail(Errc::kInvalidArgument, "a value has a line break, or white space at its end");
  }
  if (profile.name.empty() || profile.name.find_first_of("[]") != std::string::npos) {
    return fail(Errc::kInvalidArgument, "'" + profile.name + "' cannot be a profile's name");
  }
  OBJSTORE_ASSIGN(const Files files, files_of(query));
  OBJSTORE_TRY(write_values(files.credentials, profile.name,
                            {{"aws_access_key_id", profile.access_key},
                             {"aws_secret_access_key", profile.secret_key},
                             {"aws_session_token", profile.session_token}}));
  return write_values(files.config, config_section(profile.name),
                      {{"endpoint_url", profile.endpoint}, {"region", profile.region}});
}

}  // namespace objstore::client
