#include <CLI/CLI.hpp>

#include "client/cli/commands.h"
#include "client/cli/register_command.h"

namespace objstore::cli {
namespace {

void register_ls(Registry& registry) {
  auto ls = add_command(registry, "ls", "List buckets, or the objects of one", run_ls,
                        "Examples:\n  objcli ls\n  objcli ls -h builds\n  objcli ls -r builds/2024/\n"
                        "  objcli ls --json builds | jq .size");
  ls->add_option("path", (*ls).path, "bucket or bucket/prefix");
  ls->add_flag("-r,--recursive", (*ls).recursive, "Every key, not one level of the tree");
  ls->add_flag("-h,--human", (*ls).human, "Sizes in KiB, MiB, GiB");
}

void register_put(Registry& registry) {
  auto put = add_command(
      registry, "put", "Store files", run_put,
      "Examples:\n  objcli put builds/app.tar.zst app.tar.zst\n  objcli put builds/ a.deb b.deb\n"
      "  objcli put -r site/v2 public/\n  tar c src | objcli put backup/src.tar -\n"
      "  objcli put --no-overwrite --metadata commit=1f2e3d builds/app app");
  put->add_option("target", (*put).remote, "bucket/key, or bucket/prefix/ to keep the files' names")->required();
  put->add_option("file", (*put).files, "Files, or - for standard input")->required();
  put->add_flag("-r,--recursive", (*put).recursive, "Whole directories; symbolic links are passed over");
  put->add_flag("--no-overwrite", (*put).no_overwrite, "Fail (exit code 5) where the object exists");
  put->add_option("--content-type", (*put).content_type, "Media type; guessed by the name if not given")
      ->type_name("TYPE");
  put->add_option("--cache-control", (*put).cache_control, "Cache-Control header")->type_name("TEXT");
  put->add_option("--metadata", (*put).metadata, "Metadata, may be repeated")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void register_get(Registry& registry) {
  auto get = add_command(registry, "get", "Fetch an object or a tree", run_get,
                         "A file appears under its name only when it is complete and verified.\n\nExamples:\n"
                         "  objcli get builds/app.tar.zst\n  objcli get builds/app.tar.zst /tmp/app.tar.zst\n"
                         "  objcli get -r site/v2 public/\n  objcli get backup/src.tar - | tar x");
  get->add_option("object", (*get).remote, "bucket/key; with -r bucket or bucket/prefix")->required();
  get->add_option("file", (*get).file, "File or directory, or - for standard output (default: the key's name, here)");
  get->add_flag("-r,--recursive", (*get).recursive, "Every object below the prefix, into a directory");
  get->add_flag("--sync", (*get).sync, "Files survive a power cut once this has ended");
  get->add_option("--range", (*get).range, "Bytes first-last, counted from 0")->type_name("RANGE");

  auto cat = add_command(registry, "cat", "Write objects to standard output", run_cat,
                         "What is written is verified only at its end: look at the exit code.\n\nExamples:\n"
                         "  objcli cat builds/log.txt\n  objcli cat --range 0-99 builds/log.txt");
  cat->add_option("object", (*cat).remotes, "bucket/key")->required();
  cat->add_option("--range", (*cat).range, "Bytes first-last, counted from 0")->type_name("RANGE");
}

void register_rm(Registry& registry) {
  auto rm = add_command(registry, "rm", "Remove objects", run_rm,
                        "Examples:\n  objcli rm builds/app.tar.zst\n  objcli rm -r builds/2023/");
  rm->add_option("object", (*rm).remotes, "bucket/key; with -r bucket/prefix")->required();
  rm->add_flag("-r,--recursive", (*rm).recursive, "Every key that starts with it");
}

void register_cp(Registry& registry) {
  auto cp = add_command(registry, "cp", "Copy objects on the server", run_cp,
                        "Examples:\n  objcli cp builds/app-1.2 releases/app\n  objcli cp -r builds/1.2 releases/1.2");
  cp->add_option("from", (*cp).from, "bucket/key; with -r bucket/prefix")->required();
  cp->add_option("to", (*cp).to, "bucket/key, or bucket/prefix/ to keep the name")->required();
  cp->add_flag("-r,--recursive", (*cp).recursive, "Every object below the prefix");
  cp->add_flag("--no-overwrite", (*cp).no_overwrite, "Fail (exit code 5) where the target exists");
}

void register_stat(Registry& registry) {
  auto stat = add_command(
      registry, "stat", "Show what is known of objects and buckets", run_stat,
      "Examples:\n  objcli stat builds/app.tar.zst\n  objcli stat --json builds/app.tar.zst | jq -r .checksum");
  stat->add_option("object", (*stat).remotes, "bucket/key or bucket")->required();
}

void register_presign(Registry& registry) {
  auto presign = add_command(
      registry, "presign", "Make a URL that works without credentials", run_presign,
      "Examples:\n  objcli presign builds/app.tar.zst\n  objcli presign --expires 7d builds/app.tar.zst\n"
      "  curl -T app \"$(objcli presign --method PUT builds/app)\"");
  presign->add_option("object", (*presign).remote, "bucket/key")->required();
  presign->add_option("--method", (*presign).method, "GET, HEAD, PUT or DELETE (default GET)")
      ->type_name("METHOD")
      ->transform(CLI::IsMember({"GET", "HEAD", "PUT", "DELETE"}, CLI::ignore_case));
  presign->add_option("--expires", (*presign).expires, "How long it works, at most 7d (default 1h)")
      ->type_name("TIME");
}

}  // namespace

void register_objects(Registry& registry) {
  register_ls(registry);
  register_put(registry);
  register_get(registry);
  register_rm(registry);
  register_cp(registry);
  register_stat(registry);
  register_presign(registry);
}

}  // namespace objstore::cli
