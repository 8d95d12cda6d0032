#include <CLI/CLI.hpp>

#include "client/cli/admin_commands.h"
#include "client/cli/register_command.h"

namespace objstore::cli {
namespace {

using DocumentRun = ExitCode (*)(Session&, const DocumentArguments&);

// A command that is only a name for its commands.
CLI::App* add_family(Registry& registry, const std::string& name, const std::string& summary,
                     const std::string& footer) {
  CLI::App* family = registry.app.add_subcommand(name, summary);
  family->require_subcommand(1);
  family->footer(footer);
  return family;
}

struct DocumentFamily {
  const char* name;
  const char* summary;
  const char* what;  // in sentences
  const char* file;  // in examples
  DocumentRun get;
  DocumentRun set;
  DocumentRun rm;
};

void register_documents(Registry& registry, const DocumentFamily& family) {
  const std::string call = "objcli " + std::string(family.name);
  const std::string set_example = call + " set builds " + family.file;
  CLI::App* parent =
      add_family(registry, family.name, family.summary, "Examples:\n  " + call + " get builds\n  " + set_example);
  auto get = add_command(registry, *parent, "get", "Print " + std::string(family.what), family.get,
                         "Examples:\n  " + call + " get builds > " + family.file);
  get->add_option("bucket", (*get).bucket, "Its name")->required();
  auto set = add_command(registry, *parent, "set", "Replace " + std::string(family.what), family.set,
                         "Examples:\n  " + set_example);
  set->add_option("bucket", (*set).bucket, "Its name")->required();
  set->add_option("file", (*set).file, "The document as S3 has it, or - for standard input")->required();
  auto rm = add_command(registry, *parent, "rm", "Remove " + std::string(family.what), family.rm,
                        "Examples:\n  " + call + " rm builds");
  rm->add_option("bucket", (*rm).bucket, "Its name")->required();
}

void register_versions(Registry& registry) {
  auto versions = add_command(registry, "versions", "List every version, or switch versioning on", run_versions,
                              "Examples:\n  objcli versions builds/app\n  objcli versions --enable builds\n"
                              "  objcli get --version-id ID builds/app\n  objcli rm --version-id ID builds/app");
  versions->add_option("path", (*versions).path, "bucket or bucket/prefix")->required();
  versions->add_flag("--enable", (*versions).enable, "Keep from now on what is overwritten and removed");
  versions->add_flag("--suspend", (*versions).suspend, "Keep no more of it; what is kept stays");
  versions->set_help_flag("--help", "Show this");  // -h is what ls(1) has
  versions->add_flag("-h,--human", (*versions).human, "Sizes in KiB, MiB, GiB");
}

void register_tags(Registry& registry) {
  CLI::App* parent = add_family(registry, "tag", "Read and change an object's tags",
                                "Examples:\n  objcli tag get builds/app\n  objcli tag set builds/app stage=live");
  const auto add_object = [](auto& command) {
    command->add_option("object", (*command).remote, "bucket/key")->required();
    command->add_option("--version-id", (*command).version_id, "An older version")->type_name("ID");
  };
  auto get =
      add_command(registry, *parent, "get", "Print the tags", run_tag_get, "Examples:\n  objcli tag get builds/app");
  add_object(get);
  auto set = add_command(registry, *parent, "set", "Add tags or change them; the others stay", run_tag_set,
                         "Examples:\n  objcli tag set builds/app stage=live owner=ci");
  add_object(set);
  set->add_option("tag", (*set).values, "NAME=VALUE")->required();
  auto rm = add_command(registry, *parent, "rm", "Remove these tags, or all", run_tag_rm,
                        "Examples:\n  objcli tag rm builds/app stage\n  objcli tag rm builds/app");
  add_object(rm);
  rm->add_option("name", (*rm).values, "Names (default: all)");
}

void register_uploads(Registry& registry) {
  CLI::App* parent = add_family(registry, "uploads", "See and abort multipart uploads under way",
                                "Examples:\n  objcli uploads ls builds\n  objcli uploads abort -r --older 1d builds");
  auto ls = add_command(registry, *parent, "ls", "List them: begun, parts, size, upload, key", run_uploads_ls,
                        "Examples:\n  objcli uploads ls builds\n  objcli uploads ls builds/2024/");
  ls->add_option("path", (*ls).path, "bucket or bucket/prefix")->required();
  auto abort = add_command(registry, *parent, "abort", "Abort uploads; what they had sent is gone", run_uploads_abort,
                           "Examples:\n  objcli uploads abort builds/app.tar\n"
                           "  objcli uploads abort -r --older 1d builds");
  abort->add_option("path", (*abort).path, "bucket/key; with -r bucket or bucket/prefix")->required();
  abort->add_option("--upload-id", (*abort).upload_id, "Only this one")->type_name("ID");
  abort->add_option("--older", (*abort).older, "Only those begun longer ago")->type_name("TIME");
  abort->add_flag("-r,--recursive", (*abort).recursive, "Those of every key that starts with it");
}

void register_doctor(Registry& registry) {
  auto doctor =
      add_command(registry, "doctor", "Say what is wrong: endpoint, TLS, clock, credentials, permissions", run_doctor,
                  "The exit code is that of the first check that failed.\n\n"
                  "Examples:\n  objcli doctor\n  objcli doctor --write builds\n  objcli --profile ci doctor builds");
  doctor->add_option("bucket", (*doctor).bucket, "A bucket to look at, too");
  doctor->add_flag("--write", (*doctor).write, "Store a small object there, read it and remove it");
}

void register_config(Registry& registry, const GlobalOptions& options) {
  CLI::App* config = registry.app.add_subcommand("config", "Set up a profile in AWS's shared files");
  config->footer(
      "Asks on a terminal; elsewhere --endpoint, --access-key, --secret-key and --region say what is to be kept\n"
      "under --profile. Keys go to ~/.aws/credentials, the rest to ~/.aws/config.\n\n"
      "Examples:\n  objcli config\n  objcli config --profile ci --endpoint http://store:9000 --access-key AK "
      "--secret-key SK\n  objcli config ls");
  CLI::App* list = config->add_subcommand("ls", "List the profiles: name, endpoint, region, access key");
  list->footer("Examples:\n  objcli config ls");
  config->callback([&registry, &options, list] {
    registry.offline = [&options, list] { return list->parsed() ? run_config_list(options) : run_config_set(options); };
  });
}

}  // namespace

void register_admin(Registry& registry, const GlobalOptions& options) {
  register_versions(registry);
  register_tags(registry);
  register_documents(registry, {.name = "policy",
                                .summary = "Read and set who may do what with a bucket",
                                .what = "the bucket's policy",
                                .file = "policy.json",
                                .get = run_policy_get,
                                .set = run_policy_set,
                                .rm = run_policy_rm});
  register_documents(registry, {.name = "cors",
                                .summary = "Read and set which web pages may use a bucket",
                                .what = "the bucket's CORS rules",
                                .file = "cors.xml",
                                .get = run_cors_get,
                                .set = run_cors_set,
                                .rm = run_cors_rm});
  register_documents(registry, {.name = "lifecycle",
                                .summary = "Read and set what a bucket removes by itself",
                                .what = "the bucket's lifecycle rules",
                                .file = "lifecycle.xml",
                                .get = run_lifecycle_get,
                                .set = run_lifecycle_set,
                                .rm = run_lifecycle_rm});
  register_uploads(registry);
  register_doctor(registry);
  register_config(registry, options);
}

}  // namespace objstore::cli
