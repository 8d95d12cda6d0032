#include <CLI/CLI.hpp>

#include "client/cli/pipeline_commands.h"
#include "client/cli/register_command.h"

namespace objstore::cli {
namespace {

void register_cache_save(Registry& registry, CLI::App& cache) {
  auto save =
      add_command(registry, cache, "save", "Save files under a key, unless the key exists", run_cache_save,
                  "Examples:\n  objcli cache save --bucket pipelines --key linux-$HASH node_modules .next/cache\n"
                  "  objcli cache save --bucket pipelines --key go-$HASH --root ~ go/pkg .cache/go-build");
  save->add_option("--bucket", (*save).bucket, "Bucket of the caches")->required()->type_name("NAME");
  save->add_option("--key", (*save).key, "The cache's key, at most 512 bytes, without commas")
      ->required()
      ->type_name("KEY");
  save->add_option("path", (*save).paths, "Files and directories below the root")->required();
  save->add_option("--root", (*save).root, "Directory that the paths are relative to (default: here)")
      ->type_name("DIR");
  save->add_option("--prefix", (*save).prefix, "What the objects' keys begin with (default cache/)")->type_name("TEXT");
  save->add_option(
          "--restore-key", (*save).restore_keys,
          "Beginning of the key of a cache that is like this one, may be repeated: only what differs from it is "
          "sent, to an objd")
      ->type_name("KEY")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  save->add_flag("--stable-mtimes", (*save).stable_mtimes,
                 "Save every file with the time 0: equal contents make an equal archive");
  save->add_option("--level", (*save).level, "zstd's level, 1-19 (default 3)")
      ->type_name("N")
      ->check(CLI::Range(1, 19));
}

void register_cache_restore(Registry& registry, CLI::App& cache) {
  auto restore = add_command(
      registry, cache, "restore", "Restore the cache of a key, or the newest that is alike", run_cache_restore,
      "Looked for are, in this order: the key itself; the newest cache whose key begins with it; for one\n"
      "restore key after the other the newest cache whose key begins with that one.\n"
      "A miss is no failure (exit code 0) unless --fail-on-cache-miss is given (exit code 3).\n\n"
      "Examples:\n  objcli cache restore --bucket pipelines --key linux-$HASH --restore-key linux-\n"
      "  objcli --json cache restore --bucket pipelines --key linux-$HASH | jq .cache_hit");
  restore->add_option("--bucket", (*restore).bucket, "Bucket of the caches")->required()->type_name("NAME");
  restore->add_option("--key", (*restore).key, "The cache's key")->required()->type_name("KEY");
  restore->add_option("--restore-key", (*restore).restore_keys, "Beginning of a key, may be repeated")
      ->type_name("KEY")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  restore->add_option("--root", (*restore).root, "Directory to restore into (default: here)")->type_name("DIR");
  restore->add_option("--prefix", (*restore).prefix, "What the objects' keys begin with (default cache/)")
      ->type_name("TEXT");
  restore->add_flag("--fail-on-cache-miss", (*restore).fail_on_miss, "Exit with code 3 when nothing is found");
  restore->add_flag("--lookup-only", (*restore).lookup_only, "Say what would be restored, and restore nothing");
}

void register_artifact(Registry& registry, CLI::App& artifact) {
  auto push = add_command(registry, artifact, "push", "Publish a directory as a whole", run_artifact_push,
                          "Examples:\n  objcli artifact push --bucket pipelines site:v42 public/\n"
                          "  objcli artifact push --bucket pipelines --keep-tag tools/linux:1.2.0 out/");
  push->add_option("--bucket", (*push).bucket, "Bucket of the artifacts")->required()->type_name("NAME");
  push->add_option("name", (*push).name, "NAME or NAME:TAG (default tag: latest)")->required();
  push->add_option("directory", (*push).directory, "Directory")->required();
  push->add_option("--prefix", (*push).prefix, "What the objects' keys begin with (default artifact/)")
      ->type_name("TEXT");
  push->add_flag("--keep-tag", (*push).keep_tag, "Fail (exit code 5) where the tag names another tree already");

  auto pull = add_command(registry, artifact, "pull", "Replace a directory by a published one", run_artifact_pull,
                          "The directory is replaced at once: who looks finds the old tree or the new one. What else "
                          "was in it is gone.\n\nExamples:\n  objcli artifact pull --bucket pipelines site:v42 public\n"
                          "  objcli artifact pull --bucket pipelines tools/linux tools");
  pull->add_option("--bucket", (*pull).bucket, "Bucket of the artifacts")->required()->type_name("NAME");
  pull->add_option("name", (*pull).name, "NAME or NAME:TAG (default tag: latest)")->required();
  pull->add_option("directory", (*pull).directory, "Directory")->required();
  pull->add_option("--prefix", (*pull).prefix, "What the objects' keys begin with (default artifact/)")
      ->type_name("TEXT");
}

}  // namespace

void register_pipelines(Registry& registry) {
  CLI::App* cache = registry.app.add_subcommand("cache", "Caches of pipelines, as GitHub's actions/cache has them");
  cache->require_subcommand(1);
  cache->footer("`objcli cache save --help` and `objcli cache restore --help` have examples.");
  register_cache_save(registry, *cache);
  register_cache_restore(registry, *cache);

  CLI::App* artifact = registry.app.add_subcommand("artifact", "Directories that are published as a whole");
  artifact->require_subcommand(1);
  artifact->footer("`objcli artifact push --help` and `objcli artifact pull --help` have examples.");
  register_artifact(registry, *artifact);
}

}  // namespace objstore::cli
