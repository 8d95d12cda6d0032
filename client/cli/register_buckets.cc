#include <CLI/CLI.hpp>

#include "client/cli/commands.h"
#include "client/cli/register_command.h"

namespace objstore::cli {

void register_buckets(Registry& registry) {
  auto mb = add_command(registry, "mb", "Make buckets", run_mb,
                        "Examples:\n  objcli mb builds\n  objcli mb s3://builds s3://cache");
  mb->add_option("bucket", (*mb).buckets, "Names")->required();
  mb->add_flag("--opaque-etags", (*mb).opaque_etags, "Uploads cost the server no MD5; ETags are no MD5 (of objd only)");

  auto rb = add_command(registry, "rb", "Remove buckets", run_rb,
                        "Examples:\n  objcli rb builds\n  objcli rb --force builds");
  rb->add_option("bucket", (*rb).buckets, "Names")->required();
  rb->add_flag("--force", (*rb).force, "Remove what is in them, too");
}

}  // namespace objstore::cli
