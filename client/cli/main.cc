#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "client/cli/registration.h"
#include "client/cli/session.h"
#include "client/cli/signals.h"
#include "client/lib/printable.h"

namespace objstore::cli {
namespace {

constexpr const char* kFooter = R"(Names: bucket/key or s3://bucket/key. "-" is standard input or output.

Credentials: --access-key and --secret-key, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY,
  ~/.aws/credentials and ~/.aws/config (--profile, AWS_PROFILE). For a server of your own:
  export AWS_SHARED_CREDENTIALS_FILE=data/root-credentials
Endpoint: --endpoint, OBJCLI_ENDPOINT, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's
  endpoint_url, http://127.0.0.1:9000.
Exit codes: 0 done, 1 partly done, 2 usage, 3 not found, 4 denied, 5 a condition does not hold or it
  exists already, 6 wrong bytes, 7 no server.

Examples:
  objcli mb builds
  objcli put builds/app.tar.zst app.tar.zst
  objcli get builds/app.tar.zst
`objcli COMMAND --help` has more of them.)";

void add_connection_options(CLI::App& app, GlobalOptions& options) {
  app.add_option("--endpoint", options.endpoint, "Server, http[s]://host[:port]")->type_name("URL");
  app.add_option("--profile", options.profile, "Profile in AWS's shared files")->type_name("NAME");
  app.add_option("--region", options.region, "Region that requests are signed for")->type_name("NAME");
  app.add_option("--access-key", options.access_key, "Access key")->type_name("ID");
  app.add_option("--secret-key", options.secret_key, "Secret key; other users of this machine can see it in ps")
      ->type_name("SECRET");
  app.add_option("--session-token", options.session_token, "Token of temporary credentials")->type_name("TOKEN");
  app.add_flag("--anonymous", options.anonymous, "Do not sign requests");
  app.add_option("--ca-bundle", options.ca_bundle, "PEM file of authorities to trust")->type_name("FILE");
  app.add_flag("--no-verify-ssl", options.no_verify_tls, "Accept any certificate (unsafe)");
  app.add_flag("--virtual-host", options.virtual_host, "Address buckets as bucket.host");
}

void add_common_options(CLI::App& app, GlobalOptions& options) {
  app.add_flag("--json", options.json, "One JSON object a line, errors and progress too");
  app.add_option("--output", options.output, "text or json; json is --json")
      ->type_name("FORMAT")
      ->transform(CLI::IsMember({"text", "json"}));
  app.add_flag("-q,--quiet", options.quiet, "Say nothing but results and errors");
  app.add_option("--part-size", options.part_size, "Size of the parts of large uploads (default: 8M, more above 8 GiB)")
      ->type_name("SIZE");
  app.add_option("--parallel", options.parallel, "Files, and parts of each, under way at once (default 64, 4)")
      ->type_name("N")
      ->check(CLI::Range(1, 64));
  app.add_option("--attempts", options.attempts, "Attempts a request gets (default 5)")
      ->type_name("N")
      ->check(CLI::Range(1, 100));
  app.add_option("--limit-rate", options.limit_rate, "Bytes a second, of all transfers together")->type_name("SIZE");
  app.add_option("--timeout", options.timeout, "Longest silence of the server (default 60s)")->type_name("TIME");
}

// The innermost command that the line has.
const CLI::App& innermost(const CLI::App& app) {
  const CLI::App* level = &app;
  while (!level->get_subcommands().empty()) level = level->get_subcommands().front();
  return *level;
}

std::string words_of(const CLI::App& command) {
  std::string out;
  for (const CLI::App* word : command.get_subcommands([](const CLI::App*) { return true; })) {
    out += (out.empty() ? "" : ", ") + word->get_name();
  }
  return out;
}

// "objcli put --help" for what is wrong behind "put".
std::string help_for(const CLI::App& app) {
  std::string out = "objcli";
  for (const CLI::App* level = &app; !level->get_subcommands().empty();) {
    level = level->get_subcommands().front();
    out += " " + level->get_name();
  }
  return out + " --help";
}

// CLI11 only says that a command is missing, also where one was meant that there is not.
std::string explain(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  const CLI::App& command = innermost(app);
  if (error.get_name() != "RequiredError" || words_of(command).empty()) return error.what();
  if (&command != &app) return command.get_name() + " is followed by one of: " + words_of(command);
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (!word.starts_with('-')) return "there is no command '" + std::string(word) + "'";
  }
  return "it has no command";
}

int run(const GlobalOptions& options, const Registry& registry) {
  if (registry.offline) return registry.offline();
  const Signals signals;
  auto session = Session::open(options, signals.stop_token());
  if (!session) {
    print_error(options.json, "start", session.error(), "`objcli --help` names all options");
    // A profile or file that is not there is a mistake in the call, not an object that was not found.
    return kExitUsage;
  }
  const ExitCode code = registry.command(**session);
  if (std::fflush(stdout) != 0 && code == kExitOk) {
    print_error(options.json, "write the result", {Errc::kIo, "standard output does not take it"}, {});
    return kExitPartial;
  }
  return code;
}

int parse_and_run(int argc, char** argv) {
  CLI::App app("objcli: an object store on the command line", "objcli");
  GlobalOptions options;
  Registry registry{.app = app};
  app.set_help_flag("-h,--help", "Show this");
  app.set_version_flag("--version", "objcli " OBJSTORE_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(kFooter);
  add_connection_options(app, options);
  add_common_options(app, options);
  register_buckets(registry);
  register_objects(registry);
  register_pipelines(registry);
  register_gocache(registry);
  register_admin(registry, options);
  register_shell(registry);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    const std::string what = explain(app, error, argc, argv);
    std::fprintf(stderr, "objcli: cannot understand the command line: %s; `%s` shows how\n",
                 client::printable(what).c_str(), help_for(app).c_str());
    return kExitUsage;
  }
  if (options.output == "json") options.json = true;
  return run(options, registry);
}

}  // namespace
}  // namespace objstore::cli

int main(int argc, char** argv) {
  try {
    return objstore::cli::parse_and_run(argc, argv);
  } catch (const std::exception& error) {  // out of memory, and what else no call promises
    std::fprintf(stderr, "objcli: cannot go on: %s\n", error.what());
    return objstore::cli::kExitPartial;
  }
}
