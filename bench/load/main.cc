// objbench: puts load on an S3 endpoint and tells what it took.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

#include "bench/load/report.h"
#include "bench/load/run.h"
#include "client/lib/profile_file.h"
#include "common/base/bytes.h"
#include "common/base/digest.h"

namespace {

using objstore::bench::Kind;
using objstore::bench::Options;

constexpr const char* kFooter =
    R"(Keys are PREFIX and a number; contents follow from prefix and number, so that the same prefix stores
the same bytes again. A bucket is made when it is not there, and nothing is removed at the end.

get, stat, delete, list and mixed store their objects first. mixed is 45 % get, 15 % put, 10 % delete,
30 % stat. list reads pages of 1,000 keys; without --duration and --ops each connection walks through
all keys once. multipart does one upload after the other, its parts on all connections.

Credentials: --access-key and --secret-key, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or
--credentials FILE (of objd: its data directory's root-credentials).

Exit status: 0, 1 when an operation failed, 2 when the command line is wrong or nothing could be run.

Examples:
  objbench put --size 4K --concurrency 64 --duration 10 --warmup 2 --credentials data/root-credentials
  objbench get --size 64M --objects 8 --duration 10 --verify
  objbench multipart --part-size 16M --parts 64 --concurrency 4 --ops 3)";

constexpr double kDefaultSeconds = 10;
constexpr std::uint64_t kDefaultObjects = 2500;

void add_target_options(CLI::App& app, Options& options, std::string& credentials) {
  app.add_option("--endpoint", options.endpoint, "Server, http[s]://host[:port]. Default: http://127.0.0.1:9000");
  app.add_option("--access-key", options.access_key, "Access key")->envname("AWS_ACCESS_KEY_ID");
  app.add_option("--secret-key", options.secret_key, "Secret key")->envname("AWS_SECRET_ACCESS_KEY");
  app.add_option("--credentials", credentials, "AWS credentials file; its default profile")->type_name("FILE");
  app.add_option("--region", options.region, "Region that requests are signed for. Default: us-east-1");
  app.add_option("--ca-file", options.ca_file, "PEM file of authorities to trust")->type_name("FILE");
  app.add_flag("--insecure", options.insecure, "Accept any certificate");
  app.add_option("--bucket", options.bucket, "Default: objbench");
  app.add_option("--prefix", options.prefix, "Of all keys. Default: a random one");
}

void add_load_options(CLI::App& app, Options& options) {
  const auto bytes = CLI::AsSizeValue(false);
  app.add_option("--size", options.size, "Bytes of an object (64M is MiB). Default: 4K")->transform(bytes);
  app.add_option("--part-size", options.part_size, "multipart: bytes of a part. Default: 16M")->transform(bytes);
  app.add_option("--parts", options.parts, "multipart: parts of an upload. Default: 64");
  app.add_option("--objects", options.objects, "Objects that get, stat, delete, list, mixed find. Default: 2500");
  app.add_flag("--prepared", options.prepared, "They are there from an earlier run with the same --prefix");
  app.add_option("--dedup", options.dedup_percent, "Percentage of the content that all objects share. Default: 0")
      ->check(CLI::Range(0, 100));
  app.add_flag("--unsigned-payload", options.unsigned_payload, "Sign heads only (the client then hashes no content)");
  app.add_option("--concurrency", options.concurrency, "Connections. Default: 1")->check(CLI::Range(1, 20000));
  app.add_option("--duration", options.seconds, "Seconds to measure. Default: 10, unless --ops");
  app.add_option("--ops", options.operations, "Operations to measure, instead of --duration");
  app.add_option("--warmup", options.warmup_seconds,
                 "Seconds of the same load before; its first half opens connections. Default: 0");
  app.add_flag("--verify", options.verify, "get: compare every byte");
}

void add_report_options(CLI::App& app, Options& options) {
  app.add_option("--server-pid", options.server_pids, "Report this process's CPU time and memory; several add up");
  app.add_option("--json", options.json_file, "Write a JSON object there; - is standard output, without the table");
  app.add_option("--csv", options.csv_file, "Append lines there");
}

void add_kinds(CLI::App& app, Options& options) {
  const std::pair<Kind, const char*> kinds[] = {{Kind::kPut, "Store objects"},
                                                {Kind::kGet, "Read objects, chosen at random"},
                                                {Kind::kStat, "HEAD of objects"},
                                                {Kind::kDelete, "Delete objects, each once"},
                                                {Kind::kList, "List keys"},
                                                {Kind::kMultipart, "Multipart uploads"},
                                                {Kind::kMixed, "get, put, delete, stat"}};
  for (const auto& [kind, what] : kinds) {
    app.add_subcommand(objstore::bench::kind_name(kind), what)->fallthrough()->callback([&options, kind = kind] {
      options.kind = kind;
    });
  }
  app.require_subcommand(1);
}

objstore::Status complete(Options& options, const std::string& credentials) {
  if (!credentials.empty()) {
    OBJSTORE_ASSIGN(const auto file, objstore::client::read_profile_file(credentials));
    const auto section = file.find("default");
    if (section == file.end())
      return objstore::fail(objstore::Errc::kInvalidArgument, "no [default] in " + credentials);
    for (const auto& [name, value] : section->second) {
      if (name == "aws_access_key_id") options.access_key = value;
      if (name == "aws_secret_access_key") options.secret_key = value;
    }
  }
  const bool is_bounded = options.operations > 0 || options.seconds > 0;
  const bool is_once = options.kind == Kind::kList || options.kind == Kind::kMultipart || options.kind == Kind::kDelete;
  if (!is_bounded && !is_once) options.seconds = kDefaultSeconds;
  if (!is_bounded && options.kind == Kind::kMultipart) options.operations = 1;
  if (options.kind == Kind::kMultipart) {
    if (options.part_size == 0) options.part_size = std::uint64_t{16} << 20;
    if (options.parts == 0) options.parts = 64;
  } else if (options.kind != Kind::kPut && options.objects == 0) {
    options.objects = kDefaultObjects;
  }
  if (options.prepared && options.prefix.empty())
    return objstore::fail(objstore::Errc::kInvalidArgument, "--prepared needs the --prefix of the earlier run");
  if (options.prefix.empty()) {
    const std::uint64_t random = objstore::random_u64();
    options.prefix = objstore::to_hex(std::as_bytes(std::span(&random, 1))) + "/";
  }
  return {};
}

int report(const Options& options, const objstore::bench::Outcome& outcome) {
  using namespace objstore::bench;
  if (options.json_file != "-") std::fputs(text_report(options, outcome).c_str(), stdout);
  if (options.json_file == "-") std::fputs(json_report(options, outcome).c_str(), stdout);
  if (!options.json_file.empty() && options.json_file != "-") {
    std::ofstream file(options.json_file);
    if (!(file << json_report(options, outcome)))
      std::cerr << "objbench: " << options.json_file << " cannot be written\n";
  }
  if (!options.csv_file.empty()) {
    std::ofstream file(options.csv_file, std::ios::app);
    if (file.tellp() == 0) file << csv_header();
    if (!(file << csv_report(options, outcome)))
      std::cerr << "objbench: " << options.csv_file << " cannot be written\n";
  }
  return outcome.tally.first_error.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  Options options;
  std::string credentials;
  CLI::App app("objbench: load for any S3 endpoint");
  app.footer(kFooter);
  add_target_options(app, options, credentials);
  add_load_options(app, options);
  add_report_options(app, options);
  add_kinds(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (const objstore::Status completed = complete(options, credentials); !completed) {
    std::cerr << "objbench: " << completed.error().message << "\n";
    return 2;
  }
  const auto outcome = objstore::bench::run(options);
  if (!outcome) {
    std::cerr << "objbench: " << outcome.error().message << "\n";
    return 2;
  }
  return report(options, *outcome);
}
