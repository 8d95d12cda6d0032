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
  std::string limit_rate{};
  std::string output{};  // "text", "json"
};

// Small files are many round trips and a wait for the disk each; the server commits together what comes at once.
inline constexpr unsigned kFilesAtOnce = 64;
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
  // Whether anybody wants to know: not with --quiet.
  bool reports_progress() const noexcept { return !options_.quiet; }
  bool colours() const noexcept { return colours_; }
  // Transfers of whole files at once; of one file's parts, as in client_options().
  unsigned files_at_once() const noexcept { return options_.parallel == 0 ? kFilesAtOnce : options_.parallel; }
  const GlobalOptions& options() const noexcept { return options_; }
  const std::string& credentials_from() const noexcept { return credentials_from_; }

  // A result, on standard output: always.
  void print(std::string_view line);
  void print(const JsonLine& line) { print(line.str()); }
  // A result that holds names of others: harmless on a terminal.
  void print_name(std::string_view line);
  // Without a line feed.
  void print_raw(std::string_view bytes);
  // What a person may like to know ("put a/b, 3 MiB"): standard output, unless --quiet; not with --json.
  void note(std::string_view line);
  // Replaces what was drawn before at the end of the terminal by these lines; empty: only takes it away. What is
  // printed takes it away, too.
  void draw(std::string_view text);
  // A line about what is under way, on standard error.
  void progress_line(std::string_view line);
  // On standard error, also with --quiet.
  void warn(std::string_view line);
  // "objcli: cannot <what>: <why>; <what to do next>". Gives the exit code that belongs to it.
  ExitCode report(std::string_view what, const Error& error);

 private:
  Session(GlobalOptions options, client::ClientOptions client_options, client::Client client, std::stop_token stop);
  std::string advice(const Error& error) const;
  void erase_drawing();

  const GlobalOptions options_;
  const client::ClientOptions client_options_;
  std::string credentials_from_;
  client::Client client_;
  const std::stop_token stop_;
  bool progress_ = false;
  bool colours_ = false;
  std::mutex mutex_;             // keeps lines whole
  std::size_t drawn_lines_ = 0;  // guarded by mutex_
};

// For errors before there is a session; json: as --json. colours: of standard error.
void print_error(bool json, std::string_view what, const Error& error, std::string_view advice, bool colours = false);

}  // namespace objstore::cli
