#include <CLI/CLI.hpp>

#include "client/cli/pipeline_commands.h"
#include "client/cli/register_command.h"

namespace objstore::cli {

void register_gocache(Registry& registry) {
  auto gocache =
      add_command(registry, "gocache", "Go's build cache in a bucket (GOCACHEPROG)", run_gocache,
                  "The go command starts it and speaks with it on standard input and output (Go 1.24 and later).\n"
                  "What the server does not give is built: a build never fails because of it.\n\n"
                  "Examples:\n  export GOCACHEPROG=\"objcli gocache --bucket pipelines\"\n  go build ./...");
  gocache->add_option("--bucket", (*gocache).bucket, "Bucket of the cache")->required()->type_name("NAME");
  gocache->add_option("--prefix", (*gocache).prefix, "What the objects' keys begin with (default gocache/)")
      ->type_name("TEXT");
  gocache->add_option("--dir", (*gocache).directory, "Local directory (default ~/.cache/objcli/gocache)")
      ->type_name("DIR");
  gocache->add_flag("--read-only", (*gocache).read_only, "Put nothing into the bucket");
  gocache->add_flag("--verbose", (*gocache).verbose, "Say at the end what was found where");
}

}  // namespace objstore::cli
