#include "client/cli/session.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "client/cli/terminal.h"
#include "client/cli/units.h"
#include "client/lib/printable.h"

namespace objstore::cli {
namespace {

std::unexpected<Error> usage(std::string message) {
  return fail(Errc::kInvalidArgument, std::move(message));
}

Result<client::Credentials> credentials_from_flags(const GlobalOptions& options) {
  if (options.access_key.empty() || options.secret_key.empty()) {
    return usage("--access-key and --secret-key belong together");
  }
  return client::Credentials{options.access_key, options.secret_key, options.session_token};
}

Status apply_tuning(const GlobalOptions& options, client::ClientOptions& out) {
  if (!options.part_size.empty()) {
    const auto size = parse_size(options.part_size);
    if (!size) return usage("--part-size '" + options.part_size + "' is not a size; write 8M or 64MiB");
    out.part_size = *size;
  }
  if (!options.timeout.empty()) {
    const auto seconds = parse_seconds(options.timeout);
    if (!seconds || *seconds == 0) return usage("--timeout '" + options.timeout + "' is not a time; write 30s or 5m");
    out.io_timeout = std::chrono::seconds(*seconds);
    out.connect_timeout = std::min<std::chrono::milliseconds>(out.connect_timeout, out.io_timeout);
  }
  if (!options.limit_rate.empty()) {
    const auto rate = parse_size(options.limit_rate);
    if (!rate || *rate == 0) return usage("--limit-rate '" + options.limit_rate + "' is not a rate; write 500K or 10M");
    out.rate_limit = *rate;
  }
  out.connections_max = std::max(out.connections_max, 4 * (options.parallel == 0 ? kFilesAtOnce : options.parallel));
  if (options.parallel != 0) out.parallelism = options.parallel;
  if (options.attempts != 0) out.attempts_max = options.attempts;
  return {};
}

struct Resolved {
  client::ClientOptions options;
  std::string credentials_from;
};

Result<Resolved> resolve(const GlobalOptions& options) {
  OBJSTORE_ASSIGN(client::Settings settings, client::load_settings({.profile = options.profile}));
  Resolved out{.options = {}, .credentials_from = std::move(settings.credentials_from)};
  client::ClientOptions& to = out.options;
  const auto choose = [](const std::string& flag, const std::string& setting, std::string_view otherwise) {
    return !flag.empty() ? flag : !setting.empty() ? setting : std::string(otherwise);
  };
  to.endpoint = choose(options.endpoint, settings.endpoint, kDefaultEndpoint);
  to.region = choose(options.region, settings.region, "us-east-1");
  to.ca_bundle = choose(options.ca_bundle, settings.ca_bundle, "");
  to.verify_tls = !options.no_verify_tls;
  to.credentials = std::move(settings.credentials);
  if (!options.access_key.empty() || !options.secret_key.empty()) {
    OBJSTORE_ASSIGN(to.credentials, credentials_from_flags(options));
    out.credentials_from = "the command line";
  }
  if (options.anonymous) to.credentials.reset();
  const bool virtual_host = options.virtual_host || settings.addressing == "virtual";
  to.addressing = virtual_host ? client::Addressing::kVirtualHost : client::Addressing::kPath;
  OBJSTORE_TRY(apply_tuning(options, to));
  return out;
}

}  // namespace

void print_error(bool json, std::string_view what, const Error& error, std::string_view advice, bool colours) {
  std::string line;
  if (json) {
    JsonLine out;
    out.add("error", to_string(error.code)).add("while", what).add("message", error.message);
    if (!advice.empty()) out.add("advice", advice);
    line = out.add("exit_code", static_cast<std::uint64_t>(exit_code_of(error.code))).str();
  } else {
    line = "objcli: cannot " + std::string(what) + ": " + error.message;
    if (!advice.empty()) line += "; " + std::string(advice);
    line = client::printable(line);
    if (colours) line.replace(0, 7, "\033[31mobjcli:\033[0m");
  }
  std::fprintf(stderr, "%s\n", line.c_str());
}

Session::Session(GlobalOptions options, client::ClientOptions client_options, client::Client client,
                 std::stop_token stop)
    : options_(std::move(options)),
      client_options_(std::move(client_options)),
      client_(std::move(client)),
      stop_(std::move(stop)),
      progress_(!options_.quiet && !options_.json && terminal_for_progress()),
      colours_(terminal_for_colours(STDERR_FILENO)) {}

Result<std::unique_ptr<Session>> Session::open(const GlobalOptions& options, std::stop_token stop) {
  OBJSTORE_ASSIGN(Resolved resolved, resolve(options));
  OBJSTORE_ASSIGN(client::Client client, client::Client::create(resolved.options));
  std::unique_ptr<Session> session(
      new Session(options, std::move(resolved.options), std::move(client), std::move(stop)));
  session->credentials_from_ = std::move(resolved.credentials_from);
  return session;
}

void Session::erase_drawing() {
  if (drawn_lines_ == 0) return;
  std::string codes = "\r";
  for (std::size_t i = 1; i < drawn_lines_; ++i) codes += "\033[A";
  std::fputs((codes + "\033[J").c_str(), stderr);
  std::fflush(stderr);
  drawn_lines_ = 0;
}

void Session::draw(std::string_view text) {
  const std::lock_guard lock(mutex_);
  erase_drawing();
  if (text.empty()) return;
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
  drawn_lines_ = 1 + static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

void Session::progress_line(std::string_view line) {
  const std::lock_guard lock(mutex_);
  std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

void Session::print(std::string_view line) {
  const std::lock_guard lock(mutex_);
  erase_drawing();
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

void Session::print_name(std::string_view line) {
  print(client::printable(line));
}

void Session::print_raw(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  erase_drawing();
  std::fwrite(bytes.data(), 1, bytes.size(), stdout);
}

void Session::note(std::string_view line) {
  if (options_.quiet || options_.json) return;
  print(client::printable(line));
}

void Session::warn(std::string_view line) {
  const std::lock_guard lock(mutex_);
  erase_drawing();
  std::fprintf(stderr, "objcli: %s\n", client::printable(line).c_str());
}

ExitCode Session::report(std::string_view what, const Error& error) {
  const std::lock_guard lock(mutex_);
  erase_drawing();
  print_error(options_.json, what, error, advice(error), colours_);
  return exit_code_of(error.code);
}

std::string Session::advice(const Error& error) const {
  switch (error.code) {
    case Errc::kMalformed:
      if (!error.message.contains("not HTTP")) return {};
      return "is there an S3 server at " + client_options_.endpoint + "? one that speaks TLS is named https://";
    case Errc::kUnreachable:
    case Errc::kTimeout:
      if (error.message.contains("wrong version number")) return "the server speaks plain http: name it http://";
      return "is a server running at " + client_options_.endpoint + "? --endpoint names another one";
    case Errc::kUnavailable:
      return "the server is busy or read-only: try again later";
    case Errc::kAccessDenied:
      if (options_.anonymous) return "the request was not signed, as --anonymous says";
      if (client_options_.credentials) return "ask for a policy that allows it, or use another --profile";
      return "no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or let "
             "AWS_SHARED_CREDENTIALS_FILE name the server's root-credentials file";
    case Errc::kUnknownAccessKey:
    case Errc::kSignatureMismatch:
      return "the credentials are those of " + credentials_from_ + ": check access key and secret key";
    case Errc::kClockSkew:
      return "set this machine's clock; `objcli doctor` says by how much it differs";
    case Errc::kNoSuchBucket:
      return "`objcli ls` lists the buckets, `objcli mb` makes one";
    case Errc::kNoSuchKey:
      return "`objcli ls` shows which keys there are";
    case Errc::kBucketNotEmpty:
      return "`objcli rb --force` removes the objects too";
    case Errc::kDigestMismatch:
      return "what was received is not kept; try again, and suspect the network or the server if it stays so";
    case Errc::kNoSpace:
      if (error.message.starts_with("cannot write")) return "make room on this disk first";
      return "the server, or the quota there, is full: remove what is not needed, or ask who runs it";
    case Errc::kConflict:
      return "try again when nobody else writes to it";
    default:
      return {};
  }
}

}  // namespace objstore::cli
