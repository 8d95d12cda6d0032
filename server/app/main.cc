// objd: reads the command line and runs a command. The only file that knows CLI11, which is slow to compile.
#include <CLI/CLI.hpp>

#include "server/app/app.h"
#include "server/app/commands.h"
#include "server/app/option_table.h"

namespace {

using namespace objstore;
using namespace objstore::app;

constexpr const char* kFooter =
    "\nEvery option may also stand in the TOML file of --config ('_' in place of '-') and in the environment\n"
    "(OBJD_TLS_CERT for --tls-cert; a comma separates several values). A flag goes before the environment,\n"
    "that before the file.\n"
    "\n"
    "Secrets come from the environment alone: OBJD_ROOT_ACCESS_KEY and OBJD_ROOT_SECRET_KEY set the root key,\n"
    "OBJD_SECRET_KEY (32 bytes, hexadecimal or base64) the key that seals secrets at rest.\n"
    "\n"
    "Signals: SIGTERM and SIGINT stop the server when its requests are done; SIGHUP opens the log file anew and\n"
    "reads certificates and bootstrap file again.\n"
    "Exit status: 0, 1 after an error, 2 when the command line is wrong.";

std::string describe(const Option& option) {
  std::string text(option.help);
  if (option.repeatable) text += " May be given several times.";
  if (!option.fallback.empty()) text += " Default: " + std::string(option.fallback) + ".";
  return text;
}

void add_option(CLI::App& cli, const Option& option, OptionLayer& layer) {
  const std::string flag = "--" + std::string(option.name);
  auto& values = layer;
  const auto take = [&values, flag, name = std::string(option.name)](const std::string& text) {
    values[name].push_back({.text = text, .origin = flag});
  };
  if (option.is_switch()) {
    cli.add_flag_function(flag, [take](std::int64_t count) { take(count > 0 ? "true" : "false"); }, describe(option));
    return;
  }
  const std::function<void(const std::vector<std::string>&)> take_all = [take](const std::vector<std::string>& texts) {
    for (const auto& text : texts) take(text);
  };
  cli.add_option_function<std::vector<std::string>>(flag, take_all, describe(option))
      ->type_name(std::string(option.value))
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
}

void add_backup_options(std::initializer_list<CLI::App*> commands, CommandLine& line) {
  for (auto* command : commands) {
    command->add_option("place", line.backup_place, "Where backups lie: a directory, or s3://BUCKET/PREFIX.")
        ->type_name("DIR|s3://BUCKET/PREFIX")
        ->required();
    command->add_option("--s3-endpoint", line.s3_endpoint, "URL of the S3 service; else AWS_ENDPOINT_URL.")
        ->type_name("URL");
    command->add_option("--s3-region", line.s3_region, "Its region; else AWS_REGION.")->type_name("NAME");
    command->add_option("--s3-profile", line.s3_profile, "Profile of the AWS files with its credentials.")
        ->type_name("NAME");
  }
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line;
  CLI::App cli("Objstore's server: an S3-compatible object store over one deduplicated, verified store.", "objd");
  cli.set_version_flag("--version", "objd " + std::string(version()));
  cli.footer(kFooter);
  for (const auto& option : options()) add_option(cli, option, line.options);

  auto* check = cli.add_subcommand("check-config", "Check options, files and certificates, and start nothing.");
  auto* status = cli.add_subcommand("status", "Ask the running server for its space and its figures.");
  auto* rotate = cli.add_subcommand("rotate-root-key", "Replace the root key, with or without a running server.");
  auto* check_store =
      cli.add_subcommand("fsck", "Check a store, with or without a running server: 0 clean, 1 damage, 3 leaks.");
  auto* scrub_store =
      cli.add_subcommand("scrub", "Read and verify all data now, repair what can be repaired, name what is damaged.");
  auto* index = cli.add_subcommand("rebuild-index", "Make the chunk index anew from the segments, offline.");
  auto* recover = cli.add_subcommand("rebuild", "Bring lost metadata back from its newest checkpoint, offline.");
  auto* backup = cli.add_subcommand("backup", "Back the store up, with or without a running server.");
  auto* verify = cli.add_subcommand("verify-backup", "Read a backup and verify all of it.");
  auto* restore = cli.add_subcommand("restore", "Make a new data directory (--data) from a backup.");
  for (auto* command : {check, status, rotate, check_store, scrub_store, index, recover, backup, verify, restore})
    command->fallthrough();
  add_backup_options({backup, verify, restore}, line);
  backup->add_option("--keep", line.keep, "Afterwards remove all but so many of the newest backups.")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{100'000}));
  backup->add_flag("--json", line.json, "Print the report as JSON.");
  for (auto* command : {verify, restore})
    command->add_option("--id", line.backup_id, "Which backup, instead of the newest.")->type_name("ID");
  restore->add_option("--secret-key-file", line.secret_key_file, "A copy of the old store's file secret-key.")
      ->type_name("FILE");
  restore->add_flag("--new-keys", line.new_keys,
                    "Without the old secret key: drop all access keys, make a new root key.");
  for (auto* command : {index, recover})
    command->add_flag("--skip-unreadable", line.skip_unreadable,
                      "Go on without segments that cannot be read; their files are set aside.");
  recover->add_flag("--force-from-checkpoint", line.force_from_checkpoint,
                    "Also when the metadata can be read: what was written since the checkpoint is lost.");
  for (auto* command : {status, rotate, check_store, scrub_store, backup})
    command->add_option("--endpoint", line.endpoint, "URL of the server, instead of what the data directory says.")
        ->type_name("URL");
  for (auto* command : {status, check_store, scrub_store})
    command->add_flag("--json", line.json, "Print the report as JSON.");
  scrub_store->add_flag("--wait", line.wait, "Stay until the pass of a running server has ended.");
  check_store->add_flag("--read-data", line.read_data, "Read and verify every stored chunk, too.");
  cli.require_subcommand(0, 1);

  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return cli.exit(error);  // --help, --version
    std::fprintf(stderr, "objd: %s (objd --help shows what there is)\n", error.what());
    return kExitUsage;
  }
  if (check->parsed()) return check_config(line);
  if (status->parsed()) return show_status(line);
  if (rotate->parsed()) return rotate_root_key(line);
  if (check_store->parsed()) return fsck(line);
  if (scrub_store->parsed()) return scrub(line);
  if (index->parsed()) return rebuild_index(line);
  if (recover->parsed()) return rebuild(line);
  if (backup->parsed()) return make_backup(line);
  if (verify->parsed()) return verify_backup(line);
  if (restore->parsed()) return restore_backup(line);
  return serve(line);
}
