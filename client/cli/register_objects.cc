#include <CLI/CLI.hpp>

#include "client/cli/commands.h"
#include "client/cli/register_command.h"

namespace objstore::cli {
namespace {

void register_ls(Registry& registry) {
  auto ls = add_command(registry, "ls", "List buckets, or the objects of one", run_ls,
                        "Examples:\n  objcli ls\n  objcli ls -h builds\n  objcli ls -r builds/2024/\n"
                        "  objcli ls --json builds | jq .size");
  ls->set_help_flag("--help", "Show this");  // -h is what ls(1) has
  ls->add_option("path", (*ls).path, "bucket or bucket/prefix");
  ls->add_flag("-r,--recursive", (*ls).recursive, "Every key, not one level of the tree");
  ls->add_flag("-h,--human", (*ls).human, "Sizes in KiB, MiB, GiB");
}

CLI::Option* repeated(CLI::Option* option) {
  return option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_filter(CLI::App* app, FilterArguments& filter) {
  repeated(app->add_option("--include", filter.include, "Only what matches the pattern; may be repeated"))
      ->type_name("GLOB");
  repeated(app->add_option("--exclude", filter.exclude, "Not what matches the pattern; may be repeated"))
      ->type_name("GLOB");
}

void add_write(CLI::App* app, WriteArguments& write) {
  app->add_flag("--no-overwrite", write.no_overwrite, "Fail (exit code 5) where the object exists");
  app->add_option("--if-none-match", write.if_none_match, "'*': the same as --no-overwrite")->type_name("*");
  app->add_option("--if-match", write.if_match, "Fail (exit code 5) unless the object has this ETag")
      ->type_name("ETAG");
  app->add_option("--content-type", write.content_type, "Media type; guessed by the name if not given")
      ->type_name("TYPE");
  app->add_option("--cache-control", write.cache_control, "Cache-Control header")->type_name("TEXT");
  app->add_option("--content-encoding", write.content_encoding, "Content-Encoding header")->type_name("TEXT");
  repeated(app->add_option("--metadata", write.metadata, "Metadata, may be repeated"))->type_name("NAME=VALUE");
  repeated(app->add_option("--tag", write.tags, "Tag, may be repeated"))->type_name("NAME=VALUE");
  app->add_option("--ttl", write.ttl, "Remove it after so many days, by the bucket's lifecycle")->type_name("DAYS");
}

void register_put(Registry& registry) {
  auto put =
      add_command(registry, "put", "Store files", run_put,
                  "A large upload that is interrupted goes on where it ended when the same command is given again.\n\n"
                  "Examples:\n  objcli put builds/app.tar.zst app.tar.zst\n  objcli put builds/ a.deb b.deb\n"
                  "  objcli put -r site/v2 public/\n  objcli put -r --exclude '*.o' --exclude .git src/ .\n"
                  "  tar c src | objcli put backup/src.tar -\n"
                  "  objcli put --delta images/disk.img disk.img\n"
                  "  objcli put --no-overwrite --metadata commit=1f2e3d --tag stage=test builds/app app");
  put->add_option("target", (*put).remote, "bucket/key, or bucket/prefix/ to keep the files' names")->required();
  put->add_option("file", (*put).files, "Files, or - for standard input")->required();
  put->add_flag("-r,--recursive", (*put).recursive, "Whole directories; symbolic links are passed over");
  put->add_flag("-n,--dry-run", (*put).dry_run, "Only say what would be done");
  put->add_flag("--delta", (*put).delta,
                "Send only what differs from the object that is replaced; all of it where the server is no objd");
  put->add_option("--delta-base", (*put).delta_base, "... from this object, which you may read")->type_name("OBJECT");
  add_filter(put.app, (*put).filter);
  add_write(put.app, (*put).write);
}

void register_get(Registry& registry) {
  auto get =
      add_command(registry, "get", "Fetch an object or a tree", run_get,
                  "A file appears under its name only when it is complete and verified. A large one that is\n"
                  "interrupted goes on where it ended when the same command is given again.\n\n"
                  "Examples:\n  objcli get builds/app.tar.zst\n  objcli get builds/app.tar.zst /tmp/app.tar.zst\n"
                  "  objcli get -r site/v2 public/\n  objcli get 'logs/2024/*.gz' .\n"
                  "  objcli get backup/src.tar - | tar x\n  objcli get --delta images/disk.img disk.img");
  get->add_option("object", (*get).remote, "bucket/key or a pattern; with -r bucket or bucket/prefix")->required();
  get->add_option("file", (*get).file, "File or directory, or - for standard output (default: the key's name, here)");
  get->add_flag("-r,--recursive", (*get).recursive, "Every object below the prefix, into a directory");
  get->add_flag("-n,--dry-run", (*get).dry_run, "Only say what would be done");
  get->add_flag("--sync", (*get).sync, "Files survive a power cut once this has ended");
  get->add_flag("--delta", (*get).delta,
                "Receive only what differs from the file that is replaced; all of it where the server is no objd");
  get->add_option("--delta-from", (*get).delta_from, "... from this file")->type_name("FILE");
  get->add_option("--range", (*get).range, "Bytes first-last, counted from 0")->type_name("RANGE");
  get->add_option("--version-id", (*get).version_id, "An older version")->type_name("ID");
  get->add_option("--if-match", (*get).if_match, "Fail (exit code 5) unless the object has this ETag")
      ->type_name("ETAG");
  get->add_option("--if-none-match", (*get).if_none_match, "Fail (exit code 5) when the object has this ETag")
      ->type_name("ETAG");
  add_filter(get.app, (*get).filter);

  auto cat = add_command(registry, "cat", "Write objects to standard output", run_cat,
                         "What is written is verified only at its end: look at the exit code.\n\nExamples:\n"
                         "  objcli cat builds/log.txt\n  objcli cat --range 0-99 builds/log.txt");
  cat->add_option("object", (*cat).remotes, "bucket/key")->required();
  cat->add_option("--range", (*cat).range, "Bytes first-last, counted from 0")->type_name("RANGE");
  cat->add_option("--version-id", (*cat).version_id, "An older version")->type_name("ID");
}

void register_rm(Registry& registry) {
  auto rm = add_command(registry, "rm", "Remove objects", run_rm,
                        "Examples:\n  objcli rm builds/app.tar.zst\n  objcli rm -r builds/2023/\n"
                        "  objcli rm -n 'builds/tmp/*.o'");
  rm->add_option("object", (*rm).remotes, "bucket/key or a pattern; with -r bucket/prefix")->required();
  rm->add_flag("-r,--recursive", (*rm).recursive, "Every key that starts with it");
  rm->add_flag("-n,--dry-run", (*rm).dry_run, "Only say what would be done");
  rm->add_flag("--versions", (*rm).versions, "With -r: also every older version, for good");
  rm->add_option("--version-id", (*rm).version_id, "This version, for good")->type_name("ID");
  add_filter(rm.app, (*rm).filter);
}

void add_copy(CLI::App* app, CpArguments& arguments) {
  app->add_option("from", arguments.from, "bucket/key, a pattern, ./file; with -r bucket/prefix or ./directory")
      ->required();
  app->add_option("to", arguments.to, "bucket/key, or bucket/prefix/ to keep the name, or ./file")->required();
  app->add_flag("-r,--recursive", arguments.recursive, "Every object or file below it");
  app->add_flag("-n,--dry-run", arguments.dry_run, "Only say what would be done");
  add_filter(app, arguments.filter);
  add_write(app, arguments.write);
}

void register_cp(Registry& registry) {
  auto cp = add_command(registry, "cp", "Copy objects, on the server if both are there", run_cp,
                        "Files are written ./file or /file, objects bucket/key or s3://bucket/key.\n\n"
                        "Examples:\n  objcli cp builds/app-1.2 releases/app\n  objcli cp -r builds/1.2 releases/1.2\n"
                        "  objcli cp ./app.tar.zst s3://builds/");
  add_copy(cp.app, *cp);
  cp->add_option("--version-id", (*cp).version_id, "An older version of the source")->type_name("ID");

  auto mv = add_command(registry, "mv", "Move objects: copy, then remove the source", run_mv,
                        "Each source is removed when it has been copied and the copy is stored.\n\n"
                        "Examples:\n  objcli mv builds/app-1.2 releases/app\n  objcli mv -r builds/tmp/ builds/old/\n"
                        "  objcli mv 'in/*.csv' done/");
  add_copy(mv.app, *mv);
}

void register_sync(Registry& registry) {
  auto sync =
      add_command(registry, "sync", "Make one tree like another", run_sync,
                  "Copies what the target lacks, what has another size, and what was modified since; a file that was\n"
                  "fetched gets the object's time. Files are written ./directory, objects s3://bucket/prefix.\n\n"
                  "Examples:\n  objcli sync ./public s3://site/\n  objcli sync --delete --dry-run ./public s3://site/\n"
                  "  objcli sync s3://site/ ./public\n  objcli sync --checksum s3://site/v1 s3://mirror/v1");
  sync->add_option("from", (*sync).from, "The tree that is right")->required();
  sync->add_option("to", (*sync).to, "The tree that becomes like it")->required();
  sync->add_flag("--delete", (*sync).remove, "Remove what only the target has, when all else has gone well");
  sync->add_flag("-n,--dry-run", (*sync).dry_run, "Only say what would be done");
  sync->add_flag("--checksum", (*sync).checksum, "Compare bytes, not times");
  sync->add_flag("--size-only", (*sync).size_only, "Compare sizes, not times");
  sync->add_flag("--sync", (*sync).sync, "Files survive a power cut once this has ended");
  sync->add_flag("--delta", (*sync).delta,
                 "Of files from 1 MiB on move only what differs, where the server is an objd");
  add_filter(sync.app, (*sync).filter);
  add_write(sync.app, (*sync).write);

  auto diff = add_command(
      registry, "diff", "Say how two trees differ", run_diff,
      "Prints \"- path\" for what only the first has, \"+ path\" for the second, \"! path\" for what differs.\n"
      "Exit code 1: there are differences.\n\n"
      "Examples:\n  objcli diff ./public s3://site/\n  objcli diff --checksum s3://builds/1.1 s3://builds/1.2");
  diff->add_option("first", (*diff).first, "./directory or s3://bucket/prefix")->required();
  diff->add_option("second", (*diff).second, "./directory or s3://bucket/prefix")->required();
  diff->add_flag("--checksum", (*diff).checksum, "Compare bytes, not times");
  diff->add_flag("--size-only", (*diff).size_only, "Compare sizes, not times");
  add_filter(diff.app, (*diff).filter);
}

void register_find(Registry& registry) {
  auto find = add_command(registry, "find", "List the objects that match", run_find,
                          "Examples:\n  objcli find builds --include '*.deb' --larger 10M\n"
                          "  objcli find -0 logs/2024/ --older 30d | xargs -0 objcli rm");
  find->add_option("path", (*find).path, "bucket, bucket/prefix or bucket/pattern")->required();
  find->add_option("--larger", (*find).larger, "More than so many bytes")->type_name("SIZE");
  find->add_option("--smaller", (*find).smaller, "Fewer than so many bytes")->type_name("SIZE");
  find->add_option("--older", (*find).older, "Stored longer ago")->type_name("TIME");
  find->add_option("--newer", (*find).newer, "Stored since")->type_name("TIME");
  find->add_flag("-0,--print0", (*find).zero, "End each name with NUL, for xargs -0");
  add_filter(find.app, (*find).filter);

  auto du = add_command(registry, "du", "Sum up sizes", run_du,
                        "Prints bytes, objects, name. The sum is of the objects; what the store needs is less where\n"
                        "it keeps equal content once.\n\n"
                        "Examples:\n  objcli du -h builds\n  objcli du -h --depth 1 builds/2024/");
  du->set_help_flag("--help", "Show this");
  du->add_option("path", (*du).paths, "bucket or bucket/prefix")->required();
  du->add_flag("-h,--human", (*du).human, "Sizes in KiB, MiB, GiB");
  du->add_option("--depth", (*du).depth, "Also each directory that deep (default 0)")->type_name("N");
  add_filter(du.app, (*du).filter);
}

void register_stat(Registry& registry) {
  auto stat = add_command(
      registry, "stat", "Show what is known of objects and buckets", run_stat,
      "Examples:\n  objcli stat builds/app.tar.zst\n  objcli stat --json builds/app.tar.zst | jq -r .checksum");
  stat->add_option("object", (*stat).remotes, "bucket/key or bucket")->required();
  stat->add_option("--version-id", (*stat).version_id, "An older version")->type_name("ID");
}

void register_presign(Registry& registry) {
  auto presign =
      add_command(registry, "presign", "Make a URL that works without credentials", run_presign,
                  "Examples:\n  objcli presign builds/app.tar.zst\n  objcli presign --expires 7d builds/app.tar.zst\n"
                  "  curl -T app \"$(objcli presign --method PUT builds/app)\"");
  presign->add_option("object", (*presign).remote, "bucket/key")->required();
  presign->add_option("--method", (*presign).method, "GET, HEAD, PUT or DELETE (default GET)")
      ->type_name("METHOD")
      ->transform(CLI::IsMember({"GET", "HEAD", "PUT", "DELETE"}, CLI::ignore_case));
  presign->add_option("--expires", (*presign).expires, "How long it works, at most 7d (default 1h)")->type_name("TIME");
}

}  // namespace

void register_objects(Registry& registry) {
  register_ls(registry);
  register_put(registry);
  register_get(registry);
  register_rm(registry);
  register_cp(registry);
  register_sync(registry);
  register_find(registry);
  register_stat(registry);
  register_presign(registry);
}

}  // namespace objstore::cli
