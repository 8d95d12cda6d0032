#include <objstore/profiles.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <utility>

#include "client/cli/admin_commands.h"
#include "client/lib/printable.h"

namespace objstore::cli {
namespace {

// Off while it lives: what is typed is not shown.
class NoEcho {
 public:
  NoEcho() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  ~NoEcho() {
    if (!changed_) return;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    std::fputc('\n', stderr);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

// A line; empty at the end of the input.
std::string read_line() {
  std::string line;
  for (int c = std::fgetc(stdin); c != EOF && c != '\n'; c = std::fgetc(stdin)) line += static_cast<char>(c);
  return line;
}

std::string ask(const char* what, const std::string& otherwise) {
  std::fprintf(stderr, "%s%s: ", what, otherwise.empty() ? "" : (" [" + otherwise + "]").c_str());
  std::string answer = read_line();
  return answer.empty() ? otherwise : answer;
}

client::Profile known_profile(const std::string& name) {
  const auto profiles = client::list_profiles();
  if (!profiles) return {};
  for (const auto& profile : *profiles) {
    if (profile.name == name) return profile;
  }
  return {};
}

client::Profile ask_for(const GlobalOptions& options) {
  client::Profile out;
  out.name = ask("Profile", options.profile.empty() ? "default" : options.profile);
  const client::Profile known = known_profile(out.name);
  const auto first = [](const std::string& a, const std::string& b, std::string_view c) {
    return !a.empty() ? a : !b.empty() ? b : std::string(c);
  };
  out.endpoint = ask("Endpoint", first(options.endpoint, known.endpoint, kDefaultEndpoint));
  out.region = ask("Region", first(options.region, known.region, "us-east-1"));
  out.access_key = ask("Access key", first(options.access_key, known.access_key, ""));
  std::fprintf(stderr, "Secret key%s: ", known.access_key.empty() ? "" : " [as it is]");
  const NoEcho quiet;
  out.secret_key = read_line();
  return out;
}

client::Profile from_options(const GlobalOptions& options) {
  return {.name = options.profile.empty() ? "default" : options.profile,
          .endpoint = options.endpoint,
          .region = options.region,
          .access_key = options.access_key,
          .secret_key = options.secret_key,
          .session_token = options.session_token};
}

ExitCode wrong(const GlobalOptions& options, const Error& error) {
  print_error(options.json, "set up a profile", error, {});
  return exit_code_of(error.code);
}

}  // namespace

ExitCode run_config_set(const GlobalOptions& options) {
  client::Profile profile = from_options(options);
  const bool said = !(options.endpoint + options.region + options.access_key + options.secret_key).empty();
  if (!said) {
    if (isatty(STDIN_FILENO) != 1) {
      return wrong(options, {Errc::kInvalidArgument,
                             "there is no terminal to ask on: give --endpoint, --access-key, --secret-key, --region"});
    }
    profile = ask_for(options);
  }
  const bool has_secret = !profile.secret_key.empty() || !known_profile(profile.name).access_key.empty();
  if (!profile.access_key.empty() && !has_secret) {
    return wrong(options, {Errc::kInvalidArgument, "an access key without its secret key is of no use"});
  }
  if (const auto saved = client::save_profile(profile); !saved) return wrong(options, saved.error());
  if (!options.quiet) {
    std::fprintf(stderr, "objcli: profile '%s' is set up; `objcli --profile %s doctor` tries it\n",
                 client::printable(profile.name).c_str(), client::printable(profile.name).c_str());
  }
  return kExitOk;
}

ExitCode run_config_list(const GlobalOptions& options) {
  const auto profiles = client::list_profiles();
  if (!profiles) return wrong(options, profiles.error());
  for (const auto& profile : *profiles) {
    std::string line;
    if (options.json) {
      line = JsonLine()
                 .add("profile", profile.name)
                 .add("endpoint", profile.endpoint)
                 .add("region", profile.region)
                 .add("access_key", profile.access_key)
                 .str();
    } else {
      line = client::printable(profile.name);
      for (const auto* text : {&profile.endpoint, &profile.region, &profile.access_key}) {
        line += "  " + (text->empty() ? "-" : client::printable(*text));
      }
    }
    std::printf("%s\n", line.c_str());
  }
  return kExitOk;
}

}  // namespace objstore::cli
