#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "client/cli/commands.h"
#include "client/cli/session.h"
#include "client/cli/signals.h"

namespace objstore::cli {
namespace {

// What the parser fills: the options of every command, and what is to be done, set by the command that was named.
struct CommandLine {
  GlobalOptions options;
  BucketArguments mb, rb;
  LsArguments ls;
  PutArguments put;
  GetArguments get;
  CatArguments cat;
  RmArguments rm;
  CpArguments cp;
  StatArguments stat;
  PresignArguments presign;
  std::function<ExitCode(Session&)> command;
};

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
  app.add_flag("--json", options.json, "One JSON object a line");
  app.add_flag("-q,--quiet", options.quiet, "Say nothing but results and errors");
  app.add_option("--part-size", options.part_size, "Size of the parts of large uploads (default 8M)")
      ->type_name("SIZE");
  app.add_option("--parallel", options.parallel, "Parts or files under way at once (default 4)")
      ->type_name("N")
      ->check(CLI::Range(1, 64));
  app.add_option("--attempts", options.attempts, "Attempts a request gets (default 5)")
      ->type_name("N")
      ->check(CLI::Range(1, 100));
  app.add_option("--timeout", options.timeout, "Longest silence of the server (default 60s)")->type_name("TIME");
}

void add_bucket_commands(CLI::App& app, CommandLine& line) {
  auto* mb = app.add_subcommand("mb", "Make buckets");
  mb->add_option("bucket", line.mb.buckets, "Names")->required();
  mb->footer("Examples:\n  objcli mb builds\n  objcli mb s3://builds s3://cache");
  mb->callback([&] { line.command = [&](Session& session) { return run_mb(session, line.mb); }; });

  auto* rb = app.add_subcommand("rb", "Remove buckets");
  rb->add_option("bucket", line.rb.buckets, "Names")->required();
  rb->add_flag("--force", line.rb.force, "Remove what is in them, too");
  rb->footer("Examples:\n  objcli rb builds\n  objcli rb --force builds");
  rb->callback([&] { line.command = [&](Session& session) { return run_rb(session, line.rb); }; });
}

void add_ls(CLI::App& app, CommandLine& line) {
  auto* ls = app.add_subcommand("ls", "List buckets, or the objects of one");
  ls->add_option("path", line.ls.path, "bucket or bucket/prefix");
  ls->add_flag("-r,--recursive", line.ls.recursive, "Every key, not one level of the tree");
  ls->add_flag("-h,--human", line.ls.human, "Sizes in KiB, MiB, GiB");
  ls->footer(
      "Examples:\n  objcli ls\n  objcli ls -h builds\n  objcli ls -r builds/2024/\n  objcli ls --json builds | jq "
      ".size");
  ls->callback([&] { line.command = [&](Session& session) { return run_ls(session, line.ls); }; });
}

void add_put(CLI::App& app, CommandLine& line) {
  auto* put = app.add_subcommand("put", "Store files");
  put->add_option("target", line.put.remote, "bucket/key, or bucket/prefix/ to keep the files' names")->required();
  put->add_option("file", line.put.files, "Files, or - for standard input")->required();
  put->add_flag("-r,--recursive", line.put.recursive, "Whole directories; symbolic links are passed over");
  put->add_flag("--no-overwrite", line.put.no_overwrite, "Fail (exit code 5) where the object exists");
  put->add_option("--content-type", line.put.content_type, "Media type; guessed by the name if not given")
      ->type_name("TYPE");
  put->add_option("--cache-control", line.put.cache_control, "Cache-Control header")->type_name("TEXT");
  put->add_option("--metadata", line.put.metadata, "Metadata, may be repeated")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  put->footer(
      "Examples:\n  objcli put builds/app.tar.zst app.tar.zst\n  objcli put builds/ a.deb b.deb\n"
      "  objcli put -r site/v2 public/\n  tar c src | objcli put backup/src.tar -\n"
      "  objcli put --no-overwrite --metadata commit=1f2e3d builds/app app");
  put->callback([&] { line.command = [&](Session& session) { return run_put(session, line.put); }; });
}

void add_get(CLI::App& app, CommandLine& line) {
  auto* get = app.add_subcommand("get", "Fetch an object or a tree");
  get->add_option("object", line.get.remote, "bucket/key; with -r bucket or bucket/prefix")->required();
  get->add_option("file", line.get.file, "File or directory, or - for standard output (default: the key's name, here)");
  get->add_flag("-r,--recursive", line.get.recursive, "Every object below the prefix, into a directory");
  get->add_flag("--sync", line.get.sync, "Files survive a power cut once this has ended");
  get->add_option("--range", line.get.range, "Bytes first-last, counted from 0")->type_name("RANGE");
  get->footer(
      "A file appears under its name only when it is complete and verified.\n\nExamples:\n"
      "  objcli get builds/app.tar.zst\n  objcli get builds/app.tar.zst /tmp/app.tar.zst\n"
      "  objcli get -r site/v2 public/\n  objcli get backup/src.tar - | tar x");
  get->callback([&] { line.command = [&](Session& session) { return run_get(session, line.get); }; });

  auto* cat = app.add_subcommand("cat", "Write objects to standard output");
  cat->add_option("object", line.cat.remotes, "bucket/key")->required();
  cat->add_option("--range", line.cat.range, "Bytes first-last, counted from 0")->type_name("RANGE");
  cat->footer(
      "What is written is verified only at its end: look at the exit code.\n\nExamples:\n  objcli cat builds/log.txt\n"
      "  objcli cat --range 0-99 builds/log.txt");
  cat->callback([&] { line.command = [&](Session& session) { return run_cat(session, line.cat); }; });
}

void add_rm(CLI::App& app, CommandLine& line) {
  auto* rm = app.add_subcommand("rm", "Remove objects");
  rm->add_option("object", line.rm.remotes, "bucket/key; with -r bucket/prefix")->required();
  rm->add_flag("-r,--recursive", line.rm.recursive, "Every key that starts with it");
  rm->footer("Examples:\n  objcli rm builds/app.tar.zst\n  objcli rm -r builds/2023/");
  rm->callback([&] { line.command = [&](Session& session) { return run_rm(session, line.rm); }; });
}

void add_cp(CLI::App& app, CommandLine& line) {
  auto* cp = app.add_subcommand("cp", "Copy objects on the server");
  cp->add_option("from", line.cp.from, "bucket/key; with -r bucket/prefix")->required();
  cp->add_option("to", line.cp.to, "bucket/key, or bucket/prefix/ to keep the name")->required();
  cp->add_flag("-r,--recursive", line.cp.recursive, "Every object below the prefix");
  cp->add_flag("--no-overwrite", line.cp.no_overwrite, "Fail (exit code 5) where the target exists");
  cp->footer("Examples:\n  objcli cp builds/app-1.2 releases/app\n  objcli cp -r builds/1.2 releases/1.2");
  cp->callback([&] { line.command = [&](Session& session) { return run_cp(session, line.cp); }; });
}

void add_info(CLI::App& app, CommandLine& line) {
  auto* stat = app.add_subcommand("stat", "Show what is known of objects and buckets");
  stat->add_option("object", line.stat.remotes, "bucket/key or bucket")->required();
  stat->footer(
      "Examples:\n  objcli stat builds/app.tar.zst\n  objcli stat --json builds/app.tar.zst | jq -r .checksum");
  stat->callback([&] { line.command = [&](Session& session) { return run_stat(session, line.stat); }; });

  auto* presign = app.add_subcommand("presign", "Make a URL that works without credentials");
  presign->add_option("object", line.presign.remote, "bucket/key")->required();
  presign->add_option("--method", line.presign.method, "GET, HEAD, PUT or DELETE (default GET)")
      ->type_name("METHOD")
      ->transform(CLI::IsMember({"GET", "HEAD", "PUT", "DELETE"}, CLI::ignore_case));
  presign->add_option("--expires", line.presign.expires, "How long it works, at most 7d (default 1h)")
      ->type_name("TIME");
  presign->footer(
      "Examples:\n  objcli presign builds/app.tar.zst\n  objcli presign --expires 7d builds/app.tar.zst\n"
      "  curl -T app \"$(objcli presign --method PUT builds/app)\"");
  presign->callback([&] { line.command = [&](Session& session) { return run_presign(session, line.presign); }; });
}

int run(const CommandLine& line) {
  const Signals signals;
  auto session = Session::open(line.options, signals.stop_token());
  if (!session) {
    print_error(line.options.json, "start", session.error(), "`objcli --help` names all options");
    // A profile or file that is not there is a mistake in the call, not an object that was not found.
    return kExitUsage;
  }
  const ExitCode code = line.command(**session);
  if (std::fflush(stdout) != 0 && code == kExitOk) {
    print_error(line.options.json, "write the result", {Errc::kIo, "standard output does not take it"}, {});
    return kExitPartial;
  }
  return code;
}

int parse_and_run(int argc, char** argv) {
  CLI::App app("objcli: an object store on the command line", "objcli");
  CommandLine line;
  app.set_help_flag("--help", "Show this");
  app.set_version_flag("--version", "objcli " OBJSTORE_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(kFooter);
  add_connection_options(app, line.options);
  add_common_options(app, line.options);
  add_bucket_commands(app, line);
  add_ls(app, line);
  add_put(app, line);
  add_get(app, line);
  add_rm(app, line);
  add_cp(app, line);
  add_info(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::fprintf(stderr, "objcli: cannot understand the command line: %s; `objcli --help` shows how\n", error.what());
    return kExitUsage;
  }
  return run(line);
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
