// What every command has: a client made from flags, environment and profiles, and the two channels to the user.
//
// Lives as long as the command. Output methods may be called from any thread.
#pragma once

#include <objstore/client.h>
#include <objstore/error.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "client/cli/exit_code.h"
#include "client/cli/json_line.h"

namespace objstore::cli {

// As the command line has them; empty where it says nothing.
struct GlobalOptions {
  std::string endpoint{};
  std::string profile{};
  std::string region{};
  std::string access_key{};
  std::string secret_key{};
  std::string session_token{};
  std::string ca_bundle{};
  bool no_verify_tls = false;
  bool virtual_host = false;
  bool anonymous = false;
  bool json = false;
  bool quiet = false;
  std::string part_size{};
  unsigned parallel = 0;  // 0: the default
  unsigned attempts = 0;
  std::string timeout{};
};

inline constexpr std::string_view kDefaultEndpoint = "http://127.0.0.1:9000";

class Session {
 public:
  // kInvalidArgument for an option or setting that makes no sense.
  static Result<std::unique_ptr<Session>> open(const GlobalOptions& options, std::stop_token stop);

  client::Client& client() noexcept { return client_; }
  const client::ClientOptions& client_options() const noexcept { return client_options_; }
  const std::stop_token& stop() const noexcept { return stop_; }
  bool json() const noexcept { return options_.json; }
  // Whether a person is watching who wants to see how far things are.
  bool shows_progress() const noexcept { return progress_; }

  // A result, on standard output: always.
  void print(std::string_view line);
  void print(const JsonLine& line) { print(line.str()); }
  // What a person may like to know ("put a/b, 3 MiB"): standard output, unless --quiet; not with --json.
  void note(std::string_view line);
  // On standard error, also with --quiet.
  void warn(std::string_view line);
  // "objcli: cannot <what>: <why>; <what to do next>". Gives the exit code that belongs to it.
  ExitCode report(std::string_view what, const Error& error);

 private:
  Session(GlobalOptions options, client::ClientOptions client_options, client::Client client, std::stop_token stop);
  std::string advice(const Error& error) const;

  const GlobalOptions options_;
  const client::ClientOptions client_options_;
  std::string credentials_from_;
  client::Client client_;
  const std::stop_token stop_;
  bool progress_ = false;
  std::mutex mutex_;  // keeps lines whole
};

// For errors before there is a session; json: as --json.
void print_error(bool json, std::string_view what, const Error& error, std::string_view advice);

}  // namespace objstore::cli
